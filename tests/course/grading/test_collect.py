"""Whose file is which, and what is never opened. The hostile part is in tests/faults/test_grading.py."""

import os

import pytest

from ganlib.course.grading.collect import Submission, collect, read

pytestmark = pytest.mark.quick
NAMES = ["01_objective", "03_mlp_gan"]


def lay(folder, *paths):
    for age, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("{}")
        os.utime(folder / path, (age, age))


def test_folders_and_files_alone(tmp_path):
    lay(tmp_path, "ada/03_mlp_gan.ipynb", "ada/course/notebooks/01_objective.ipynb", "bo b_03_mlp_gan.ipynb")
    assert collect(tmp_path, NAMES) == [
        Submission("ada", "01_objective", "ada/course/notebooks/01_objective.ipynb"),
        Submission("ada", "03_mlp_gan", "ada/03_mlp_gan.ipynb"),
        Submission("bo b", "03_mlp_gan", "bo b_03_mlp_gan.ipynb"),
    ]


def test_the_newest_of_several_counts(tmp_path):
    lay(tmp_path, "ada/03_mlp_gan (2).ipynb", "ada/03_mlp_gan-1.ipynb")
    (found,) = collect(tmp_path, NAMES)
    assert found.path == "ada/03_mlp_gan-1.ipynb" and found.note == "the newest of 2 files"


def test_everyone_gets_a_row(tmp_path):
    lay(tmp_path, "ada/essay.pdf", "bob/homework.ipynb", "03_mlp_gan.ipynb")
    (tmp_path / "eve").mkdir()
    found = {one.student: one for one in collect(tmp_path, NAMES)}
    assert found["ada"].note == found["eve"].note == "no notebook was handed in"
    assert "which notebook" in found["bob"].note and found["bob"].name == ""
    assert found["(no name)"].name == "03_mlp_gan"


def test_checkpoints_of_jupyter_are_no_submissions(tmp_path):
    lay(tmp_path, "ada/03_mlp_gan.ipynb", "ada/.ipynb_checkpoints/03_mlp_gan-checkpoint.ipynb")
    assert [one.path for one in collect(tmp_path, NAMES)] == ["ada/03_mlp_gan.ipynb"]


def test_reading(tmp_path):
    lay(tmp_path, "ada/03_mlp_gan.ipynb")
    assert read(tmp_path, "ada/03_mlp_gan.ipynb") == b"{}"
    with pytest.raises(ValueError, match="cannot be read"):
        read(tmp_path, "ada/01_objective.ipynb")
