"""How many threads torch gets: the cores that this process may use, less what other work keeps busy.

Two threads wait for each other at every layer. Beside a busy neighbor the slower one is always late, and one
thread is quicker than two (BENCHMARKS.md, "Threads").
"""

import os
from pathlib import Path

import psutil
import torch

__all__ = ["allowed_cores", "busy_cores", "choose_threads"]

LOOKS, SECONDS = 3, 0.15


def allowed_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> float:
    """The cores that this process may use, by its affinity and its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores, _quota(cgroup) or cores)


def busy_cores() -> float:
    """The cores that are busy now, while this process waits.

    The least of a few short looks: a page that is just being drawn pauses between them, a training does not.
    """
    return min(psutil.cpu_percent(SECONDS) for _ in range(LOOKS)) / 100 * psutil.cpu_count()


def choose_threads() -> str:
    """Set torch's threads, once, and say which: "2 threads".

    OMP_NUM_THREADS decides instead where it is set.
    """
    most = torch.get_num_threads()
    if "OMP_NUM_THREADS" in os.environ:
        return f"{most} threads by OMP_NUM_THREADS"
    allowed, busy = allowed_cores(), busy_cores()
    threads = max(1, min(most, round(allowed - busy)))
    torch.set_num_threads(threads)
    reason = (
        f", since {busy:.1f} cores are busy with other work" if threads < min(most, round(allowed)) else ""
    )
    return f"{threads} thread{'s' * (threads > 1)}{reason}"


def _quota(cgroup: Path) -> float | None:
    """Cores by the quota of cgroup version 2 or 1; None where there is none."""
    try:
        if (cgroup / "cpu.max").is_file():
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota, period = (
                (cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
            )
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError):  # no cgroups here, or "max": no limit
        return None
