"""Each student's page arrives where that student looks.

What hostile home folders hold is tried in tests/faults/test_grading.py.
"""

import os
import zipfile

import pytest

from ganlib.course.grading.collect import Submission, collect
from ganlib.course.grading.give_back import FILE, into_homes, zip_for_moodle
from ganlib.course.grading.report import RIGHT, Grade, write_reports

pytestmark = pytest.mark.quick


def reported(results, *students):
    """Grades of these students, with their pages written."""
    grades = [
        Grade(Submission(name, "01_x", f"{name}/01_x.ipynb"), {"a": (RIGHT, name)}) for name in students
    ]
    write_reports(results, grades)
    return grades


def test_pages_in_home_folders(tmp_path):
    grades = reported(tmp_path / "results", "ada", "bo b", "carl")
    (tmp_path / "home" / "ada").mkdir(parents=True)
    (tmp_path / "home" / "bo b").mkdir()
    (tmp_path / "home" / "eve").mkdir()
    (tmp_path / "home" / "ada" / FILE).write_text("of last week")
    if os.geteuid() == 0:
        os.chown(tmp_path / "home" / "ada", 1234, 4321)
    grades.append(Grade(Submission("eve", "", "", "no notebook was handed in")))
    told = into_homes(tmp_path / "home", tmp_path / "results", grades)
    assert told == {"ada": "", "bo b": "", "carl": "No such file or directory"}
    assert "solved. ada" in (tmp_path / "home" / "ada" / FILE).read_text()
    assert "solved. bo b" in (tmp_path / "home" / "bo b" / FILE).read_text()
    written = sorted(path.name for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert written == [FILE, FILE], "nothing is left beside it, and eve gets none"
    if os.geteuid() == 0:
        found = (tmp_path / "home" / "ada" / FILE).stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 4321, 0o600)


def test_a_zip_for_moodle_is_read_back_as_the_same_students(tmp_path):
    for name in ("Ada L_4711_assignsubmission_file_", "B\udce4_4712_assignsubmission_file"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "03_mlp_gan.ipynb").write_text("{}")
    grades = [Grade(one, {"a": (RIGHT, one.student)}) for one in collect(tmp_path / "in", ["03_mlp_gan"])]
    write_reports(tmp_path / "results", grades)
    archive = zipfile.ZipFile(zip_for_moodle(tmp_path / "results", grades))
    assert archive.namelist() == [
        f"Ada L_4711_assignsubmission_file_/{FILE}",
        f"B?_4712_assignsubmission_file_/{FILE}",
    ]
    for name, student in zip(archive.namelist(), (r"Ada L\_4711", r"\_4712")):
        assert student in archive.read(name).decode().split("solved.")[1]


def test_without_moodle_there_is_no_zip(tmp_path):
    assert zip_for_moodle(tmp_path, reported(tmp_path, "ada")) is None
    assert not (tmp_path / "feedback-moodle.zip").exists()
