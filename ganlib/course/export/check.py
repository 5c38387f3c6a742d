"""Whether a stored notebook is whole: JupyterLab saves one as it stands, half-run as well."""

from pathlib import Path

import nbformat

from ganlib.course.execute import WIDGET
from ganlib.course.facts import facts
from ganlib.course.structure import picture_type

__all__ = ["NotWholeError", "whole"]


class NotWholeError(ValueError):
    """A notebook that would make broken pages; the message says what to do."""


def whole(path: Path) -> nbformat.NotebookNode:
    """Read a notebook for export.

    Raises:
        NotWholeError: naming the first cell that has not been run, has failed, or shows a widget that is
            nothing without a kernel.
    """
    book = nbformat.read(path, 4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        if problem := _problem(cell):
            raise NotWholeError(
                f"{path.name} was saved half-run: code cell {number} of {len(code)} {problem}. Bring the "
                f"stored version back with `git checkout notebooks/{path.name}`, or execute it with "
                f"`python -m ganlib.course run {path.name[:2]}`."
            )
    return book


def _problem(cell):
    """What is wrong with a code cell, None if nothing is."""
    if cell.source.strip() and cell.execution_count is None:
        return "has not been run"
    for output in cell.outputs:
        if output.output_type == "error":
            return f"stopped with {output.ename}"
        if WIDGET in output.get("data", {}) and not (facts(output) or picture_type(output)):
            return "shows a widget that needs a kernel"
    return None
