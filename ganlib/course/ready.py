"""Before class: is this machine ready? Each check says what it found, and how to mend what is wrong.

Packages against requirements.txt, files against their hashes, a kernel that starts, a browser, slides that
can be built, room on disk and in memory, and the pace: a short training, compared with notebook 03's.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import gettempdir

import nbformat
import psutil
from packaging.requirements import Requirement

from ganlib.course.execute import notebooks
from ganlib.course.pace import measured_pace
from ganlib.course.structure import seconds, stored_pace
from ganlib.engine.files import asset, asset_names

__all__ = ["Finding", "check"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "firefox", "msedge", "safari")
SLOW = 150  # seconds of a notebook
INSTALL = ".venv/bin/pip install -r {}.txt"


@dataclass(frozen=True)
class Finding:
    """What one check found: status "ok", "warn" or "fail"; words; how to mend it."""

    status: str
    words: str
    mend: str = ""


def packages(root: Path) -> Finding:
    """The installed versions against requirements.txt."""
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    wrong = [said for need in wanted if (said := _misfit(need))]
    words = f"Python {sys.version.split()[0]}, {len(wanted) - len(wrong)} of {len(wanted)} packages fit"
    if wrong:
        return Finding("fail", f"{words}; {', '.join(wrong)}", INSTALL.format("requirements"))
    return Finding("ok", words)


def _misfit(need):
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return f"{need.name} is missing"
    fits = need.specifier.contains(found.split("+")[0], prereleases=True)
    return "" if fits else f"{need.name} is {found}, not {need.specifier}"


def files(root: Path) -> Finding:
    """Data and checkpoints against the hashes that the course lists."""
    names = asset_names()
    wrong = []
    for name in names:
        try:
            asset(name)
        except (OSError, ValueError):
            wrong.append(name)
    if wrong:
        mend = "fetch the course again: git checkout -- assets"
        return Finding("fail", f"missing, damaged or changed: {', '.join(wrong)}", mend)
    return Finding("ok", f"{len(names)} files of data and checkpoints are whole")


def kernel(root: Path) -> Finding:
    """Start a kernel and let it compute."""
    from jupyter_client.manager import start_new_kernel

    began = time.perf_counter()
    try:
        manager, client = start_new_kernel(startup_timeout=60, stderr=subprocess.DEVNULL)
    except Exception as error:  # whatever stops it is the finding
        return Finding("fail", f"no kernel starts: {error}", INSTALL.format("requirements"))
    try:
        reply = client.execute_interactive("import ganlib", output_hook=lambda message: None, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        return Finding("fail", "the kernel cannot import ganlib", "start Jupyter in the folder of the course")
    return Finding("ok", f"a kernel imports ganlib in {time.perf_counter() - began:.0f} s")


def browser(root: Path) -> Finding:
    """A browser on the PATH; on Windows and macOS it usually is not there, so this only warns."""
    found = next((name for name in BROWSERS if shutil.which(name)), None)
    if found is None:
        return Finding("warn", "no browser on the PATH", "open slides/01_objective.html by hand once")
    return Finding("ok", f"browser: {found}")


def slides(root: Path) -> Finding:
    """Build one deck in memory."""
    try:
        from ganlib.course.export import slides as export
    except ImportError as error:
        return Finding(
            "warn", f"slides cannot be built: {error}", ".venv/bin/pip install -r requirements-dev.txt"
        )
    deck = export.deck(notebooks(root / "notebooks", ["01"])[0])
    return Finding("ok", f"slides are built, {len(deck) / 1e6:.1f} MB for notebook 01, without a network")


def room(root: Path) -> Finding:
    """Free memory and disk."""
    memory, disk = psutil.virtual_memory().available / 1e9, shutil.disk_usage(gettempdir()).free / 1e9
    words = f"{memory:.1f} GB of memory and {disk:.1f} GB of disk are free"
    if memory < 1.5 or disk < 1:
        return Finding("warn", words, "close other kernels and programs: a notebook takes up to 1.5 GB")
    return Finding("ok", words)


def pace(root: Path) -> Finding:
    """The training of notebook 03 for a few seconds here -> what each notebook will take."""
    here, books = measured_pace(), {p.name[:2]: nbformat.read(p, 4) for p in notebooks(root / "notebooks")}
    unmeasured = [name for name, book in books.items() if not (seconds(book) and stored_pace(book))]
    if unmeasured:
        mend = f".venv/bin/python -m ganlib.course run {' '.join(unmeasured)}"
        return Finding("warn", f"no seconds are stored of {', '.join(unmeasured)}", mend)
    times = {name: round(seconds(book) * stored_pace(book) / here) for name, book in books.items()}
    words = f"{here:,.0f} images a second in notebook 03's training. Seconds here: "
    words += ", ".join(f"{name} {taken}" for name, taken in times.items())
    slow = [name for name, taken in times.items() if taken > SLOW]
    if slow:
        mend = "close what else runs, or run these before class: stored outputs and checkpoints are there"
        return Finding("warn", f"{words}. Too slow for a class: {', '.join(slow)}", mend)
    return Finding("ok", words)


CHECKS: tuple[Callable[[Path], Finding], ...] = (packages, files, kernel, browser, slides, room, pace)


def check(root: Path) -> Iterator[tuple[str, Finding]]:
    """(name, finding) of each check, one after another."""
    for look in CHECKS:
        yield look.__name__, look(root)
