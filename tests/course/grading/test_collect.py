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


def by_student(folder):
    """Each student's notebooks."""
    found = {}
    for one in collect(folder, NAMES):
        found.setdefault(one.student, []).append(one.name)
    return found


@pytest.mark.parametrize("ending", ["_assignsubmission_file_", "_assignsubmission_file"])
def test_a_download_of_moodle_in_folders(tmp_path, ending):
    """The ending is that before Moodle 4.1, and that since."""
    lay(
        tmp_path,
        f"Ada Lovelace_4711{ending}/03_mlp_gan.ipynb",
        f"Ada Lovelace_4711{ending}/answers/01_objective.ipynb",
        f"Ada Lovelace_4711{ending.replace('file', 'onlinetext')}/onlinetext.html",
        f"Group A-Bo O'Neil_4712{ending}/03_mlp_gan.ipynb",
    )
    assert by_student(tmp_path) == {
        "Ada Lovelace_4711": ["01_objective", "03_mlp_gan"],
        "Group A-Bo O'Neil_4712": ["03_mlp_gan"],
    }


def test_a_download_of_moodle_in_files(tmp_path):
    lay(
        tmp_path,
        "Ada Lovelace_4711_assignsubmission_file_03_mlp_gan.ipynb",
        "Ada Lovelace_4712_assignsubmission_file_03_mlp_gan.ipynb",
        "Participant_4713_assignsubmission_file_mine.ipynb",
    )
    assert by_student(tmp_path) == {
        "Ada Lovelace_4711": ["03_mlp_gan"],
        "Ada Lovelace_4712": ["03_mlp_gan"],
        "Participant_4713": [""],
    }


def test_a_download_of_canvas(tmp_path):
    """Each file has a number of its own, which must not make a student of its own."""
    lay(
        tmp_path,
        "lovelaceada_LATE_4711_987654_03_mlp_gan-1.ipynb",
        "lovelaceada_4711_987655_01_objective.ipynb",
        "lovelaceada_4712_987656_01_objective.ipynb",
        "anon_x7Yz2_987657_01_objective.ipynb",
        "LATE_anon_b0b_987658_01_objective.ipynb",
        "turingalan_4713_987659_homework.ipynb",
    )
    assert by_student(tmp_path) == {
        "lovelaceada_4711": ["01_objective", "03_mlp_gan"],
        "lovelaceada_4712": ["01_objective"],
        "anon_x7Yz2": ["01_objective"],
        "anon_b0b": ["01_objective"],
        "turingalan_4713": [""],
    }
    late = {one.path for one in collect(tmp_path, NAMES) if one.note == "late"}
    assert late == {
        "lovelaceada_LATE_4711_987654_03_mlp_gan-1.ipynb",
        "LATE_anon_b0b_987658_01_objective.ipynb",
    }


def test_dates_and_groups_stay_in_a_name(tmp_path):
    lay(tmp_path, "team_1_1_03_mlp_gan.ipynb", "team_1_2_03_mlp_gan.ipynb", "ada_11_30_03_mlp_gan.ipynb")
    assert set(by_student(tmp_path)) == {"team_1_1", "team_1_2", "ada_11_30"}


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
