"""What slides and pages are made of: the marks on cells, printed words, pictures, formulas."""

import re
import shutil
import textwrap
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ganlib.course import __main__ as command
from ganlib.course import execute
from ganlib.course.export import render, slides
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
    execute.execute(path)
    assert nbformat.read(path, 4).cells[0].source == "computing 2 s"
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


def test_captions_stand_under_their_picture_and_nowhere_else():
    words = (
        "A caption so long that say() breaks it after one hundred letters, as it does on all of the pages."
    )
    found = render.outputs(cell_with(picture(words), stream(f"{textwrap.fill(words, 100)}\nloss 0.5\n")))
    assert len(found) == 2 and found[0].count(words) == 2 and found[1] == "<pre>loss 0.5</pre>"


def test_read_outs_keep_their_bold_numbers_and_alternatives_are_plain():
    (found,) = render.outputs(cell_with(picture("V = <b>-1.06</b><br>1 < 2")))
    assert 'alt="V = -1.06\n1 &lt; 2"' in found and "<b>-1.06</b><br>1 &lt; 2</figcaption>" in found


def test_progress_bars_and_nudges_are_left_out():
    bar = "\rbetas:  38%|███▎    | 451/1200 [00:05<00:08]\rbetas: 100%|████| 1200/1200 [00:12<00:00]\n"
    nudge = "You made no prediction. Next time lock one in first: guessing is what makes the answer stick.\n"
    found = render.outputs(
        cell_with(stream(bar), stream("fd 6 %\n" + nudge + "Answer: 1.386. Two terms & a sum.\n"))
    )
    assert found == [
        "<pre>fd 6 %</pre>",
        '<p class="answer"><b>Answer:</b> 1.386. Two terms &amp; a sum.</p>',
    ]


def test_questions_keep_their_options():
    (found,) = render.outputs(cell_with(stream("Predict: Which one?\n   · a < b\n   · neither\n")))
    assert found == '<p class="predict"><b>Predict:</b> Which one?<br>· a &lt; b<br>· neither</p>'


def test_formulas_become_mathml():
    text = render.markdown(
        r"$\mathbb E_{x \sim p}[\hat x]$, and $$\begin{cases} a & b \\ c & d \end{cases}$$"
    )
    assert text.count("<math") == 2 and "𝔼" in text and "<mtable" in text and "\\" not in text


def test_a_question_is_the_last_thing_on_its_slide():
    cells = [
        new_markdown_cell("## Now"),
        cell_with(stream("Predict: Which?\n")),
        cell_with(stream("Answer: this one.\n")),
    ]
    assert len(slides.paginate(cells)) == 2


def test_code_stands_on_a_slide_if_it_is_asked_for():
    cells = [cell_with(stream("1\n")), cell_with(stream("2\n"), tags=["show-code"])]
    (slide,) = slides.paginate(cells)
    assert slide.html().count("highlight") == 1
    cells[1].metadata["tags"] = ["show-code", "hide-output"]
    assert "<pre>2" not in slides.paginate(cells)[0].html()


def test_long_text_goes_on_under_the_same_title():
    found = slides.paginate([new_markdown_cell("## Long\n\n" + "\n\n".join(["word " * 60] * 12))])
    assert len(found) > 1 and len({slide.title for slide in found}) == 1


def test_cells_marked_skip_and_the_references_stay_at_home():
    skipped = new_markdown_cell("## Aside\n\nnot here", metadata={"slideshow": {"slide_type": "skip"}})
    found = slides.paginate(
        [new_markdown_cell("## A\n\nhere"), skipped, new_markdown_cell("## References\n\n- a paper")]
    )
    assert [slide.title for slide in found] == ['<h2 id="a">A</h2>']


def test_what_is_announced_stays_with_its_announcement():
    filler = "\n\n".join(["word " * 60] * 4)
    found = slides.paginate(
        [new_markdown_cell(f"## T\n\n{filler}\n\nTwo things:\n\n" + "\n".join(["- " + "thing " * 40] * 2))]
    )
    assert "Two things:" in found[-1].html() and "thing thing" in found[-1].html()


def test_the_commands_write_slides_and_pages(tmp_path, monkeypatch, capsys):
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    command.write_slides(["01"])
    assert "<section>" in (tmp_path / "slides" / "01_objective.html").read_text(encoding="utf-8")
    assert capsys.readouterr().out.startswith("slides/01_objective.html: open it")


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
