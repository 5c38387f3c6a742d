"""Which file is whose, in a folder of handed-in notebooks.

Two forms are understood, and may be mixed:

    STUDENT/any/folders/03_mlp_gan.ipynb    a folder each, such as the home folders of a hub
    STUDENT_03_mlp_gan.ipynb                files alone: what stands before the notebook's name is the student

So are the names that learning platforms give, of which the student is the part in capitals:

    ADA LOVELACE_4711_assignsubmission_file_/03_mlp_gan.ipynb    Moodle, a folder each
    ADA LOVELACE_4711_assignsubmission_file_03_mlp_gan.ipynb     Moodle, files alone
    LOVELACEADA_LATE_4711_987654_03_mlp_gan-1.ipynb              Canvas, LOVELACEADA_4711 here
    ANON_x7Yz2_987654_03_mlp_gan.ipynb                           Canvas, without names

After the name something may follow (`03_mlp_gan-1.ipynb`, `03_mlp_gan (2).ipynb`); of several files for one
notebook the newest counts. Links are not followed, hidden folders not entered, and names are only shown,
never used as the name of a file that is written.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MOODLE", "Submission", "collect", "read"]

# The number is the student's in one assignment; the rest says which part of the assignment it is.
MOODLE = re.compile(r"(?P<student>.+?_\d+)_assignsubmission_[a-z]+(_.*)?")
# Numbers of the student and of the file. Two of fewer digits may as well be a date or a group.
CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?(?P<number>_\d{3,})_\d{3,}(_.*)?")
NAMELESS = re.compile(r"(?P<late>LATE_)?(?P<name>anon_[^_]+)_\d{3,}(_.*)?")
LARGEST = 20 * 2**20  # bytes of a notebook; the course's own have 1.5 MB at most
DEEPEST = 5  # folders below a student's


@dataclass(order=True)
class Submission:
    """A student's file for one notebook, or why there is none.

    name: the notebook's, "" where it is unknown. path: relative to the folder. note: for the teacher.
    """

    student: str
    name: str
    path: str
    note: str = ""


def collect(folder: Path, names: list[str]) -> list[Submission]:
    """What was handed in, sorted by student and notebook.

    Args:
        folder: of the submissions.
        names: the course's notebooks, without `.ipynb`.
    """
    students, files = set(), {}
    for path, modified, problem in _walk(folder):
        parts = Path(path).parts
        name = next((name for name in names if name in parts[-1]), "")
        alone = len(parts) == 1 and parts[0].endswith(".ipynb")
        student, late = _student(_before(parts[0], name) if alone else parts[0])
        students.add(student)
        if problem or parts[-1].endswith(".ipynb"):
            problem = problem or ("" if name else "which notebook is it? The file's name does not say")
            files.setdefault((student, name or path), []).append((modified, path, problem, late))
    found = []
    for (student, name), versions in files.items():
        _, path, problem, late = max(versions)
        notes = [f"the newest of {len(versions)} files"] * (len(versions) > 1) + ["late"] * late
        found.append(Submission(student, name if name in names else "", path, problem or "; ".join(notes)))
    silent = students - {submission.student for submission in found}
    return sorted(found + [Submission(student, "", "", "no notebook was handed in") for student in silent])


def read(folder: Path, path: str) -> bytes:
    """A submission's content; a ValueError says why it is not read. No part of the path may be a link."""
    *folders, name = Path(path).parts
    with ExitStack() as opened:
        try:
            here = _opened(opened, folder, os.O_DIRECTORY, None)
            for part in folders:
                here = _opened(opened, part, os.O_DIRECTORY | os.O_NOFOLLOW, here)
            # Without O_NONBLOCK a pipe would wait for its writer.
            here = _opened(opened, name, os.O_NONBLOCK | os.O_NOFOLLOW, here)
            if not stat.S_ISREG(os.fstat(here).st_mode):
                raise ValueError("it is no file")
            with open(here, "rb", closefd=False) as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise ValueError(f"it cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise ValueError(f"it has more than {LARGEST // 2**20} MB")
    return content


def _opened(stack, name, flags, folder):
    """A file descriptor of an entry of an open folder, closed with the stack."""
    found = os.open(name, os.O_RDONLY | flags, dir_fd=folder)
    stack.callback(os.close, found)
    return found


def _walk(folder: Path) -> Iterator[tuple[str, float, str]]:
    """(relative path, time of the last change, problem) of notebooks, and of each student's folder."""
    for root, folders, files in os.walk(folder):
        here = Path(root).relative_to(folder)
        depth = len(here.parts)
        if depth == 1:
            yield str(here), 0.0, ""
        for name in [*files, *folders]:
            path = Path(root) / name
            if path.is_symlink() and (name.endswith(".ipynb") or depth == 0):
                yield str(here / name), 0.0, "it is a link, which is not followed"
            elif name in files and name.endswith(".ipynb"):
                yield str(here / name), path.lstat().st_mtime, ""
        folders[:] = [name for name in folders if not name.startswith(".") and depth <= DEEPEST]


def _student(name: str) -> tuple[str, bool]:
    """(student, whether it is marked as late) by the name of a folder, or by what stands before a file's."""
    if found := MOODLE.fullmatch(name):
        return found["student"], False
    if found := NAMELESS.fullmatch(name) or CANVAS.fullmatch(name):
        return found["name"] + found.groupdict().get("number", ""), bool(found["late"])
    return name, False


def _before(file: str, name: str) -> str:
    """The student in a file's name: what stands before the notebook's name."""
    before = file.split(name)[0] if name else file.removesuffix(".ipynb")
    return re.sub(r"[\s_-]+$", "", before) or "(no name)"
