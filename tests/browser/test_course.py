"""Each notebook in JupyterLab and Chromium as it is stored: what a reader sees before anything is run.

Whole notebooks are executed, and their widgets moved, by nbval in `pytest notebooks`; each kind of widget is
moved by hand in test_widgets_live.py, cards in test_cards.py.
"""

import nbformat
import pytest

from ganlib.course.facts import facts
from ganlib.course.structure import picture_type
from tests.browser import lab
from tests.support.pages import NOTEBOOKS

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def displayed(path):
    """The stored outputs that are displayed."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    return [output for cell in cells for output in cell.outputs if output.output_type == "display_data"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_stored_notebook_opens_as_it_was_run(browser, server, shots, path):
    book = lab.Notebook(browser, server, server.copy(path), kernel=False)
    page = book.page
    pictures = sum(bool(picture_type(output)) for output in displayed(path))
    questions = [facts(o)["question"] for o in displayed(path) if facts(o).get("kind") == "prediction"]
    page.wait_for_function(
        f"document.querySelectorAll('.jp-OutputArea .jp-RenderedImage img').length === {pictures}",
        timeout=30_000,
    )
    assert book.errors() == []
    broken = (
        "[...document.querySelectorAll('.jp-OutputArea img')].filter(i => !i.complete || !i.naturalWidth)"
    )
    page.wait_for_function(f"!{broken}.length", timeout=15_000)
    text = "\n".join(page.locator(".jp-OutputArea").all_inner_texts())
    assert "VBox(" not in text and "<ganlib" not in text, "no raw representation of a widget"
    for question in questions:
        assert "".join(question.split()) in "".join(text.split())
    assert page.locator(".jp-OutputArea :is(button, input, select)").count() == 0, (
        "nothing that does not work"
    )
    book.shot(shots / f"{path.stem}.png")
    assert book.outside == [], "requests off this machine"
    book.close()
