"""Functions and classes as the notebooks write them, so that tests can compare page and library."""

import ast
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"


def code_cells(name):
    """The sources of a notebook's code cells."""
    return [
        cell.source
        for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells
        if cell.cell_type == "code"
    ]


def page_function(name, wanted):
    """The function or class that a page defines, with the page's imports and other definitions around it."""
    scope = {"__name__": "page"}
    keep = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    for source in code_cells(name):
        body = [node for node in ast.parse(source).body if isinstance(node, keep)]
        exec(compile(ast.Module(body, []), name, "exec"), scope)
        if wanted in scope:
            return scope[wanted]
    raise KeyError(f"{name} defines no {wanted}")
