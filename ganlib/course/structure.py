"""What pages, slides and the README's table know of a notebook without reading its language.

Outputs carry facts, see facts.py. A picture's words are its text alternative: metadata["image/png"]["alt"],
or "image/gif". Printed lines that rewrite themselves with a carriage return are progress.

Cells are known by tags (show-code, hide-output, walk, deeper), by slideshow.slide_type, and by position:

    title       the heading of the first cell
    claim       the first paragraph below it, without the words in bold that it may begin with
    seconds     notebook metadata ganlib.seconds, written by `run`; in the header the one number before " s"
    pace        notebook metadata ganlib.pace, how quick the machine was that took these seconds
    set-up      the first code cell
    deeper      a heading cell with that tag, and all below it up to the next heading of its level
    references  the last heading before deeper, or of the notebook, if nothing but a list stands below it
"""

import re
from collections.abc import Mapping, Sequence

from nbformat import NotebookNode

__all__ = [
    "SECONDS",
    "claim",
    "for_class",
    "level",
    "picture_type",
    "seconds",
    "spine",
    "stored_pace",
    "title",
    "without_progress",
]

SECONDS = re.compile(r"\b\d+(?= s\b)")
PICTURES = ("image/png", "image/gif")
HEADING = re.compile(r"(#+) +(.+)")
# A blank line, an entry of a list, or its further lines.
LISTED = re.compile(r"\s*$|\s*(?:[-*+]|\d+[.)]) |\s+\S")


def picture_type(output: Mapping) -> str | None:
    """The MIME type of an output's picture, None if it has none."""
    return next((kind for kind in PICTURES if kind in output.get("data", {})), None)


def title(book: NotebookNode) -> str:
    """The heading of the first cell."""
    return HEADING.match(book.cells[0].source.lstrip()).group(2).strip()


def claim(book: NotebookNode) -> str:
    """The first paragraph below the title on one line, without the words in bold that it begins with."""
    paragraph = re.split(r"\n\s*\n", book.cells[0].source.strip())[1]
    return " ".join(re.sub(r"^\*\*.+?\*\*", "", paragraph).split())


def seconds(book: NotebookNode) -> int | None:
    """The seconds that the stored run took, None if nobody measured."""
    measured = book.metadata.get("ganlib", {}).get("seconds")
    stated = SECONDS.search(book.cells[0].source)
    return measured if measured is not None else int(stated.group()) if stated else None


def stored_pace(book: NotebookNode) -> int | None:
    """Images a second of notebook 03's training on the machine of the stored run, None if not measured."""
    return book.metadata.get("ganlib", {}).get("pace")


def level(cell: NotebookNode) -> int | None:
    """The level of the heading that a cell begins with, None if it begins otherwise."""
    found = HEADING.match(cell.source.lstrip()) if cell.cell_type == "markdown" else None
    return len(found.group(1)) if found else None


def spine(cells: Sequence[NotebookNode]) -> list[tuple[NotebookNode, str]]:
    """Each cell with its place: "spine"; "opens", the heading of a deeper part; or "deeper", below that."""
    found, inside = [], None  # the level of the heading that we are below
    for cell in cells:
        here, place = level(cell), "deeper"
        if here and inside and here <= inside:
            inside = None
        if inside is None:
            inside = here if "deeper" in cell.metadata.get("tags", []) else None
            place = "opens" if inside else "spine"
        found.append((cell, place))
    return found


def for_class(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The cells without those that are deeper and without the references."""
    kept = [cell for cell, place in spine(cells) if place == "spine"]
    if kept and kept[-1].cell_type == "markdown":
        kept[-1] = NotebookNode(kept[-1] | {"source": _without_references(kept[-1].source)})
    return kept


def _without_references(source):
    """Markdown without its last heading, if nothing but a list stands below that."""
    lines = source.rstrip().split("\n")
    last = max((i for i, line in enumerate(lines) if HEADING.match(line)), default=None)
    below = lines[last + 1 :] if last is not None else []
    is_list = any(line.strip() for line in below) and all(LISTED.match(line) for line in below)
    return "\n".join(lines[:last]) if is_list else source


def without_progress(text: str) -> str:
    """Printed text without the lines that rewrite themselves: progress bars."""
    return "".join(line for line in re.findall(r"[^\n]*\n|[^\n]+", text) if "\r" not in line)
