"""Imports run one way, and nothing outside of ganlib.course imports it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "ganlib").rglob("*.py"))
CORE = {"gan", "trainer", "losses", "penalties", "ema", "interpolation"}
# A file may import from its own layer and from those below it.
LAYERS = {
    "engine": 0,
    "data": 1,
    "nets": 1,
    "metrics": 2,
    "core": 3,
    "variants": 4,
    "generative": 4,
    "course": 6,
}


def part_of(module):
    """ganlib.engine.files -> engine, ganlib.gan -> core; None for what is not ganlib's, or ganlib itself."""
    names = module.split(".")
    if names[0] != "ganlib" or len(names) == 1:
        return None
    return "core" if names[1] in CORE else names[1]


def imported(path):
    """The ganlib modules that a file imports, also inside of functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("ganlib"))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ganlib"):
            if node.module == "ganlib":
                yield from (f"ganlib.{name.name}" for name in node.names)
            else:
                yield node.module


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path):
    own = part_of(module_of(path))
    for target in filter(part_of, imported(path)):
        layer = LAYERS.get(
            part_of(target), 5
        )  # a program such as ganlib.train stands above all but the course
        assert layer <= LAYERS.get(own, 5), f"{own} imports {target}"
        assert part_of(target) != "course" or own == "course", f"{own} imports {target}"


def test_the_library_works_without_what_only_the_course_needs():
    """Matplotlib, Jupyter and ipywidgets are not even imported by what a researcher uses."""
    code = """
import sys
for name in ("matplotlib", "ipywidgets", "IPython", "jupyterlab", "sympy"):
    sys.modules[name] = None  # importing it raises an ImportError
import ganlib.trainer, ganlib.variants, ganlib.metrics, ganlib.data, ganlib.nets, ganlib.interpolation
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_are_short(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = node.end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{node.name} has {length} lines"


def test_every_public_module_says_what_is_public():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if "course" in path.parts or "def " not in text:
            continue
        assert "__all__" in text, path.name
