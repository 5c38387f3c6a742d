"""Grade a folder of submissions; each in a sandbox of its own, so that none can spoil another's grade."""

import hashlib
import importlib
import pkgutil
import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ganlib.course import exercises
from ganlib.course.grading.collect import Submission, collect, read
from ganlib.course.grading.remote import answer_in
from ganlib.course.grading.report import (
    BY_HAND,
    NOT_ATTEMPTED,
    WRONG,
    Grade,
    file_name,
    load_grade,
    save_grade,
    write_reports,
)
from ganlib.course.grading.sandbox import (
    SECONDS,
    NoSandboxError,
    Sandbox,
    SandboxError,
    course_without_solutions,
    obstacle,
)

__all__ = ["grade_folder", "grade_notebook", "workbooks"]

MISSING = "no line of the form book.{}.check(...) is in the notebook"
LOST = 3  # sandboxes that one notebook may use up


def workbooks(names: list[str]) -> dict[str, exercises.Workbook]:
    """The exercises of each notebook: its name -> the workbook with its number."""
    modules = [f"{exercises.__name__}.{found.name}" for found in pkgutil.iter_modules(exercises.__path__)]
    books = {book.title: book for book in (importlib.import_module(module).book for module in modules)}
    return {name: books[name[:2]] for name in names if name[:2] in books}


def grade_folder(folder: Path, results: Path, names: list[str]) -> list[Grade]:
    """Grade every submission that is not graded yet, and write the table and the pages.

    Args:
        folder: the submissions, see `collect`.
        results: where records, table and pages are kept. Grading goes on from what is there.
        names: the course's notebooks, without `.ipynb`.

    Raises:
        ValueError: if the folder does not exist.
        NoSandboxError: if none can be made here. Nothing is run without one.
    """
    if not folder.is_dir():
        raise ValueError(f"folder: expected the submissions' folder, but {str(folder)!r} is none")
    if obstacle():
        raise NoSandboxError(f"Nothing was graded: {obstacle()}. No student's code runs without a sandbox.")
    books, grades, graded = workbooks(names), [], {}
    submissions = collect(folder, list(books))
    try:
        with course_without_solutions(list(books.values())) as course:
            version = _version()
            for submission in (bar := tqdm(submissions, unit="file")):
                bar.set_postfix_str(file_name(submission.student)[:40])
                grades.append(_graded(submission, folder, results, books, course, version, graded))
    finally:
        left = [Grade(submission, note="not graded yet") for submission in submissions[len(grades) :]]
        write_reports(results, grades + left)  # also where it is stopped: the next call goes on
    return grades


def _graded(submission, folder, results, books, course, version, graded):
    """The grade of one submission: the remembered one where the file is the same, or a file of `graded`.

    In a class's home folders most notebooks are the course's own, byte for byte.
    """
    if not submission.name:
        return Grade(submission)
    book = books[submission.name]
    try:
        content = read(folder, submission.path)
    except ValueError as error:
        return Grade(submission, _untried(book), str(error))
    key = hashlib.sha256(submission.name.encode() + content + version).hexdigest()
    known = load_grade(results, submission, key)
    if known:
        return known
    try:
        if key in graded:
            grade = replace(graded[key], submission=submission)
        else:
            grade = graded[key] = grade_notebook(submission, content, book, lambda: Sandbox(course))
    except NoSandboxError:
        raise
    except Exception as error:  # none may stop the others
        why = f"{type(error).__name__}: {error}"
        return Grade(submission, _untried(book), f"look at it by hand: grading it stopped with {why}")
    save_grade(results, grade, key)
    return grade


def _version():
    """A hash of what verdicts depend on: the exercises of this course."""
    found = hashlib.sha256()
    for path in sorted(Path(exercises.__file__).parents[1].rglob("*.py")):
        found.update(path.read_bytes())
    return found.digest()


def grade_notebook(
    submission: Submission, content: bytes, book: exercises.Workbook, sandbox: Callable[[], Sandbox]
) -> Grade:
    """Judge every exercise of a notebook. An answer that ends its sandbox costs no other one its verdict."""
    grade = Grade(submission, _untried(book))
    left, lost = list(book.exercises), 0
    while left and lost < LOST:
        with sandbox() as box:
            try:
                found = _open(box, content, book)
            except (SandboxError, ValueError) as error:
                grade.note = f"the file is no whole notebook ({str(error)[:150]})"
                return grade
            grade.note = "; ".join(map(str, found["problems"]))[:300]
            left = [key for key in left if key in found["keys"]]
            while left:
                key = left.pop(0)
                try:
                    grade.verdicts[key] = _judge(box, book.exercises[key])
                except SandboxError as error:
                    grade.verdicts[key], lost = (WRONG, f"not judged further: {error}"), lost + 1
                    break
    grade.verdicts |= {key: (BY_HAND, f"{LOST} other answers had to be stopped before it") for key in left}
    return grade


def _untried(book):
    """The verdicts before any answer was found."""
    return {key: (NOT_ATTEMPTED, MISSING.format(key)) for key in book.exercises}


def _open(box, content, book):
    """Which exercises a notebook holds an answer to, found in the sandbox."""
    box.left = SECONDS
    text = content.decode("utf-8", errors="replace")
    found = box.ask({"do": "open", "notebook": text, "keys": list(book.exercises)})
    if "error" in found:
        raise ValueError(f"{found['error']}: {found.get('words')}")
    if not isinstance(found.get("keys"), list) or not isinstance(found.get("problems"), list):
        raise SandboxError("it sent a malformed message")
    return found


def _judge(box, exercise):
    """(status, message) of one exercise, on input that nobody can know beforehand."""
    torch.manual_seed(secrets.randbits(63))
    random.seed(secrets.randbits(63))
    np.random.seed(secrets.randbits(32))
    try:
        box.left = SECONDS
        answer = answer_in(box, exercise.key)
    except Exception as error:  # whatever a student's own lines raise
        return WRONG, f"the lines that it needs stopped with {type(error).__name__}: {error}"
    try:
        return exercise.judge(answer)
    except Exception as error:  # the exercise did not expect such an answer
        return BY_HAND, f"judging it stopped with {type(error).__name__}: {error}"
