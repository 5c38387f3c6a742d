"""Notebooks as students hand them in: with the right answers, with none, or with code of one's own."""

import ast
import importlib
import inspect
import json
import pkgutil
from pathlib import Path
from textwrap import indent

import pytest

import ganlib.course.exercises as package
from ganlib.course.grading.sandbox import Sandbox, course_without_solutions, obstacle

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
BOOKS = {
    book.title: book
    for book in (
        importlib.import_module(f"{package.__name__}.{found.name}").book
        for found in pkgutil.iter_modules(package.__path__)
    )
}
NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]
ENGINE = ("exercises", "_exercise", "formula_answers", "written_steps")  # the sandbox has none of them
needs_sandbox = pytest.mark.skipif(
    obstacle() is not None, reason=f"no sandbox here, so nothing is graded: {obstacle()}"
)


def cells_of(number):
    """The code cells of one of the course's notebooks, as text."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def notebook(*sources):
    """A notebook file with these code cells."""
    cells = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for text in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def answering(key, code, expression="answer"):
    """A cell that checks an expression after some code."""
    return f"{code}\nbook.{key}.check({expression});"


def solved(number):
    """One of the course's notebooks, with the solution of each exercise written below it."""
    cells = cells_of(number)
    for key, exercise in BOOKS[number].exercises.items():
        tree = ast.parse(inspect.getsource(inspect.getmodule(exercise.reference)))
        lines = [ast.unparse(node) for node in tree.body if not _is_the_engine(node)]
        name = exercise.reference.__name__
        lines.append(f"return {name if exercise.cases else name + '()'}")
        cells.append(
            answering(key, f"def solution():\n{indent(chr(10).join(lines), '    ')}\n", "solution()")
        )
    return notebook(*cells)


def _is_the_engine(node):
    """Whether a statement of an exercises' module belongs to the exercises and not to an answer."""
    if isinstance(node, ast.ImportFrom):
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        return any(name.startswith("ganlib.course.") and name.endswith(ENGINE) for name in names)
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)] if hasattr(node, "bases") else []
    names = [getattr(target, "id", "") for target in getattr(node, "targets", [])]
    return "Exercise" in bases or bool({"book", "TEXTS"} & set(names))


@pytest.fixture(scope="module")
def course():
    """The course as a sandbox sees it."""
    with course_without_solutions(list(BOOKS.values())) as folder:
        yield folder


@pytest.fixture
def box(course):
    """A sandbox."""
    with Sandbox(course) as made:
        yield made
