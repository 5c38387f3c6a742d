"""Give the pages of feedback back: into the students' home folders, or as one ZIP that Moodle takes.

A home folder is its student's, who may have put links and anything else there. So no link is followed, and
nothing but one new file is written, which belongs to the home's owner.
"""

import io
import os
import secrets
import zipfile
from contextlib import ExitStack
from pathlib import Path

from ganlib.course.grading.collect import MOODLE
from ganlib.course.grading.report import Grade, feedback_pages
from ganlib.engine.files import atomic_write

__all__ = ["FILE", "into_homes", "zip_for_moodle"]

FILE = "gan-course-feedback.md"


def into_homes(homes: Path, results: Path, grades: list[Grade]) -> dict[str, str]:
    """Write each page to HOMES/STUDENT/gan-course-feedback.md; none for who handed in nothing.

    Args:
        homes: the folder of the home folders, such as /home.
        results: the folder of `write_reports`, which wrote the pages of these grades.

    Returns:
        student -> "" where the page was written, else why not.
    """
    told, active = {}, {grade.submission.student for grade in grades if grade.submission.path}
    for student, page in feedback_pages(results, grades).items():
        if student in active:
            try:
                told[student] = _put(homes, student, page.read_bytes())
            except (OSError, ValueError) as error:
                told[student] = getattr(error, "strerror", None) or str(error)
    return told


def _put(homes, student, content):
    """Write the file as a new one under another name, then rename it: a link of its name is replaced."""
    if student in ("", ".", "..") or "/" in student:
        raise ValueError("it is no name of a folder")
    temporary = f".{FILE}.{secrets.token_hex(8)}"
    with ExitStack() as opened:
        root = _opened(opened, homes, os.O_DIRECTORY)
        home = _opened(opened, student, os.O_DIRECTORY | os.O_NOFOLLOW, root)
        file = _opened(opened, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, home)
        try:
            with open(file, "wb", closefd=False) as stream:
                stream.write(content)
            if os.geteuid() == 0:
                os.fchown(file, os.fstat(home).st_uid, os.fstat(home).st_gid)
            os.fchmod(file, 0o600 if os.geteuid() == 0 else 0o644)
            os.rename(temporary, FILE, src_dir_fd=home, dst_dir_fd=home)
        except OSError:
            os.unlink(temporary, dir_fd=home)
            raise
    return ""


def _opened(stack, name, flags, folder=None):
    """A file descriptor of an entry of an open folder, closed with the stack."""
    found = os.open(name, flags, 0o600, dir_fd=folder)
    stack.callback(os.close, found)
    return found


def zip_for_moodle(results: Path, grades: list[Grade]) -> Path | None:
    """Write feedback-moodle.zip for Moodle's "Upload multiple feedback files in a zip".

    Moodle finds a student by the number in the folder's name, which is that of its own download.

    Args:
        results: the folder of `write_reports`, which wrote the pages of these grades.

    Returns:
        the ZIP, or None where no submission came from Moodle.
    """
    found = [grade.submission for grade in grades if MOODLE.fullmatch(grade.submission.path.split("/")[0])]
    if not found:
        return None
    pages, content = feedback_pages(results, grades), io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in dict.fromkeys(submission.student for submission in found):
            name = student.encode(errors="replace").decode()  # of a file system in another encoding
            archive.writestr(f"{name}_assignsubmission_file_/{FILE}", pages[student].read_bytes())
    with atomic_write(results / "feedback-moodle.zip") as temporary:
        temporary.write_bytes(content.getvalue())
    return results / "feedback-moodle.zip"
