"""A class on a hub of this machine: seconds, memory and processor time a student, and what fails.

python tests/benchmarks/hub.py PREFIX 20 runs notebook 01 for 20 students who come at the same moment, each
with a server, a kernel and a copy of the course. PREFIX is the folder made by
`PREFIX=... deploy/install.sh environment course`. The hub is that of deploy/trial_config.py on loopback. With
--record the numbers go into deploy/measured.json, where deploy/sizing.py reads them. Linux only.
"""

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import psutil
import requests

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tests.benchmarks.hub_student import Student  # noqa: E402

MEASURED = ROOT / "deploy" / "measured.json"
MB = 1e6


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Hub:
    """The trial's hub in a folder, as a context; what it says goes to hub.log there."""

    def __init__(self, prefix: Path, folder: Path, options: list[str]):
        self.folder, self.address = folder, f"http://127.0.0.1:{free_port()}"
        self.command = [
            str(prefix / "venv/bin/jupyterhub"), "-f", str(prefix / "hub/trial_config.py"),
            f"--JupyterHub.bind_url={self.address}",
            f"--JupyterHub.hub_bind_url=http://127.0.0.1:{free_port()}",
            f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{free_port()}", *options,
        ]  # fmt: skip

    def __enter__(self):
        mine = {k: v for k, v in os.environ.items() if k not in ("OMP_NUM_THREADS", "PYTHONPATH")}
        with open(self.folder / "hub.log", "w") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=mine, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(240):
            time.sleep(0.5)
            try:
                if requests.get(f"{self.address}/hub/api", timeout=2).ok:
                    return self
            except requests.ConnectionError:
                pass
            if self.process.poll() is not None:
                break
        self.__exit__()
        raise RuntimeError("the hub did not start:\n" + (self.folder / "hub.log").read_text()[-3000:])

    def __exit__(self, *_):
        """End the hub and all that it started."""
        tree = family(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(tree, timeout=60)
        for process in alive:
            process.kill()


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def pss(pid: int) -> int:
    """Bytes of a process, where a page that k processes share counts 1/k in each."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return 1024 * int(line.split()[1])
    return 0


class Watch(threading.Thread):
    """Looks at the hub's processes again and again: bytes and processor seconds of each role and student."""

    def __init__(self, pid: int, pause: float):
        super().__init__(daemon=True)
        self.pid, self.pause, self.over = pid, pause, threading.Event()
        self.peak, self.cpu = defaultdict(int), defaultdict(float)  # (owner, role) -> bytes, seconds
        self.total, self.free = 0, psutil.virtual_memory().available

    def run(self) -> None:
        while not self.over.wait(self.pause):
            self.look()

    def look(self) -> None:
        now, cpu = defaultdict(int), {}
        for process in family(self.pid):
            try:
                key = self.role(process)
                now[key] += pss(process.pid)
                times = process.cpu_times()
                cpu[process.pid] = (key, times.user + times.system)
            except (psutil.Error, OSError):  # it has just ended
                continue
        for key, size in now.items():
            self.peak[key] = max(self.peak[key], size)
        for pid, (key, seconds) in cpu.items():
            self.cpu[(*key, pid)] = max(self.cpu[(*key, pid)], seconds)
        self.total = max(self.total, sum(now.values()))
        self.free = min(self.free, psutil.virtual_memory().available)

    def role(self, process: psutil.Process) -> tuple[str, str]:
        """(whose, what): a student's server or kernel, or the hub's own."""
        owner = process.environ().get("JUPYTERHUB_USER", "")
        if not owner:
            return "", "hub"
        if process.name().startswith("git"):
            return owner, "git"
        return owner, "kernel" if "ipykernel_launcher" in process.cmdline() else "server"

    def median_peak(self, what: str) -> float:
        return round(median([size for (_, role), size in self.peak.items() if role == what] or [0]) / MB, 1)

    def cpu_seconds(self, what: str) -> float:
        return round(sum(seconds for (_, role, _), seconds in self.cpu.items() if role == what), 1)


def folder_size(folder: Path) -> float:
    """MB on the disk."""
    done = subprocess.run(["du", "-s", "--block-size=1", folder], capture_output=True, text=True, check=True)
    return round(int(done.stdout.split()[0]) / MB, 1)


def measure(prefix: Path, n: int, notebook: str, limit: float, options: list[str], log: Path | None) -> dict:
    """One class -> its numbers."""
    with tempfile.TemporaryDirectory(prefix="hub-") as name:
        folder, before = Path(name), psutil.virtual_memory().available
        with Hub(prefix, folder, options) as hub:
            students = [Student(hub.address, f"student{i:02}", notebook, limit) for i in range(n)]
            watch, began = Watch(hub.process.pid, 0.5 + 0.1 * n), time.monotonic()
            watch.start()
            visits = [threading.Thread(target=student.visit) for student in students]
            for visit in visits:
                visit.start()
            for visit in visits:
                visit.join()
            wall = time.monotonic() - began
            watch.over.set()
            watch.join()
            watch.look()
        if log:
            log.write_text((folder / "hub.log").read_text())
        home = folder_size(folder / "home") / n
    return {
        "students": n,
        "notebook": notebook,
        "finished": sum(not student.failure for student in students),
        "failures": [f"{student.name}: {student.failure}" for student in students if student.failure],
        "wall_seconds": round(wall, 1),
        "seconds": stages(students),
        "pss_mb": {what: watch.median_peak(what) for what in ("server", "kernel", "hub")},
        "pss_mb_total": round(watch.total / MB),
        "memory_used_mb": round((before - watch.free) / MB),
        "cpu_seconds_a_student": {
            what: round(watch.cpu_seconds(what) / n, 1) for what in ("server", "kernel", "git")
        },
        "cpu_seconds_hub": watch.cpu_seconds("hub"),
        "home_mb": round(home, 1),
    }


def stages(students: list[Student]) -> dict[str, dict[str, float]]:
    """Seconds from the login to the end of each stage: the median student's and the last one's."""
    taken = {
        stage: [student.seconds[stage] for student in students if stage in student.seconds]
        for stage in ("server", "course", "kernel", "picture", "cells")
    }
    return {
        stage: {"median": round(median(seconds), 1), "most": round(max(seconds), 1)}
        for stage, seconds in taken.items()
        if seconds
    }


def machine(prefix: Path) -> dict:
    """What the numbers were measured on."""
    code = "import torch, jupyterhub, sys; print(torch.__version__, jupyterhub.__version__, sys.version)"
    found = subprocess.run(
        [prefix / "venv/bin/python", "-c", code], capture_output=True, text=True, check=True
    )
    torch, jupyterhub, python = found.stdout.split()[:3]
    shared = {part: folder_size(prefix / part) for part in ("venv", "course.git", "data", "proxy")}
    return {"cores": len(os.sched_getaffinity(0)), "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "system": platform.system(), "python": python, "torch": torch, "jupyterhub": jupyterhub,
            "shared_mb": shared}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("prefix", type=Path)
    parser.add_argument("students", type=int)
    parser.add_argument("--notebook", default="01_objective.ipynb")
    parser.add_argument("--limit", type=float, default=560, help="seconds that a student waits")
    parser.add_argument(
        "--threads", type=int, help="torch's threads in each kernel, in place of the configuration's"
    )
    parser.add_argument("--log", type=Path, help="keep what the hub says in this file")
    parser.add_argument("--record", action="store_true", help=f"write the numbers into {MEASURED.name}")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # and the hub with it
    options = [f"--Spawner.environment=OMP_NUM_THREADS={given.threads}"] if given.threads else []
    run = measure(given.prefix.resolve(), given.students, given.notebook, given.limit, options, given.log)
    print(json.dumps(run, indent=1))
    if given.record:
        kept = json.loads(MEASURED.read_text()) if MEASURED.exists() else {"runs": {}}
        name = f"{given.notebook[:2]} x {given.students}" + (
            f", {given.threads} threads" if given.threads else ""
        )
        kept |= {"machine": machine(given.prefix.resolve())}
        runs = kept["runs"] | {name: run}
        order = sorted(runs, key=lambda name: (runs[name]["notebook"], runs[name]["students"], name))
        kept["runs"] = {name: runs[name] for name in order}
        MEASURED.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
