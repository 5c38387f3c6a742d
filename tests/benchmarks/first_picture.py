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


class Watched(NotebookClient):
    """Notes when the first figure, widget, or HTML with a picture in it arrives, also amid a cell."""

    picture = None

    def output(self, outs, msg, display_id, cell_index):
        data = msg["content"].get("data", {})
        if self.picture is None and (data.keys() & PICTURES or "<img" in data.get("text/html", "")):
            self.picture = time.perf_counter()
        return super().output(outs, msg, display_id, cell_index)


def waits(path):
    """Seconds to the end of the first code cell, seconds to the first picture, how many cells that took."""
    book = nbformat.read(path, 4)
    client = Watched(book, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    began, set_up, cells = time.perf_counter(), None, 0
    with client.setup_kernel():
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index)
            if cell.cell_type == "code":
                cells, set_up = cells + 1, set_up or time.perf_counter() - began
            if client.picture:
                return set_up, client.picture - began, cells
    raise ValueError(f"{path.name} shows no picture")


def main():
    rows = [["notebook", "set-up cell, s", "first picture, s", "in code cell"]]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        set_up, picture, cells = waits(path)
        rows.append([path.stem[:2], f"{set_up:.1f}", f"{picture:.1f}", cells])
    print(table(rows))


if __name__ == "__main__":
    main()
