"""How many threads torch gets: the cores that this process may use, less what other work keeps busy.

Two threads wait for each other at every layer. Beside a busy neighbor the slower one is always late, and one
thread is quicker than two (BENCHMARKS.md, "Threads").
"""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

__all__ = ["allowed_cores", "busy_cores", "choose_threads"]

LOOKS, SECONDS = 3, 0.15
QUIET = 0.25  # of a core: too little to change the rounded number of threads


def allowed_cores(
    cgroup: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")
) -> float:
    """The cores that this process may use: its affinity, or a quota of its container or systemd unit.

    Args:
        cgroup: where the cgroups are mounted.
        membership: the file that names this process's own cgroups.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [_quota(folder) for folder in _cgroups(cgroup, membership)]
    return min([cores, *(quota for quota in quotas if quota)])


def busy_cores() -> float:
    """The cores that are busy now, while this process waits.

    The least of a few short looks, the first quiet one ends them: a page that is just being drawn pauses
    between them, a training does not.
    """
    busy = float("inf")
    for _ in range(LOOKS):
        busy = min(busy, psutil.cpu_percent(SECONDS) / 100 * psutil.cpu_count())
        if busy < QUIET:
            break
    return busy


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


def _cgroups(cgroup: Path, membership: Path) -> Iterator[Path]:
    """The folders of this process's cgroups, of version 2 or 1, and of all those around them."""
    yield from (cgroup, cgroup / "cpu")
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):  # version 2 names none
            root = cgroup / "cpu" if controllers else cgroup
            folder = root / path.strip("/")
            while folder != root:
                yield folder
                folder = folder.parent


def _quota(folder: Path) -> float | None:
    """Cores by the quota of one cgroup; None where it sets none."""
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError):  # no cgroup here, or "max": no limit
        return None
