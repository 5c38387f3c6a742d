"""The table, the pages and the records."""

import csv

import pytest

from ganlib.course.grading.collect import Submission
from ganlib.course.grading.report import (
    BY_HAND,
    NOT_ATTEMPTED,
    RIGHT,
    WRONG,
    Grade,
    file_name,
    load_grade,
    save_grade,
    write_reports,
)

pytestmark = pytest.mark.quick
VERDICTS = {
    "a": (RIGHT, "right!"),
    "b": (WRONG, "not yet."),
    "c": (NOT_ATTEMPTED, "nothing"),
    "d": (BY_HAND, "odd"),
}


def rows(folder):
    with open(folder / "grades.csv", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_table_and_pages(tmp_path):
    ada = Submission("Ada", "03_mlp_gan", "Ada/03_mlp_gan.ipynb", "the newest of 2 files")
    write_reports(tmp_path, [Grade(ada, VERDICTS, "a note"), Grade(Submission("Bo", "", "", "nothing"))])
    assert rows(tmp_path)[0] == {
        "student": "Ada",
        "notebook": "03_mlp_gan",
        "points": "1",
        "of": "4",
        "by hand": "1",
        "exercises": "a=1 b=0 c=- d=?",
        "note": "the newest of 2 files; a note",
        "file": "Ada/03_mlp_gan.ipynb",
    }
    page = (tmp_path / "feedback" / "Ada.md").read_text()
    assert "1 of 4" in page and "- **b**: wrong. not yet." in page
    assert "nothing" in (tmp_path / "feedback" / "Bo.md").read_text()


def test_records_are_found_again_under_their_key_alone(tmp_path):
    ada = Submission("Ada", "03_mlp_gan", "x.ipynb")
    save_grade(tmp_path, Grade(ada, VERDICTS, "note"), "key")
    assert load_grade(tmp_path, ada, "key") == Grade(ada, VERDICTS, "note")
    assert load_grade(tmp_path, ada, "another") is None
    assert load_grade(tmp_path, Submission("Bo", "03_mlp_gan", "x.ipynb"), "key") is None
    (record,) = (tmp_path / "records").iterdir()
    for damaged in ("", "[]", "{}", '{"key": "key"}', '{"key": "key", "verdicts": 5, "note": ""}'):
        record.write_text(damaged)
        assert load_grade(tmp_path, ada, "key") is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [("Ada L.", "Ada_L"), ("../../etc", "etc"), ("", "student"), ("é_1", "é_1"), ("..", "student")],
)
def test_names_of_files(name, safe):
    assert file_name(name) == safe
