"""The form of every notebook, as a reader, a projector and a diff need it."""

import ast
import json
import re
import symtable

import nbformat
import pytest

from ganlib.course import playground
from ganlib.course.structure import spine
from tests.support.pages import NOTEBOOKS

ROOT = NOTEBOOKS.parent
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
PARTS = ("claim", "predict", "your turn", "myth check", "what changed, what broke", "references", "arxiv:")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def book(path):
    return nbformat.read(path, 4)


@pytest.fixture
def code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def outputs(code):
    return [(i, output) for i, cell in enumerate(code) for output in cell.outputs]


def test_the_notebooks_are_there():
    assert [path.stem for path in PATHS][:1] and all(re.match(r"\d\d_[a-z_]+$", path.stem) for path in PATHS)


def test_every_part_of_the_anatomy(book):
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown").lower()
    assert [part for part in PARTS if part not in text] == []


def test_the_header(book, path):
    header = book.cells[0].source
    assert header.startswith(f"# {path.stem[:2]} · ") and "**Claim in one sentence.**" in header
    seconds = re.search(r"reading \d+ min, doing \d+ min, computing (\d+) s", header).group(1)
    assert int(seconds) <= 150, "on two cores"
    assert f"/blob/main/notebooks/{path.name})" in header


def test_cells_are_short(code):
    for i, cell in enumerate(code):
        lines = cell.source.splitlines()
        assert len(lines) <= 20, f"cell {i} has {len(lines)} lines"
        assert sum(line.startswith(("import ", "from ")) for line in lines) <= 8, f"cell {i} imports too much"


def test_what_stands_before_deeper_fits_a_class(book):
    before = [cell for cell, place in spine(book.cells) if place == "spine"]
    prose = [cell.source for cell in before if cell.cell_type == "markdown"]
    words = re.sub(r"(?ms)^## References.*?(?=^## |\Z)", "", "\n".join(prose)).split()
    assert len(before) - len(prose) <= 28, "code cells"
    assert len(words) <= 1_800, "words"
    assert sum("speaker_notes" in cell.metadata for cell in book.cells) >= 10


def test_claims_are_asserted(code):
    assert sum("assert" in cell.source for cell in code) >= 5


def test_cells_do_not_ask_where_they_run(code):
    for cell in code:
        assert not re.search(r"os\.environ|\bCI\b|SMOKE|plt\.show", cell.source)


def test_stored_as_executed_from_a_clean_kernel(code):
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_outputs_are_light_and_clean(path, book, code):
    assert path.stat().st_size <= 1_500_000 and "widgets" not in book.metadata
    for i, output in outputs(code):
        text = json.dumps(output)
        assert output.output_type != "error", f"cell {i} stores an error"
        assert output.get("name") != "stderr", f"cell {i} stores stderr: {text[:200]}"
        assert not re.search(r"/(root|tmp|home|work|Users)/|[A-Z]:\\\\", text), (
            f"cell {i} stores a machine's path"
        )
        assert "widget-view" not in text, f"cell {i} stores a widget without its kernel"


def test_a_check_says_its_words_and_no_more(code):
    """A `;` after it, else its status is shown once more; and slides show its code, not its words."""
    for cell in code:
        if re.search(r"^book\.\w+\.check\(", cell.source, re.MULTILINE):
            assert {"show-code", "hide-output"} <= set(cell.metadata.tags), cell.source
    for i, output in outputs(code):
        assert output.get("data", {}).get("text/plain") != "'not attempted'", f"cell {i} lacks its `;`"


def test_every_picture_has_words(code):
    for i, output in outputs(code):
        if "image/png" in output.get("data", {}):
            assert len(output.metadata["image/png"]["alt"]) > 15, (
                f"cell {i}'s picture has no text alternative"
            )


def test_plain_words_hold_no_tags(code):
    for i, output in outputs(code):
        words = output.get("data", {}).get("text/plain", "")
        assert not re.search(r"</?(b|i|em|strong|br|p|div|span)\b[^>]*>", words), (
            f"cell {i} prints a tag: {words}"
        )


def test_the_set_up_cell_is_the_same_in_all(code):
    first = nbformat.read(PATHS[0], 4)
    assert code[0].source == next(cell.source for cell in first.cells if cell.cell_type == "code")


def test_one_address_everywhere(book):
    from ganlib.course.address import OCCURRENCES

    declared = OCCURRENCES.findall((ROOT / "pyproject.toml").read_text())
    used = [address for cell in book.cells[:2] for address in OCCURRENCES.findall(cell.source)]
    assert len(declared) == 1 and used == 2 * declared, (
        "the badge and the set-up cell name the repository of pyproject.toml"
    )


def reads(table):
    """The notebook's names that a function uses when it is called, its inner functions included."""
    own = (
        {s.get_name() for s in table.get_symbols() if s.is_global()}
        if table.get_type() == "function"
        else set()
    )
    return own.union(*(reads(child) for child in table.get_children()))


def bound(source):
    """The names that a cell itself gives a value, comprehensions and functions' insides left out."""
    inside = (
        ast.FunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.ListComp,
        ast.SetComp,
        ast.DictComp,
        ast.GeneratorExp,
    )
    names, nodes = set(), [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        nodes += [child for child in ast.iter_child_nodes(node) if not isinstance(child, inside)]
    return names


def test_no_later_cell_changes_what_a_function_reads(code):
    """A slider moved after Run All draws what it drew before."""
    used = {}
    for i, cell in enumerate(code):
        source = "\n".join(line for line in cell.source.splitlines() if not line.startswith(("%", "!")))
        taken = [(name, function) for name in bound(source) for function in used if name in used[function]]
        assert taken == [], f"cell {i} gives another value to what a function of an earlier cell reads"
        for table in symtable.symtable(source, "cell", "exec").get_children():
            if table.get_name().startswith("draw"):
                used[table.get_name()] = reads(table)


def test_a_stored_playground_is_the_present_one(code):
    for cell in code:
        if "playground.show(" in cell.source:
            (call,) = re.findall(r"playground\.show\((.*)\)", cell.source)
            scene = {k.arg: ast.literal_eval(k.value) for k in ast.parse(f"f({call})").body[0].value.keywords}
            frames = [output.data["text/html"] for output in cell.outputs if "text/html" in output.data]
            assert playground.frame(**scene) in frames, "run the notebook again"
