"""Execute notebooks in a clean kernel and store them: outputs, seconds, nothing for live pages alone."""

import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from ganlib.course.facts import facts
from ganlib.course.structure import SECONDS, picture_type, without_progress

__all__ = ["execute", "notebooks", "tidy"]

WIDGET = "application/vnd.jupyter.widget-view+json"
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def notebooks(folder: Path, prefixes: tuple[str, ...] | list[str] = ()) -> list[Path]:
    """The course's notebooks in order, or those whose names start so."""
    return [
        path
        for path in sorted(folder.glob("[0-9]*.ipynb"))
        if not prefixes or path.name.startswith(tuple(prefixes))
    ]


def execute(path: Path, pace: float) -> None:
    """Run every cell in a clean kernel; store the outputs, and the seconds it took in the header.

    Beside the seconds stands the machine's pace, images a second: see pace.py.
    """
    book = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLIB_HOME"] = home  # the stored pages show no one's predictions
        began = time.perf_counter() - _stolen()
        NotebookClient(book, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
        seconds = time.perf_counter() - _stolen() - began
    for cell in book.cells:
        tidy(cell)
    book.cells[0].source = SECONDS.sub(f"{seconds:.0f}", book.cells[0].source, count=1)
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "ganlib": {"seconds": round(seconds), "pace": round(pace)},
    }
    nbformat.write(book, path)
    print(f"{path.name}: {seconds:.0f} s")


def tidy(cell: nbformat.NotebookNode) -> None:
    """Drop what only a live page can use: timestamps, progress, widgets without a kernel, walks.

    A walk's picture stays.
    """
    cell.metadata.pop("execution", None)
    if cell.cell_type == "code":
        cell.outputs = [output for output in map(_stored, cell.outputs) if output]


def _stored(output):
    """An output as it is kept, None where nothing of it is."""
    if output.output_type == "stream":
        output.text = without_progress(output.text)
        return output if output.text.strip("\n") else None
    data, live = output.get("data", {}), (WIDGET,)
    if picture_type(output):
        live = (WIDGET, "text/html")
    elif WIDGET in data and not facts(output):
        return None
    for kind in live:
        data.pop(kind, None)
        output.get("metadata", {}).pop(kind, None)
    if facts(output) and "text/html" in data:
        data["text/html"] = STYLE.sub("", data["text/html"])  # no page applies what it does not trust
    return output


def _stolen() -> float:
    """Seconds, a mean over the cores, that a virtual machine's host gave to others; 0 where nobody counts.

    They are taken off a run's time: a reader's own machine has no such neighbors.
    """
    return getattr(psutil.cpu_times(), "steal", 0.0) / psutil.cpu_count()
