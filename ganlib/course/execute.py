"""Execute notebooks in a clean kernel and store them: outputs, seconds, nothing that only a live page can
use.
"""

import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

__all__ = ["SECONDS", "execute", "notebooks", "tidy"]

SECONDS = re.compile(r"computing (\d+) s")
WIDGET = "application/vnd.jupyter.widget-view+json"


def notebooks(folder: Path, prefixes: tuple[str, ...] | list[str] = ()) -> list[Path]:
    """The course's notebooks in order, or those whose names start so."""
    return [
        path
        for path in sorted(folder.glob("[0-9]*.ipynb"))
        if not prefixes or path.name.startswith(tuple(prefixes))
    ]


def execute(path: Path) -> None:
    """Run every cell in a clean kernel; store the outputs, and the seconds it took in the header."""
    book = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLIB_HOME"] = home  # the stored pages show no one's predictions
        began = time.perf_counter() - _stolen()
        NotebookClient(book, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
        seconds = time.perf_counter() - _stolen() - began
    for cell in book.cells:
        tidy(cell)
    book.cells[0].source = SECONDS.sub(f"computing {seconds:.0f} s", book.cells[0].source)
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(book, path)
    print(f"{path.name}: {seconds:.0f} s")


def tidy(cell: nbformat.NotebookNode) -> None:
    """Drop what only a live page can use: timestamps, widgets without a kernel, walks (a picture stays)."""
    cell.metadata.pop("execution", None)
    if cell.cell_type == "code":
        cell.outputs = [
            o for o in cell.outputs if WIDGET not in o.get("data", {}) or "image/png" in o["data"]
        ]
    for output in cell.get("outputs", []):
        for kind in (WIDGET, "text/html") if "image/png" in output.get("data", {}) else (WIDGET,):
            output.get("data", {}).pop(kind, None)
            output.get("metadata", {}).pop(kind, None)


def _stolen() -> float:
    """Seconds, a mean over the cores, that a virtual machine's host gave to others; 0 where nobody counts.

    They are taken off a run's time: a reader's own machine has no such neighbors.
    """
    return getattr(psutil.cpu_times(), "steal", 0.0) / psutil.cpu_count()
