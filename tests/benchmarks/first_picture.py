"""Seconds from Run All to the end of the set-up cell and to the first picture, for each notebook.

python tests/benchmarks/first_picture.py, two minutes. The clock starts with the kernel.
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.speed import ROOT, table

PICTURES = {"image/png", "image/gif", "image/svg+xml", "application/vnd.jupyter.widget-view+json"}


def has_picture(cell):
    """Whether a cell shows a figure, a widget, or HTML with a picture in it."""
    shown = [output.get("data", {}) for output in cell.get("outputs", [])]
    return any(data.keys() & PICTURES or "<img" in data.get("text/html", "") for data in shown)


def waits(path):
    """Seconds to the end of the first code cell, seconds to the first picture, how many cells that took."""
    book = nbformat.read(path, 4)
    client = NotebookClient(book, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    began, set_up, cells = time.perf_counter(), None, 0
    with client.setup_kernel():
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index)
            if cell.cell_type == "code":
                cells, now = cells + 1, time.perf_counter() - began
                set_up = set_up or now
                if has_picture(cell):
                    return set_up, now, cells
    raise ValueError(f"{path.name} shows no picture")


def main():
    rows = [["notebook", "set-up cell, s", "first picture, s", "in code cell"]]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        set_up, picture, cells = waits(path)
        rows.append([path.stem[:2], f"{set_up:.1f}", f"{picture:.1f}", cells])
    print(table(rows))


if __name__ == "__main__":
    main()
