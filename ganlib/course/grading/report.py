"""What grading leaves behind: a record for each file, one table, and a page for each student.

Whatever a student wrote (names, messages of errors) is shown as plain words: no formula in the table, no
markup on the page, no path.
"""

import csv
import hashlib
import html
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ganlib.course.grading.collect import Submission
from ganlib.engine.files import atomic_write

__all__ = [
    "BY_HAND",
    "NOT_ATTEMPTED",
    "RIGHT",
    "WRONG",
    "Grade",
    "feedback_pages",
    "load_grade",
    "save_grade",
    "write_reports",
]

RIGHT, WRONG, NOT_ATTEMPTED, BY_HAND = "solved", "wrong", "not attempted", "look at by hand"
SIGNS = {RIGHT: "1", WRONG: "0", NOT_ATTEMPTED: "-", BY_HAND: "?"}
HEADER = ["student", "notebook", "points", "of", "by hand", "exercises", "note", "file"]


@dataclass
class Grade:
    """What came of one submission: for each exercise (status, message)."""

    submission: Submission
    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    note: str = ""

    def count(self, status: str) -> int:
        """How many exercises have this status."""
        return sum(found == status for found, _ in self.verdicts.values())


def save_grade(folder: Path, grade: Grade, key: str) -> None:
    """Remember a grade; key: what it depends on."""
    (folder / "records").mkdir(parents=True, exist_ok=True)
    with atomic_write(_record(folder, grade.submission)) as temporary:
        temporary.write_text(json.dumps({"key": key, **asdict(grade)}, indent=1), encoding="utf-8")


def load_grade(folder: Path, submission: Submission, key: str) -> Grade | None:
    """The remembered grade of a submission, None where there is none or its key is another."""
    try:
        kept = json.loads(_record(folder, submission).read_text(encoding="utf-8"))
        if kept["key"] == key:
            verdicts = {name: (status, message) for name, (status, message) in kept["verdicts"].items()}
            return Grade(submission, verdicts, kept["note"])
    except (OSError, TypeError, ValueError, KeyError, AttributeError):
        pass
    return None


def _record(folder, submission):
    return folder / "records" / f"{_digest(submission.student, submission.name, submission.path)}.json"


def write_reports(folder: Path, grades: Iterable[Grade]) -> None:
    """`grades.csv`, and `feedback/STUDENT.md` for each student."""
    grades = list(grades)
    folder.mkdir(parents=True, exist_ok=True)
    table = io.StringIO()
    csv.writer(table).writerows([HEADER, *([_cell(value) for value in _row(grade)] for grade in grades)])
    with atomic_write(folder / "grades.csv") as temporary:
        temporary.write_bytes(table.getvalue().encode("utf-8-sig", "replace"))  # the mark lets Excel read it
    (folder / "feedback").mkdir(exist_ok=True)
    for student, path in feedback_pages(folder, grades).items():
        page = [f"# {_words(student)}\n"]
        page += [_section(grade) for grade in grades if grade.submission.student == student]
        with atomic_write(path) as temporary:
            temporary.write_text("\n".join(page), encoding="utf-8", errors="replace")


def feedback_pages(folder: Path, grades: Iterable[Grade]) -> dict[str, Path]:
    """student -> the page in the folder of results; names that differ in signs alone get a number each."""
    files = {grade.submission.student: file_name(grade.submission.student) for grade in grades}
    counts = Counter(files.values())
    numbered = {s: f"{name}-{_digest(s)[:8]}" if counts[name] > 1 else name for s, name in files.items()}
    return {student: folder / "feedback" / f"{name}.md" for student, name in numbered.items()}


def file_name(student: str) -> str:
    """A student's name as the name of a file: letters, digits, dots inside, - and _."""
    return re.sub(r"[^\w.-]+", "_", student).strip("._")[:80] or "student"


def _digest(*words):
    return hashlib.sha256("\0".join(words).encode(errors="surrogatepass")).hexdigest()[:32]


def _row(grade):
    """A row of the table."""
    told = grade.submission
    exercises = " ".join(f"{key}={SIGNS[status]}" for key, (status, _) in grade.verdicts.items())
    note = "; ".join(part for part in (told.note, grade.note) if part)
    points, of, by_hand = grade.count(RIGHT), len(grade.verdicts), grade.count(BY_HAND)
    return [told.student, told.name, points, of, by_hand, exercises, note, told.path]


def _section(grade):
    """What a student reads of one notebook."""
    told, solved = grade.submission, f"{grade.count(RIGHT)} of {len(grade.verdicts)}"
    lines = [f"## {_words(told.name or told.path or 'Notebooks')}: {solved}\n"]
    lines += [f"{_words(note)}.\n" for note in (told.note, grade.note) if note]
    for key, (status, message) in grade.verdicts.items():
        lines.append(f"- **{key}**: {status}. {_words(message)}")
    return "\n".join(lines) + "\n"


def _plain(value):
    """Words on one line without signs that steer a terminal or turn the text around."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(value))
    return " ".join(kept.split())[:500]


def _cell(value):
    """A cell of the table: plain, and never a formula."""
    if isinstance(value, int):
        return value
    text = _plain(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _words(value):
    """Words that Markdown and HTML show as they are."""
    return html.escape(re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", _plain(value)), quote=False)
