"""Right answers get all points, empty notebooks none, and a folder is graded once."""

import csv
import inspect
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ganlib.course import obedience_exercise
from ganlib.course.grading import grade as grading
from ganlib.course.grading import sandbox
from ganlib.course.grading.collect import Submission
from ganlib.course.grading.sandbox import NoSandboxError, Sandbox
from tests.support.handed_in import (
    BOOKS,
    NAMES,
    NOTEBOOKS,
    answering,
    cells_of,
    needs_sandbox,
    notebook,
    solved,
)
from tests.support.handed_in import course as course  # a fixture

pytestmark = needs_sandbox
# 01 as a student fills it in: what stands in a cell -> what he writes there.
BY_A_STUDENT = {
    "softplus(-real).mean() + ...": "softplus(-real).mean() + softplus(fake).mean()",
    "softplus(...).mean()": "softplus(-fake).mean()",
    "-value(D(x), D(...))": "-value(D(x), D(fake.detach()))",
    "non_saturating(...)\n    ...  #": "non_saturating(D(fake))\n    g_optimizer.zero_grad()  #",
    "loss.backward()\n    ...  # move G": "loss.backward()\n    g_optimizer.step()  # move G",
    "return ...  # logits (B,)": "return -fake.mean()  # logits (B,)",
    "return ...  # use math.exp": "return math.exp(-loss / 2)",
    "return ...  # logit: a tensor": "return logsigmoid(-logit)  # logit: a tensor",
    "(value(real, fake) + ...) / 2": "(value(real, fake) + math.log(4)) / 2",
    "return ..., ...  # two losses": "return -value(real, fake), non_saturating(fake)  # two losses",
}


def graded(number, content, course):
    return grading.grade_notebook(
        Submission("ada", number, "x.ipynb"), content, BOOKS[number], lambda: Sandbox(course)
    )


@pytest.mark.parametrize("number", sorted(BOOKS))
def test_the_solutions_get_all_points(number, course):
    grade = graded(number, solved(number), course)
    assert grade.count("solved") == len(BOOKS[number].exercises), grade.verdicts


def test_a_students_own_lines_with_what_the_notebook_defines_above_them(course):
    text = "\n\n#CUT\n\n".join(cells_of("01"))
    for blank, line in BY_A_STUDENT.items():
        assert text.count(blank) == 1, blank
        text = text.replace(blank, line)
    grade = graded("01", notebook(*text.split("\n\n#CUT\n\n")), course)
    assert grade.count("solved") == 9, grade.verdicts


@pytest.mark.parametrize("number", sorted(BOOKS))
def test_an_untouched_notebook_is_not_attempted(number, course):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    grade = graded(number, path.read_bytes(), course)
    assert grade.count("not attempted") == len(BOOKS[number].exercises), grade.verdicts
    assert not grade.note


def test_an_empty_notebook_is_not_attempted(course):
    assert graded("01", notebook(), course).count("not attempted") == 9


def test_wrong_answers_get_the_words_of_the_exercise(course):
    cells = ["from torch.nn.functional import softplus"]
    cells += [answering("d_loss", "def answer(r, f):\n    return softplus(-r).sum() + softplus(f).sum()")]
    cells += [answering("read", "def answer(loss):\n    return loss / 2")]
    cells += [answering("g_loss", "def answer(fake):\n    return missing_name(fake)")]
    verdicts = graded("01", notebook(*cells), course).verdicts
    words = [message for _, message in BOOKS["01"].d_loss.misconceptions]
    assert verdicts["d_loss"][0] == "wrong" and any(word in verdicts["d_loss"][1] for word in words)
    assert verdicts["read"][0] == "wrong"
    assert "NameError" in verdicts["g_loss"][1] and verdicts["repair"][0] == "not attempted"


@pytest.mark.parametrize("key", ["d_turn", "g_turn", "own_loss"])
def test_wrong_turns_are_as_wrong_as_in_the_notebook(key, course):
    """Gradients and steps cross the border of the sandbox: a flawed turn gets the message it gets there."""
    exercise = BOOKS["01"].exercises[key]
    flawed = {
        "d_turn": "v = D(x).mean()\n    d.zero_grad()\n    v.backward()\n    d.step()\n    return v.detach()",
        "g_turn": "g.zero_grad()\n    value = D(fake.detach()).mean()\n    return value.detach()",
        "own_loss": "return fake.mean()",
    }[key]
    arguments = {"d_turn": "D, d, x, fake", "g_turn": "D, g, fake", "own_loss": "fake"}[key]
    code = f"def answer({arguments}):\n    {flawed}"
    names = {}
    exec(code, names)
    here = exercise.judge(names["answer"])
    there = graded("01", notebook(answering(key, code)), course).verdicts[key]
    assert (
        here[0] == there[0] == "wrong" and here[1].split(" it gives ")[0] == there[1].split(" it gives ")[0]
    )


@pytest.mark.parametrize(
    "name, words",
    [
        ("all_signs_swapped", "D's signs"),
        ("g_without_graph", "No gradient"),
        ("labels_from_the_left", "other than y"),
    ],
)
def test_losses_of_06_are_refused_as_in_the_notebook(name, words, course):
    answer = "from torch.nn.functional import softplus\n" + inspect.getsource(
        getattr(obedience_exercise, name)
    )
    verdict = graded("06", notebook(answering("obey", answer, name)), course).verdicts["obey"]
    assert verdict[0] == "wrong" and words in verdict[1]


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "submissions"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "01_objective.ipynb").write_bytes(
        notebook(answering("read", "import math", "lambda loss: math.exp(-loss / 2)"))
    )
    (folder / "bob_01_objective.ipynb").write_bytes(b"{")
    (folder / "eve").mkdir()
    return folder


