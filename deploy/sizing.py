"""The server for a class: tables of what was measured and of what follows for 30 to 300 students.

python deploy/sizing.py           prints both tables
python deploy/sizing.py --write   writes them into deploy/README.md, between its two marks

The numbers come from deploy/measured.json (tests/benchmarks/hub.py), the assumptions from the lines below.
"""

import argparse
import json
from math import ceil
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARKS = "<!-- python deploy/sizing.py --write -->\n", "<!-- end -->\n"

CLASSES = (30, 60, 100, 300)
COMPUTING = 1 / 3  # of the class computes at the same moment, each on one core
KERNELS = 1.5  # notebooks that a student has open
MARGIN = 1.25  # times the memory that was measured
SYSTEM_GB = 2.0  # what Linux and its file cache take besides
HOME_GB = 0.5  # a student's home: the course, saved pictures, some trainings of their own


def measured_rows(runs: dict) -> list[list[str]]:
    """A row for each run: seconds from the login on, median and slowest student."""
    rows = [
        ["notebook, students, threads each", "finished", "server is up", "first picture", "last cell",
         "memory of a kernel", "of a server", "processor time a student"]
    ]  # fmt: skip
    for name, run in runs.items():
        seconds = [f"{run['seconds'][s]['median']:.0f} s, {run['seconds'][s]['most']:.0f} s"
                   if s in run["seconds"] else "–" for s in ("server", "picture", "cells")]  # fmt: skip
        memory = [f"{run['pss_mb'][what]:,.0f} MB" for what in ("kernel", "server")]
        name = name if "threads" in name else f"{name}, 1 thread"
        rows.append([name.replace(" x ", ", "), f"{run['finished']} of {run['students']}", *seconds, *memory,
                     f"{cpu_seconds(run):.0f} s"])  # fmt: skip
    return rows


def cpu_seconds(run: dict) -> float:
    """Processor seconds of a student's server, kernel and git."""
    return sum(run["cpu_seconds_a_student"].values())


def largest(runs: dict, notebook: str) -> dict:
    """The run of a notebook with the most students; only in that one is memory shared as in a class."""
    return max(
        (run for name, run in runs.items() if run["notebook"].startswith(notebook) and "threads" not in name),
        key=lambda run: run["students"],
    )


def what_gives_way(runs: dict) -> str:
    """What breaks first, in words."""
    many, one = largest(runs, "01"), runs["01 x 1"]
    longer = many["seconds"]["cells"]["median"] / one["seconds"]["cells"]["median"]
    memory = many["pss_mb_total"] / 1000
    failed = sum(len(run["failures"]) for run in runs.values())
    return (
        f"{sum(run['finished'] for run in runs.values())} visits finished and {failed} failed. The processor "
        f"gives way first: {many['students']} students wait {longer:.0f} times as long for the last cell of "
        f"notebook 01 as one alone, while all processes together take {memory:.0f} GB of "
        f"memory. The hub and its proxy take {many['pss_mb']['hub']:.0f} MB of it, and "
        f"{many['cpu_seconds_hub']:.0f} s of processor time for these {many['students']}."
    )


def server_for(n: int, measured: dict) -> dict[str, int]:
    """Memory and disk in GB, cores, and seconds of 01 and of 03 if all n run it at the same moment."""
    first, heavy = largest(measured["runs"], "01"), largest(measured["runs"], "03")
    kernel = max(first["pss_mb"]["kernel"], heavy["pss_mb"]["kernel"])
    student = (first["pss_mb"]["server"] + KERNELS * kernel) / 1000
    cores = 2 * ceil((1 + n * COMPUTING) / 2)  # one more for the hub and its proxy; a pair at a time
    return {
        "memory": ceil(SYSTEM_GB + MARGIN * (first["pss_mb"]["hub"] / 1000 + n * student)),
        "cores": cores,
        "disk": ceil(sum(measured["machine"]["shared_mb"].values()) / 1000 + n * HOME_GB),
        "01": round(n * cpu_seconds(first) / cores),
        "03": round(n * cpu_seconds(heavy) / cores),
    }


def sizing_rows(measured: dict) -> list[list[str]]:
    rows = [["students", "memory", "cores", "disk", "notebook 01, if all run it at once", "notebook 03"]]
    for n in CLASSES:
        need = server_for(n, measured)
        rows.append([str(n), f"{need['memory']} GB", str(need["cores"]), f"{need['disk']} GB",
                     f"{need['01']} s at least", f"{need['03']} s at least"])  # fmt: skip
    return rows


def table(rows: list[list[str]]) -> str:
    """Rows as Markdown, the first of them as its head."""
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return "".join([lines[0], "|---" * len(rows[0]), "|\n", *lines[1:]])


def text() -> str:
    """Both tables, with what was measured on, and what is assumed."""
    measured = json.loads((HERE / "measured.json").read_text(encoding="utf-8"))
    machine = measured["machine"]
    shared = machine["shared_mb"]
    return (
        f"Measured on {machine['cores']} cores and {machine['memory_gb']:.0f} GB of memory, without a GPU "
        f"({machine['system']}, Python {machine['python']}, torch {machine['torch']}, JupyterHub "
        f"{machine['jupyterhub']}). All students come at the same moment. Seconds count from the login: the "
        "median student's, the slowest one's.\n\n"
        f"{table(measured_rows(measured['runs']))}\n"
        f"{what_gives_way(measured['runs'])}\n\n"
        f"What all share takes {sum(shared.values()) / 1000:.1f} GB of disk, of which "
        f"{shared['venv'] / 1000:.1f} GB are the environment; a student's copy of the course takes "
        f"{largest(measured['runs'], '01')['home_mb']:.0f} MB.\n\n"
        "What follows for a server:\n\n"
        f"{table(sizing_rows(measured))}\n"
        f"Assumed: one student in {1 / COMPUTING:.0f} computes at the same moment, each on one core, and one "
        f"core is the hub's; a student has {KERNELS} notebooks open, each as large as the larger of "
        f"01 and 03, which alone were measured; memory is {MARGIN} times what was "
        f"measured, and {SYSTEM_GB:.0f} GB for Linux; a home takes {HOME_GB} GB. The "
        "last columns are the processor time of all, shared by all cores.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="into deploy/README.md")
    if not parser.parse_args().write:
        return print(text(), end="")
    page = HERE / "README.md"
    before, rest = page.read_text(encoding="utf-8").split(MARKS[0])
    page.write_text(before + MARKS[0] + text() + MARKS[1] + rest.split(MARKS[1])[1], encoding="utf-8")


if __name__ == "__main__":
    main()
