"""A process for a student's code: bubblewrap gives it no network and no files, the runner limits the rest.

It sees the system's programs and Python's packages, read-only; a copy of ganlib without the solutions; and an
empty folder of 64 MB that is gone afterwards. Its processes see no others and die with it.
"""

import inspect
import os
import shutil
import site
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import ganlib
from ganlib.course.grading.wire import GONE, WireError, receive, send
from ganlib.engine.files import ASSETS

__all__ = ["NoSandboxError", "Sandbox", "SandboxError", "course_without_solutions", "obstacle"]

PACKAGE = Path(ganlib.__file__).parent
SECONDS = 60  # of waiting for one answer
SCRATCH, WORDS = 64 * 2**20, 2 * 2**20  # bytes of its disk, and of words in a reply
HIDDEN = 'raise ImportError("the exercises are not here while an answer is graded")\n'
ENDED = "its process ended: it used too much memory or time, or it ended itself"
APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")


class SandboxError(BaseException):
    """The sandbox is gone, for a reason of the student's.

    No Exception, so that an exercise does not take it for an error in the answer.
    """


class NoSandboxError(RuntimeError):
    """A sandbox cannot be made, which no student is to blame for."""


@contextmanager
def course_without_solutions(books: list) -> Iterator[Path]:
    """A folder with ganlib and its assets as the sandbox sees them; what defines a right answer is empty."""
    solutions = {
        Path(inspect.getsourcefile(exercise.reference))
        for book in books
        for exercise in book.exercises.values()
    }
    with tempfile.TemporaryDirectory(prefix="ganlib-grading-") as name:
        course = Path(name) / "course"
        shutil.copytree(PACKAGE, course / "ganlib", ignore=shutil.ignore_patterns("__pycache__", "assets"))
        shutil.rmtree(course / "ganlib/course/exercises")
        (course / "ganlib/course/exercises").mkdir()
        (course / "ganlib/course/exercises/__init__.py").write_text(HIDDEN)
        for path in solutions:
            if "exercises" not in path.relative_to(PACKAGE).parts:
                (course / "ganlib" / path.relative_to(PACKAGE)).write_text(HIDDEN)
        for part in ("data", "checkpoints", "results", "vendor"):
            shutil.copytree(ASSETS / part, course / "assets" / part)
        shutil.copy(ASSETS / "hashes.json", course / "assets")
        course.parent.chmod(0o755)
        yield course


def command(course: Path, uid: int) -> list[str]:
    """The command line that starts a runner in a sandbox; uid: the user to become, 0 if we are not root."""
    line = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--new-session"]
    line += ["--die-with-parent", "--clearenv", "--cap-drop", "ALL"]
    line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if uid else ["--unshare-user"]
    line += _programs()
    line += ["--ro-bind", str(course), "/course", "--proc", "/proc", "--dev", "/dev"]
    line += ["--size", str(SCRATCH), "--tmpfs", "/dev/shm", "--perms", "1777", "--size", str(SCRATCH)]
    line += ["--tmpfs", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    settings = {"HOME": "/tmp", "PATH": "/usr/bin:/bin", "PYTHONPATH": "/course", "LANG": "C.UTF-8"}
    settings |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    for name, value in settings.items():
        line += ["--setenv", name, value]
    return [*line, sys.executable, "-B", "-s", "-m", "ganlib.course.grading.runner", str(uid)]


def _programs():
    """The arguments that show the system's programs and Python's packages, without an installed ganlib."""
    python = [path for path in {sys.prefix, sys.base_prefix, *site.getsitepackages()} if Path(path).is_dir()]
    wanted = [Path(path) for path in (*SYSTEM, *sorted(python)) if os.path.lexists(path)]
    line, parents = [], set()
    for path in wanted:
        if path.is_symlink() and path.parent == Path("/"):
            line += ["--symlink", os.readlink(path), str(path)]
        elif not any(other in path.parents for other in wanted):
            parents |= set(path.parents)
            line += ["--ro-bind", str(path), str(path)]
    for path in {Path(folder) / "ganlib" for folder in sys.path}:
        if path.is_dir() and any(other in path.parents for other in wanted):
            line += ["--tmpfs", str(path)]  # it has the solutions
    folders = [["--perms", "0755", "--dir", str(path)] for path in sorted(parents - {Path("/")})]
    return [*chain.from_iterable(folders), *line]


class Sandbox:
    """A runner in a sandbox, spoken to one message at a time.

    course: the folder of `course_without_solutions`.
    """

    def __init__(self, course: Path):
        self.uid = 0 if os.geteuid() else 50_000 + os.getpid() % 10_000
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the sandbox)
        self.process = subprocess.Popen(
            command(course, self.uid),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            start_new_session=True,
        )
        self.left = SECONDS
        try:
            receive(self.process.stdout)
        except WireError:
            self.close()
            self.errors.seek(0)
            words = self.errors.read(2000).decode(errors="replace").strip().splitlines()
            raise NoSandboxError(
                f"the sandbox does not start: {words[-1] if words else 'no reason given'}"
            ) from None

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and wait for the reply; a SandboxError where none comes in time."""
        began, late = time.monotonic(), threading.Event()
        watch = threading.Timer(max(self.left, 0), lambda: (late.set(), self.process.kill()))
        watch.start()
        try:
            send(self.process.stdin, message)
            reply = receive(self.process.stdout, WORDS)
        except (OSError, WireError) as error:
            ended = isinstance(error, OSError) or str(error) == GONE
            self.close()
            if late.is_set():
                raise SandboxError(f"it took longer than {SECONDS} seconds and was stopped") from None
            raise SandboxError(ENDED if ended else f"it sent {error}") from None
        finally:
            watch.cancel()
            self.left -= time.monotonic() - began
        if not isinstance(reply, dict):
            self.close()
            raise SandboxError("it sent a malformed message")
        return reply

    def close(self) -> None:
        """End everything in the sandbox."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except OSError:  # the pipe is broken: there is nothing left to flush
                pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
        self.errors.close()

    def __deepcopy__(self, memo):
        return self  # a copied net goes on asking the same process


def obstacle() -> str | None:
    """Why no sandbox can be made on this machine, None where it can."""
    if not shutil.which("bwrap"):
        return (
            "bubblewrap is missing. It needs Linux (on Windows: WSL): on Debian or Ubuntu "
            "`apt install bubblewrap`"
        )
    tried = subprocess.run(
        ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--proc", "/proc", "true"],
        capture_output=True,
        text=True,
    )
    if tried.returncode == 0:
        return None
    return f"bubblewrap cannot work here: {tried.stderr.strip()[:200]}. {_mend()}"


def _mend():
    """What may let bubblewrap work, where it is there and does not."""
    if os.geteuid() == 0:
        return "A container often forbids namespaces to its root too: grade outside of it"
    if APPARMOR.exists():  # Ubuntu, since 23.10
        allow = (
            "sudo apt install apparmor-profiles && sudo cp "
            "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d && "
            "sudo systemctl reload apparmor"
        )
    else:
        allow = "sudo sysctl -w user.max_user_namespaces=10000"
    return f"No user but root may make namespaces here. Grade with `sudo`, or allow it: `{allow}`"
