"""Pages, slides and the README's table know a notebook by its metadata and its form, in any language."""

import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ganlib.course import structure, words
from ganlib.course.export import site, slides
from ganlib.course.facts import facts
from tests.support import small
from tests.support.pages import NOTEBOOKS

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


@pytest.fixture
def chinese(monkeypatch):
    """The small notebook in Chinese, its cards too."""

    def book():
        for name in dir(words):
            if name.isupper() and name != "LANGUAGE":
                fields = "".join(part for part in ("{guess}", "{title}") if part in getattr(words, name))
                monkeypatch.setattr(words, name, f"字{fields}")
        return small.notebook(small.CHINESE)

    return book


def skeleton(text):
    """Tags and classes of HTML, without words; neither names nor sizes, which follow from words."""
    soup = BeautifulSoup(text, "html.parser")
    return [(tag.name, tuple(tag.get("class", []))) for tag in soup.find_all(True)]


def page(book):
    return site.body(book.cells, lambda address: address)


def deck(book):
    return "".join(slide.html() for slide in slides.paginate(book.cells))


def test_page_and_slides_of_another_language_have_the_same_structure(chinese):
    english = small.notebook()
    expected = skeleton(page(english)), skeleton(deck(english))
    book = chinese()
    found = skeleton(page(book)), skeleton(deck(book))
    assert found == expected
    for text in (page(book), deck(book)):
        letters = BeautifulSoup(text, "html.parser").get_text()
        for word in ("Prediction", "Answer", "Lock", "Contents", "Set-up", "Code"):
            assert word not in letters


def test_what_a_page_holds():
    soup = BeautifulSoup(page(small.notebook()), "html.parser")
    names = [tag.name for tag in soup.find_all(["h1", "h2", "figure", "fieldset", "table", "pre", "details"])]
    assert names.count("fieldset") == 2 and names.count("table") == 1 and names.count("figure") == 3
    assert soup.find("fieldset").get_text().count("Which one?") == 1
    assert len(soup.find("fieldset").find_all("input", type="radio")) == 3
    assert soup.get_text().count("A square, all gray.") == 2, "each caption once"
    assert "loss 0.5" in soup.get_text() and "%|" not in soup.get_text(), "no progress bar"
    answers = soup.find_all(class_="gc-answer")
    assert len(answers) == 2 and not any(answer.find("details").has_attr("open") for answer in answers)
    moving = soup.find("img", src=lambda source: source.startswith("data:image/gif"))
    assert moving["alt"] == "Two squares in turn." == moving.parent.find("figcaption").get_text()


def test_set_up_and_deeper_are_folded_on_a_page():
    soup = BeautifulSoup(page(small.notebook()), "html.parser")
    folded = soup.find("details", class_="deeper")
    assert folded.find("summary").find("h2").get_text() == "Deeper" and not folded.has_attr("open")
    assert folded.find("h3") and folded.find(class_="gc-answer") and "The end." in folded.get_text()
    assert "Ready on cpu" in soup.find("details", class_="set-up").get_text()
    contents = soup.find("details", class_="contents")
    entry = next(item for item in contents.find_all("li") if item.find("a").get_text() == "Deeper")
    assert words.CLOSED in entry.get_text() and entry.find("ul").get_text() == "Once more"
    assert words.CLOSED not in contents.find("li").get_text()


def test_a_deeper_part_ends_at_the_next_heading_of_its_level():
    tags = {"tags": ["deeper"]}
    sources = [
        ("## A", {}),
        ("## B", tags),
        ("### b", tags),
        ("text", tags),
        ("### c", {}),
        ("## Last", {}),
        ("### D", tags),
    ]
    cells = [new_markdown_cell(source, metadata=metadata) for source, metadata in sources]
    places = [place for _, place in structure.spine(cells)]
    assert places == ["spine", "opens", "deeper", "deeper", "deeper", "spine", "opens"]
    soup = BeautifulSoup(site.body([new_markdown_cell("# T"), *cells], lambda a: a), "html.parser")
    assert [part.find("summary").get_text() for part in soup.find_all(class_="deeper")] == ["B", "D"]
    assert soup.find("h2", id="last").find_parent("details") is None


def test_slides_leave_out_what_is_deeper_and_the_references():
    text = deck(small.notebook())
    assert "Deeper" not in text and "The end." not in text and "References" not in text
    assert "What changed" in text and "a thing" in text


def test_a_last_section_of_prose_is_no_list_of_references():
    cells = [new_markdown_cell("## A\n\nhere"), new_markdown_cell("## B\n\n- one\n\nand a word")]
    assert structure.for_class(cells)[-1].source == cells[-1].source
    cells[-1].source = "## B\n\n- one\n  goes on\n\n1. two"
    assert structure.for_class(cells)[-1].source == ""


def test_title_claim_and_seconds_stand_where_the_rule_says():
    for language, claim in ((small.ENGLISH, "Nothing is said twice."), (small.CHINESE, "没有什么 说两遍。")):
        book = small.notebook(language)
        assert structure.title(book) == language["title"] and structure.claim(book) == claim
        assert structure.seconds(book) == 60
        book.metadata["ganlib"]["seconds"] = 7
        assert structure.seconds(book) == 7, "metadata is what counts"
    assert structure.seconds(new_notebook(cells=[new_markdown_cell("# T\n\nC")])) is None


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_header_follows_the_rule(path):
    book = nbformat.read(path, 4)
    assert structure.title(book).startswith(f"{path.stem[:2]} · ")
    assert structure.claim(book).endswith(".") and not structure.claim(book).startswith("*")
    assert len(structure.SECONDS.findall(book.cells[0].source)) == 1, "one number before the unit s"


def test_lines_that_rewrite_themselves_are_progress():
    text = "fd 6 %\n\rbar:  38%|# |\rbar: 100%|##|\nend"
    assert structure.without_progress(text) == "fd 6 %\nend"


def test_exporters_know_no_words():
    """What the words of the interface are is said in words.py; no exporter compares text with a phrase."""
    folder = NOTEBOOKS.parent / "ganlib" / "course"
    sources = [*(folder / "export").glob("*.py"), folder / "structure.py", folder / "__main__.py"]
    phrases = ("Predict", "Answer:", "You made no", "References", "Claim in", "computing", "Deeper")
    for path in sources:
        code = path.read_text(encoding="utf-8").split('"""', 2)[-1]
        assert [phrase for phrase in phrases if f'"{phrase}' in code or f"'{phrase}" in code] == [], path.name


def test_facts_outlive_storing():
    cell = new_code_cell("x", outputs=small.notebook().cells[3].outputs)
    first, second = cell.outputs
    asked = {"key": "small option", "question": "Which one?", "options": ["left", "right", "neither"]}
    assert facts(first) == {"kind": "prediction", **asked}
    assert facts(second)["options"] is None
    assert "<style" not in first.data["text/html"] and "<button" not in first.data["text/html"], (
        "what is stored pretends nothing"
    )
    assert not any("widget-view" in kind for kind in first.data)


def test_the_set_up_cell_imports_nothing_that_reads_notebooks():
    """Nbformat alone takes as long to import as torch."""
    seen = "import sys, ganlib.course.setup; print('torch' in sys.modules, 'nbformat' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, cwd=NOTEBOOKS.parent)
    assert done.stdout.split() == ["True", "False"], done.stderr
