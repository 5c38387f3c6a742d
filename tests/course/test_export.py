"""What slides and pages are made of: the marks on cells, printed words, pictures, formulas."""

import re
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from ganlib.course import __main__ as command
from ganlib.course import execute
from ganlib.course.export import render, slides, wide
from ganlib.course.facts import mark
from tests.support import small
from tests.support.pages import NOTEBOOKS

ROOT = NOTEBOOKS.parent
PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def cell_with(*outputs, **metadata):
    return new_code_cell("x = 1", outputs=list(outputs), metadata=metadata)


def stream(text):
    return new_output("stream", name="stdout", text=text)


def picture(alt):
    return new_output(
        "display_data", {"image/png": PIXEL, "text/plain": alt}, metadata={"image/png": {"alt": alt}}
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_marks_on_cells(path):
    cells = nbformat.read(path, 4).cells
    for cell in cells:
        assert cell.metadata.get("slideshow", {}).get("slide_type", "slide") in ("slide", "skip")
        assert set(cell.metadata.get("tags", [])) <= {"show-code", "hide-output", "walk", "deeper"}
        if "Prediction(" in cell.source:
            notes = cell.metadata.get("speaker_notes", "")
            assert " min.**" in notes, f"{path.stem}: no minutes for the prediction {cell.source[:60]!r}"
    notes = [cell.metadata["speaker_notes"] for cell in cells if "speaker_notes" in cell.metadata]
    assert len(notes) >= 10 and "Before class" in notes[0] and "50 min" in notes[0]
    assert sum("ypical" in note for note in notes) >= 3, "typical wrong answers"


def test_a_run_is_not_charged_what_the_host_gave_to_others(tmp_path, monkeypatch):
    def seven_seconds_later(client):
        clock["now"], clock["steal"] = clock["now"] + 7.0, clock["steal"] + 10.0  # of two cores together

    monkeypatch.setenv("GANLIB_HOME", str(tmp_path))  # and put back afterwards: a run sets its own
    clock = {"now": 0.0, "steal": 3.0}
    monkeypatch.setattr(execute.psutil, "cpu_times", lambda: SimpleNamespace(steal=clock["steal"]))
    monkeypatch.setattr(execute.psutil, "cpu_count", lambda: 2)
    monkeypatch.setattr(execute.time, "perf_counter", lambda: clock["now"])
    monkeypatch.setattr(execute.NotebookClient, "execute", seven_seconds_later)
    path = tmp_path / "page.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("computing 99 s")]), path)
    execute.execute(path, pace=812.4)
    stored = nbformat.read(path, 4)
    assert stored.cells[0].source == "computing 2 s"
    assert stored.metadata["ganlib"] == {"seconds": 2, "pace": 812}
    monkeypatch.setattr(
        execute.psutil, "cpu_times", lambda: SimpleNamespace(user=1.0)
    )  # a system that does not count it
    assert execute._stolen() == 0


def test_marks_outlive_an_execution():
    cell = cell_with(speaker_notes="ask", tags=["show-code"], slideshow={"slide_type": "slide"})
    cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    execute.tidy(cell)
    assert set(cell.metadata) == {"speaker_notes", "tags", "slideshow"}


def test_a_stored_notebook_keeps_the_picture_of_a_walk_but_not_the_walk():
    output = picture("a walk in latent space")
    output.data["text/html"] = "<iframe srcdoc='half a megabyte'></iframe>"
    cell = cell_with(output)
    execute.tidy(cell)
    assert set(cell.outputs[0].data) == {"image/png", "text/plain"}


def test_read_outs_keep_their_bold_numbers_and_alternatives_are_plain():
    (found,) = render.outputs(cell_with(picture("V = <b>-1.06</b><br>1 < 2")))
    assert 'alt="V = -1.06\n1 &lt; 2"' in found and "<b>-1.06</b><br>1 &lt; 2</figcaption>" in found


def test_formulas_become_mathml():
    text = render.markdown(
        r"$\mathbb E_{x \sim p}[\hat x]$, and $$\begin{cases} a & b \\ c & d \end{cases}$$"
    )
    assert text.count("<math") == 2 and "𝔼" in text and "<mtable" in text and "\\" not in text


def test_wide_pictures_tables_and_formulas_stand_in_boxes_and_captions_below(tmp_path):
    for width in (559, 560):
        Image.new("L", (width, 10)).save(tmp_path / f"{width}.png")
    known = {"header": ["a"], "rows": [["1"]], "caption": "One number."}
    table = new_output("display_data", {**mark("table", **known), "text/plain": ""})
    content = "".join(render.outputs(cell_with(table))) + render.markdown("$$x = y$$")
    content += '<img src="559.png" alt="x"><img src="560.png" alt="y"><img src="badge.svg" alt="z">'
    soup = BeautifulSoup(wide.boxed(content, tmp_path), "html.parser")
    assert [box.find(["img", "table"]).name for box in soup.select(".wide > .scroll")] == ["table", "img"]
    assert not soup.find("caption") and soup.select_one("figure > figcaption").text == "One number."
    assert soup.select_one(".wide > .formula > math")
    sizes = [(image.get("width"), bool(image.find_parent(class_="scroll"))) for image in soup.find_all("img")]
    assert sizes == [("559", False), ("560", True), (None, False)]


def test_a_prime_is_not_lifted_twice():
    text = render.markdown(r"$f''(y) = x^2$")
    assert '<mi>f</mi><mo lspace="0" rspace="0">″</mo>' in text and text.count("<msup>") == 1


def test_a_question_is_the_last_thing_on_its_slide():
    asked = {"key": "x", "question": "Which?", "options": ["this", "that"]}
    told = {"key": "x", "answer": "this", "why": "So.", "tolerance": 0.0}
    cells = [
        new_markdown_cell("## Now"),
        cell_with(new_output("display_data", {**mark("prediction", **asked), "text/plain": ""})),
        cell_with(new_output("display_data", {**mark("answer", **told), "text/plain": ""})),
    ]
    first, second = (slide.html() for slide in slides.paginate(cells))
    assert "gc-question" in first and "gc-answer" in second
    assert "<input" not in first and "<details" not in second, "a slide is read from afar"


def test_code_stands_on_a_slide_if_it_is_asked_for():
    cells = [cell_with(stream("1\n")), cell_with(stream("2\n"), tags=["show-code"])]
    (slide,) = slides.paginate(cells)
    assert slide.html().count("highlight") == 1
    cells[1].metadata["tags"] = ["show-code", "hide-output"]
    assert '"printed">2' not in slides.paginate(cells)[0].html()


def test_long_text_goes_on_under_the_same_title():
    found = slides.paginate([new_markdown_cell("## Long\n\n" + "\n\n".join(["word " * 60] * 12))])
    assert len(found) > 1 and len({slide.title for slide in found}) == 1


def test_cells_marked_skip_and_the_references_stay_at_home():
    skipped = new_markdown_cell("## Aside\n\nnot here", metadata={"slideshow": {"slide_type": "skip"}})
    found = slides.paginate(
        [new_markdown_cell("## A\n\nhere"), skipped, new_markdown_cell("## References\n\n- a paper")]
    )
    assert [slide.title for slide in found] == ['<h2 id="a">A</h2>']


@pytest.mark.parametrize("colon", ":：")
def test_what_is_announced_stays_with_its_announcement(colon):
    filler = "\n\n".join(["word " * 60] * 4)
    found = slides.paginate(
        [
            new_markdown_cell(
                f"## T\n\n{filler}\n\nTwo things{colon}\n\n" + "\n".join(["- " + "thing " * 40] * 2)
            )
        ]
    )
    assert f"Two things{colon}" in found[-1].html() and "thing thing" in found[-1].html()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A course of two small notebooks."""
    (tmp_path / "notebooks").mkdir()
    for name in ("01_one", "02_two"):
        nbformat.write(small.notebook(), tmp_path / "notebooks" / f"{name}.ipynb")
    (tmp_path / "README.md").write_text(
        "# T\n\n| notebook | idea | computing |\n|---|---|---|\n| old |\n\nend\n"
    )
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return tmp_path


def test_the_commands_write_slides_pages_and_the_table(tree, capsys):
    command.write_slides(["01"])
    assert "<section>" in (tree / "slides" / "01_one.html").read_text(encoding="utf-8")
    assert capsys.readouterr().out.startswith("slides/01_one.html: open it")
    command.write_site(str(tree / "site"))
    assert "startCards" in (tree / "site" / "page.js").read_text(encoding="utf-8")
    assert "gc-question" in (tree / "site" / "02_two.html").read_text(encoding="utf-8")
    command.write_table()
    rows = [
        f"| [01 · A title](notebooks/{name}.ipynb) | Nothing is said twice. | 60 s |"
        for name in ("01_one", "02_two")
    ]
    assert (tree / "README.md").read_text().split("|---|---|---|\n")[1] == "\n".join(rows) + "\n\nend\n"


def not_run(cell):
    cell.execution_count, cell.outputs = None, []
    return "has not been run"


def failed(cell):
    cell.outputs = [new_output("error", ename="ValueError", evalue="no", traceback=[])]
    return "stopped with ValueError"


def without_kernel(cell):
    kind = "application/vnd.jupyter.widget-view+json"
    cell.outputs = [
        new_output("display_data", {kind: {"model_id": "1"}, "text/plain": "VBox(children=(RadioButtons("})
    ]
    return "shows a widget that needs a kernel"


@pytest.mark.parametrize("damage", [not_run, failed, without_kernel])
@pytest.mark.parametrize("arguments", [["slides", "02"], ["slides"], ["site", "pages"]], ids=" ".join)
def test_a_notebook_saved_half_run_is_refused(tree, monkeypatch, capsys, damage, arguments):
    path = tree / "notebooks" / "02_two.ipynb"
    book = nbformat.read(path, 4)
    problem = damage(book.cells[4])
    nbformat.write(book, path)
    monkeypatch.chdir(tree)
    monkeypatch.setattr("sys.argv", ["course", *arguments])
    with pytest.raises(SystemExit) as end:
        command.main()
    said = str(end.value)  # a sentence as the argument of sys.exit means code 1
    assert said.startswith(f"02_two.ipynb was saved half-run: code cell 3 of 7 {problem}.")
    assert "`git checkout notebooks/02_two.ipynb`" in said and "`python -m ganlib.course run 02`" in said
    assert not (tree / "slides").exists() and not (tree / "pages").exists(), "nothing is written"


def test_a_live_notebook_that_ran_to_its_end_is_exported(tree):
    """What JupyterLab saves still has its widgets; cards and pictures do without a kernel."""
    path = tree / "notebooks" / "02_two.ipynb"
    book = nbformat.read(path, 4)
    for output in book.cells[3].outputs + book.cells[4].outputs:
        output.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "1"}
    nbformat.write(book, path)
    command.write_slides(["02"])
    assert "Which one?" in (tree / "slides" / "02_two.html").read_text(encoding="utf-8")


PLANS = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")


def test_every_plan_fills_its_fifty_minutes():
    plans = [
        re.findall(r"^\| (\d+)–(\d+) \|", part, re.MULTILINE)
        for part in re.split(r"^### \d\d · ", PLANS, flags=re.MULTILINE)[1:]
    ]
    assert len(plans) == len(PATHS)
    for rows in plans:
        ends = [int(minute) for row in rows for minute in row]
        assert ends[0] == 0 and ends[-1] == 50 and ends[1:-1:2] == ends[2::2]


def test_plans_ask_the_predictions_of_the_notebooks():
    for path, part in zip(PATHS, re.split(r"^### \d\d · ", PLANS, flags=re.MULTILINE)[1:]):
        asked = sum(
            "Prediction(" in cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"
        )
        planned = part.split("At home:")[0].count("*P*")
        assert 3 <= planned <= asked + 1, path.stem


def test_links_and_exercises_that_instructors_read_about_exist():
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", PLANS):
        assert (ROOT / target).exists(), target
    checks = "".join(path.read_text(encoding="utf-8") for path in PATHS)
    for name in re.findall(r"exercises? ((?:`\w+`(?:, | and )?)+)", PLANS):
        for key in re.findall(r"`(\w+)`", name):
            assert f"book.{key}.check" in checks, key
