"""Each notebook in JupyterLab and Chromium: Run All to the end, then every widget is moved by keyboard."""

import re

import pytest

from tests.browser import lab
from tests.browser.moves import move_all
from tests.support.pages import NOTEBOOKS

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
WIDGETS = re.compile(r"widgets\.(?:Explorer|Scrubber|LatentExplorer|Field|RealOrFake)\(")
STARTED = {}


def started(browser, server, path):
    """The notebook's page, with all its cells on their way."""
    if path not in STARTED:
        STARTED[path] = lab.Notebook(browser, server, server.add(path)).start()
    return STARTED[path]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_run_all_and_move_every_widget(browser, server, shots, path):
    book = started(browser, server, path)
    for following in PATHS[PATHS.index(path) + 1 :][:1]:
        started(browser, server, following)  # computes on the other core meanwhile
    book.page.bring_to_front()
    book.finish(900)
    assert book.errors() == []
    assert all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in book.prompts()), "each cell has run"
    declared = WIDGETS.findall(path.read_text(encoding="utf-8"))
    book.shot(shots / f"{path.stem}.png")
    explorers = book.explorers()
    assert len(explorers) == len(declared) > 0
    for i, explorer in enumerate(explorers):
        move_all(book.page, explorer)
        book.shot(shots / f"{path.stem}-{i}.png")
    assert book.outside == [], "requests off this machine"
    book.close()