def table(results):
    with open(results / "grades.csv", newline="", encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_command(handed_in, tmp_path):
    (tmp_path / "home" / "ada").mkdir(parents=True)
    command = [sys.executable, "-m", "ganlib.course", "grade", handed_in, "-o", tmp_path / "results"]
    command += ["--into", tmp_path / "home"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=NOTEBOOKS.parent)
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "results")
    assert [rows[name]["points"] for name in ("ada", "bob", "eve")] == ["1", "0", "0"]
    assert rows["bob"]["note"].startswith("the file is no whole notebook") and rows["bob"]["of"] == "9"
    assert rows["eve"]["note"] == "no notebook was handed in"
    assert "3/3" in done.stderr and "grades.csv" in done.stdout
    assert "gan-course-feedback.md is in 1 of 2 home folders" in done.stdout
    assert "not in that of 'bob': No such file" in done.stdout
    assert {path.name for path in (tmp_path / "results" / "feedback").iterdir()} == {
        "ada.md",
        "bob.md",
        "eve.md",
    }


def test_what_is_graded_is_not_graded_again_unless_it_changes(handed_in, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(grading, "Sandbox", lambda course: started.append(1) or Sandbox(course))
    first = grading.grade_folder(handed_in, tmp_path / "results", NAMES)
    assert len(started) == 2
    assert grading.grade_folder(handed_in, tmp_path / "results", NAMES) == first and len(started) == 2
    (handed_in / "bob_01_objective.ipynb").write_bytes(notebook())
    grading.grade_folder(handed_in, tmp_path / "results", NAMES)
    assert len(started) == 3 and not table(tmp_path / "results")["bob"]["note"]


def test_a_file_that_many_have_is_graded_once(tmp_path, monkeypatch):
    for student in ("ada", "bob", "eve"):
        (tmp_path / "in" / student).mkdir(parents=True)
        content = notebook() if student != "eve" else notebook(answering("read", "", "lambda loss: 0"))
        (tmp_path / "in" / student / "01_objective.ipynb").write_bytes(content)
    started = []
    monkeypatch.setattr(grading, "Sandbox", lambda course: started.append(1) or Sandbox(course))
    ada, bob, eve = grading.grade_folder(tmp_path / "in", tmp_path / "results", NAMES)
    assert len(started) == 2 and ada.verdicts == bob.verdicts != eve.verdicts
    assert (ada.submission.student, bob.submission.student) == ("ada", "bob")
    assert grading.grade_folder(tmp_path / "in", tmp_path / "results", NAMES) == [ada, bob, eve]


def test_a_stop_in_the_middle_keeps_what_is_graded(handed_in, tmp_path, monkeypatch):
    real = grading.grade_notebook

    def stopped_at_bob(submission, *rest):
        if submission.student == "bob":
            raise KeyboardInterrupt
        return real(submission, *rest)

    monkeypatch.setattr(grading, "grade_notebook", stopped_at_bob)
    with pytest.raises(KeyboardInterrupt):
        grading.grade_folder(handed_in, tmp_path / "results", NAMES)
    rows = table(tmp_path / "results")
    assert rows["ada"]["points"] == "1" and rows["bob"]["note"] == "not graded yet" and "eve" in rows
    monkeypatch.setattr(
        grading, "grade_notebook", lambda *a: pytest.fail("ada again") if a[0].student == "ada" else real(*a)
    )
    grading.grade_folder(handed_in, tmp_path / "results", NAMES)
    assert table(tmp_path / "results")["bob"]["note"].startswith("the file is no whole notebook")


def test_without_bubblewrap_nothing_is_run(handed_in, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(grading, "grade_notebook", lambda *a: pytest.fail("it was run"))
    with pytest.raises(NoSandboxError, match="bubblewrap is missing.*No student's code runs"):
        grading.grade_folder(handed_in, tmp_path / "results", NAMES)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("uid", "ubuntu", "mend"),
    [
        (1000, True, "sudo.*bwrap-userns-restrict"),
        (1000, False, "sudo.*max_user_name"),
        (0, False, "contain"),
    ],
)
def test_a_system_without_namespaces_is_told_with_what_to_do(tmp_path, monkeypatch, uid, ubuntu, mend):
    """What bubblewrap says there comes from a program of its name."""
    (tmp_path / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
    )
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(sandbox, "APPARMOR", tmp_path / ("bwrap" if ubuntu else "none"))
    with pytest.raises(NoSandboxError, match=f"uid map: Permission denied.*{mend}.*No student's code runs"):
        grading.grade_folder(tmp_path, tmp_path / "results", NAMES)


def test_a_wrong_folder_is_told(tmp_path):
    with pytest.raises(ValueError, match="expected the submissions' folder"):
        grading.grade_folder(tmp_path / "none", tmp_path / "results", NAMES)


def test_a_user_who_is_not_root_gets_a_user_namespace(course, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    content = notebook(answering("read", "import math", "lambda loss: math.exp(-loss / 2)"))
    with Sandbox(course) as box:
        assert "--unshare-user" in box.process.args and "CAP_SETUID" not in box.process.args
    assert graded("01", content, course).count("solved") == 1


def test_each_answer_has_a_minute_of_its_own(monkeypatch):
    box, seen = SimpleNamespace(left=0.1), []  # what an answer before it left
    exercise = SimpleNamespace(key="d_loss", judge=lambda answer: ("right", answer))
    monkeypatch.setattr(grading, "answer_in", lambda box, key: seen.append(box.left) or key)
    assert grading._judge(box, exercise) == ("right", "d_loss") and seen == [sandbox.SECONDS]
