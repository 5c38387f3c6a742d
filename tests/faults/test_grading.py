"""Handed-in notebooks that are broken or hostile: what they reach, and what verdict they get.

Every one of them is graded with the real sandbox. An answer to `d_loss` does the harm, a right one to `read`
comes after it: it must not suffer.
"""

import ast
import inspect
import os
import socket
import time
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from ganlib.course import progress
from ganlib.course.grading import grade as grading
from ganlib.course.grading import sandbox
from ganlib.course.grading.collect import Submission, collect, read
from ganlib.course.grading.give_back import FILE, into_homes
from ganlib.course.grading.remote import answer_in
from ganlib.course.grading.report import Grade, write_reports
from ganlib.course.grading.sandbox import Sandbox, SandboxError
from tests.support.handed_in import BOOKS, NAMES, answering, cells_of, needs_sandbox, notebook, solved
from tests.support.handed_in import box as box
from tests.support.handed_in import course as course

RIGHT_READ = answering("read", "import math", "lambda loss: math.exp(-loss / 2)")
USED = "import os, sys, torch\n"


def graded(course, *cells):
    """The grade of a notebook of 01 with these cells and then a right answer to `read`."""
    return graded_file(course, notebook(*cells, RIGHT_READ))


def graded_file(course, content):
    submission = Submission("eve", "01_objective", "x.ipynb")
    return grading.grade_notebook(submission, content, BOOKS["01"], lambda: Sandbox(course))


def harm(body, expression="answer"):
    """A cell whose answer to d_loss runs these lines when it is called."""
    lines = "\n    ".join(body.splitlines())
    return answering("d_loss", f"{USED}def answer(real, fake):\n    {lines}\n", expression)


def probe(box, code):
    """The value of `found` after some code in a sandbox."""
    box.ask(
        {"do": "open", "notebook": notebook(answering("d_loss", USED + code, "found")).decode(), "keys": []}
    )
    return answer_in(box, "d_loss")


@pytest.fixture
def impatient(monkeypatch):
    """Three seconds instead of a minute."""
    monkeypatch.setattr(sandbox, "SECONDS", 3)
    monkeypatch.setattr(grading, "SECONDS", 3)


# Files that are no notebooks


@needs_sandbox
def test_a_changed_notebook_is_judged_by_its_answers_alone(course):
    """Cells in another order, some gone, others added, outputs that say "right!" under a stub."""
    cells = cells_of("01")[::-1] + ["import this_does_not_exist", "raise SystemExit", "%%bash\nrm -rf /"]
    grade = graded(course, *[cell for cell in cells if "read.check" not in cell])
    assert grade.verdicts["read"][0] == "solved" and grade.count("solved") == 1
    assert grade.count("not attempted") == 8
    forged = notebook("book.d_loss.check(...)").replace(
        b'"outputs": []',
        b'"outputs": [{"output_type": "stream", "name": "stdout", "text": "d_loss: right!"}]',
    )
    assert b"right!" in forged and graded_file(course, forged).count("solved") == 0


@needs_sandbox
def test_a_truncated_notebook_is_told(box):
    whole = solved("01")
    for part in range(1, 21):
        reply = box.ask({"do": "open", "notebook": whole[: len(whole) * part // 21].decode(), "keys": []})
        assert reply["error"] == "JSONDecodeError"


NO_NOTEBOOKS = {
    "empty": b"",
    "HTML": b"<!DOCTYPE html><html>Log in</html>",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
    "zeros": bytes(10_000),
    "a list": b"[1, 2]",
    "no cells": b'{"metadata": {}}',
    "cells of numbers": b'{"cells": [1, 2, 3]}',
    "a source of numbers": b'{"cells": [{"cell_type": "code", "source": [1]}]}',
    "deeply nested": b"[" * 1_000_000,
    "UTF-16": '{"cells": []}'.encode("utf-16"),
}


@needs_sandbox
@pytest.mark.parametrize("content", NO_NOTEBOOKS.values(), ids=NO_NOTEBOOKS.keys())
def test_what_is_no_notebook_gets_a_row_with_the_reason(content, course):
    grade = graded_file(course, content)
    assert grade.note.startswith("the file is no whole notebook (") and grade.count("not attempted") == 9


@needs_sandbox
@pytest.mark.parametrize("text", ["(" * 100_000, "-" * 100_000 + "1", "x = " + "9" * 5_000, "\0"])
def test_a_cell_that_chokes_the_parser_costs_no_other_cell(text, course):
    assert graded(course, text).verdicts["read"][0] in ("solved", "not attempted")


# Too much of everything

ENDLESS = {
    "in the answer": harm("while True: pass"),
    "above it": answering("d_loss", "answer = [0 for _ in iter(int, 1)]"),
    "asleep": harm("import time\ntime.sleep(10**6)"),
    "deaf to signals": harm(
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass"
    ),
    "in a thread": harm("import threading\nthreading.Event().wait()"),
}


@needs_sandbox
@pytest.mark.parametrize("cell", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_endless_answer_is_stopped(cell, course, impatient):
    began = time.monotonic()
    verdicts = graded(course, cell).verdicts
    assert verdicts["d_loss"] == (
        "wrong",
        "not judged further: it took longer than 3 seconds and was stopped",
    )
    assert verdicts["read"][0] == "solved" and time.monotonic() - began < 40


@needs_sandbox
def test_an_endless_gradient_is_stopped(course, impatient):
    """It is asked for in the middle of a training that judges the answer."""
    code = USED + (
        "class Slow(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x): return x.mean()\n"
        "    @staticmethod\n"
        "    def backward(ctx, slope):\n"
        "        while True: pass\n"
    )
    verdicts = graded(course, answering("own_loss", code, "lambda fake: Slow.apply(fake)")).verdicts
    assert "longer than 3 seconds" in verdicts["own_loss"][1] and verdicts["read"][0] == "solved"


@needs_sandbox
def test_three_lost_sandboxes_are_enough(course, impatient):
    bad = "import time\n"
    cells = [answering(key, bad, f"time.sleep(10**{i})") for i, key in enumerate(BOOKS["01"].exercises, 2)]
    grade = graded_file(course, notebook(*cells))
    assert grade.count("wrong") == 3 and grade.count("look at by hand") == 6


BOMBS = {
    "a list": "held = []\nwhile True: held.append(bytearray(10**7))",
    "a tensor": "return torch.ones(10**11)",
    "a word": "return 'a' * 10**11",
    "an integer": "return 10 ** (10 ** 8) > 0 and torch.ones(10**11)",
    "shared memory": "i = 0\nwhile True:\n    os.write(os.memfd_create(str(i)), bytes(10**7))\n    i += 1",
    "recursion": "import sys\nsys.setrecursionlimit(10**9)\nf = lambda n: f(n + 1)\nf(0)",
}


@needs_sandbox
@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_a_memory_bomb_ends_within_its_limit(body, course, impatient):
    before = psutil.virtual_memory().available
    verdicts = graded(course, harm(body)).verdicts
    assert verdicts["d_loss"][0] == "wrong" and verdicts["read"][0] == "solved"
    assert before - psutil.virtual_memory().available < 4 * 2**30


def runners():
    """Processes of this test run's sandboxes."""
    mine = f"ganlib.course.grading.runner {0 if os.geteuid() else 50_000 + os.getpid() % 10_000}"
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if mine in line]


@needs_sandbox
def test_a_fork_bomb_is_small_and_leaves_nothing(course, impatient):
    most = "pids = []\nwhile True:\n    try: pids.append(os.fork())\n    except OSError: continue\n"
    verdicts = graded(course, harm(most)).verdicts
    assert verdicts["d_loss"][0] == "wrong" and verdicts["read"][0] == "solved"
    for _ in range(50):
        if not runners():
            break
        time.sleep(0.1)
    assert not runners()


@needs_sandbox
def test_how_many_processes_a_bomb_gets(box):
    code = "made = 0\ntry:\n    while made < 500:\n        if not os.fork():\n"
    code += "            import time\n            time.sleep(60)\n"
    assert probe(box, code + "        made += 1\nexcept OSError: pass\nfound = made") < 8


FLOODS = {
    "printed": "for _ in range(10**6): print('x' * 1000)\nreturn 1",
    "to every descriptor": "for n in range(64):\n"
    "    try: os.set_blocking(n, False); os.write(n, b'x' * 10**6)\n"
    "    except OSError: pass\nreturn 1",
    "a message too long": "return torch.zeros(1000, 40_000)",
    "a tensor too long": "return torch.zeros(2**24, 0)",
    "a long word": "return 'x' * 10**8",
    "an error": "raise ValueError('x' * 10**8)",
}


@needs_sandbox
@pytest.mark.parametrize("body", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_output_drowns_nothing(body, course, impatient, capfd):
    grade = graded(course, harm(body))
    assert grade.verdicts["d_loss"][0] == "wrong" and grade.verdicts["read"][0] == "solved"
    assert len(grade.verdicts["d_loss"][1]) < 600 and not "".join(capfd.readouterr())


@needs_sandbox
def test_a_disk_cannot_be_filled(box):
    code = (
        "found = 0\nfor folder in ('/tmp', '/dev/shm', '/', '/course', '/dev'):\n"
        "    for i in range(20):\n"
        "        try:\n"
        "            with open(f'{folder}/{i}', 'wb') as file: found += file.write(bytes(10**7))\n"
        "        except OSError: pass\n"
    )
    assert 0 < probe(box, code) <= 2 * 64 * 2**20


ENDS = {
    "sys.exit": "sys.exit(0)",
    "os._exit": "os._exit(0)",
    "a segmentation fault": "import ctypes\nctypes.string_at(0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "an error that cannot be told": "class E(Exception):\n    def __str__(self): raise E\nraise E",
    "a signal to all": "import signal\nos.kill(-1, signal.SIGKILL)",
    "a signal to the parent": "os.kill(os.getppid(), 9)\nos.kill(1, 9)\nreturn 0",
}


@needs_sandbox
@pytest.mark.parametrize("body", ENDS.values(), ids=ENDS.keys())
def test_an_answer_that_ends_its_process_or_others(body, course):
    verdicts = graded(course, harm(body)).verdicts
    assert verdicts["d_loss"][0] == "wrong" and verdicts["read"][0] == "solved"


# What can be reached


@needs_sandbox
def test_files_can_neither_be_read_nor_deleted(box, tmp_path):
    (tmp_path / "mine.txt").write_text("secret")
    code = (
        "import shutil\nfound = []\n"
        f"for path in {[str(tmp_path), str(Path.home()), str(Path(__file__).parent), '/course', '/']}:\n"
        "    shutil.rmtree(path, ignore_errors=True)\n"
        "    found += [os.path.join(at, name) for at, _, names in os.walk(path) for name in names"
        " if name.endswith(('mine.txt', 'progress.json', 'test_grading.py', '.ipynb'))"
        " and 'site-packages' not in at]\n"
    )
    assert probe(box, code) == []
    assert (tmp_path / "mine.txt").read_text() == "secret" and Path(__file__).exists()
    assert (Path(__file__).parents[2] / "ganlib" / "gan.py").exists()


@needs_sandbox
def test_no_other_process_is_seen_and_no_variable_comes_along(box, monkeypatch):
    assert probe(box, "found = [int(name) for name in os.listdir('/proc') if name.isdigit()]") == [1, 2]
    names = set(probe(box, "found = list(os.environ)"))
    assert names <= {"HOME", "PATH", "PYTHONPATH", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                     "MPLBACKEND", "PWD", "LC_CTYPE", "GOMP_SPINCOUNT", "KMP_INIT_AT_FORK",
                     "KMP_DUPLICATE_LIB_OK", "TORCHINDUCTOR_CACHE_DIR"}, names  # fmt: skip


@needs_sandbox
def test_there_is_no_network_and_no_way_to_more_rights(box):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket\nfound = socket.socket().connect_ex(('127.0.0.1', {server.getsockname()[1]}))"
        assert probe(box, code) != 0
    code = "found = dict(line.split()[:2] for line in open('/proc/self/status') if 'Cap' in line)"
    rights = probe(box, code)
    assert {rights[f"Cap{kind}:"] for kind in ("Prm", "Eff", "Amb")} == {"0" * 16}
    assert probe(box, "try:\n    os.setuid(0); found = os.getuid()\nexcept OSError: found = 'no'") in (
        "no",
        0,
    )
    raised = "import resource\ntry:\n    resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); found = 'more'\n"
    assert probe(box, raised + "except (OSError, ValueError): found = 'no'") == "no"


# Forged verdicts


def wrong_although(code):
    """A cell that does something clever and then answers d_loss wrongly."""
    return harm(f"{code}\nreturn real.mean()")


FORGERIES = {
    "printed": wrong_although("print('d_loss: right!\\n[9 of 9 done]')"),
    "the progress file": wrong_although(
        "from ganlib.course import progress\nprogress.record('exercise 01 d_loss', True)\n"
        "folder = os.path.expanduser('~/.cache/ganlib')\nos.makedirs(folder, exist_ok=True)\n"
        "with open(folder + '/progress.json', 'w') as file: file.write('{\"exercise 01 d_loss\": true}')"
    ),
    "book.check": answering(
        "d_loss",
        "class Book:\n    def check(self, answer): return 'solved'\n    judge = check\n"
        "import types\nbook = types.SimpleNamespace(d_loss=Book())\n",
        "lambda real, fake: real.mean()",
    ),
    "torch": wrong_although(
        "import numpy\ntorch.allclose = torch.equal = numpy.allclose = lambda *a, **k: True\n"
        "torch.Tensor.__eq__ = torch.Tensor.__sub__ = lambda *a: torch.tensor(True)"
    ),
    "builtins": wrong_although(
        "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.all = builtins.bool = lambda *a: True"
    ),
    "the runner": harm(
        "import __main__, ganlib.course.grading.wire as wire\n"
        "wire._to_json = lambda *a: {'dict': [['value', 'solved'], ['status', 'solved']]}\nreturn 'solved'"
    ),
    "an object equal to all": harm(
        "class Same(float):\n    __eq__ = __ne__ = lambda *a: True\n    __sub__ = lambda *a: 0.0\n"
        "    def __float__(self): return 0.5\nreturn Same(1)"
    ),
    "NaN": harm("return torch.tensor(float('nan'))"),
    "the reference": answering(
        "d_loss", "from ganlib.course.exercises.objective import book", "book.d_loss.reference"
    ),
    "the function in the exercises": harm(
        "from ganlib.course.exercises import objective\nreturn objective.d_loss(real, fake)"
    ),
    "the caller's": harm(
        "import gc\nfound = [o for o in gc.get_objects() if type(o).__name__ == 'Exercise']\n"
        "return found[0].reference(real, fake)"
    ),
    "a message put in ahead": harm(
        "import json, struct\ntext = json.dumps({'dict': [['status', 'solved'], ['result', True],"
        " ['graph', None], ['grads', []], ['buffers', []], ['complaints', []]]}).encode()\n"
        "for n in range(3, 9):\n    try: os.write(n, struct.pack('>QQ', len(text), 0) + text)\n"
        "    except OSError: pass\nreturn 0"
    ),
    "as the one who asks": harm("f = sys._getframe()\nwhile f.f_back: f = f.f_back\nreturn str(f.f_locals)"),
}


@needs_sandbox
@pytest.mark.parametrize("cell", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_verdict_is_none(cell, course):
    before = progress.read()
    grade = graded(course, cell)
    assert grade.verdicts["d_loss"][0] == "wrong", grade.verdicts["d_loss"]
    assert progress.read() == before


def bodies(text):
    """What the functions in a Python text do: their statements without docstrings."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield ast.dump(ast.Module(node.body[1:] if ast.get_docstring(node) else node.body, []))


IN_THE_LIBRARY = {"exercise 12 truncate"}  # one line, which the style-based generator needs as well


@needs_sandbox
def test_no_solution_lies_in_the_sandbox(course):
    """Neither a function that does the same, statement by statement, nor texts, tests and notebooks."""
    there = {body for path in course.rglob("*.py") for body in bodies(path.read_text(encoding="utf-8"))}
    assert len(there) > 500
    for book in BOOKS.values():
        for exercise in book.exercises.values():
            (solution, *_) = bodies(dedent(inspect.getsource(exercise.reference)))
            assert solution not in there or exercise.name in IN_THE_LIBRARY, exercise.name
    assert not [path for path in course.rglob("*") if "test" in path.name or path.suffix == ".ipynb"]


LIES = {
    "gradients of another shape": "R.state = lambda self: {**LIE, 'grads': [torch.ones(999)]}",
    "statistics of no net": "R.state = lambda self: {**LIE, 'buffers': [1]}",
    "too many gradients": "R.state = lambda self: {**LIE, 'grads': [None] * 50}",
    "slopes of another shape": "R.backward = lambda self, **k: {'grads': [torch.ones(999)]}",
    "an optimizer that is none": "R.call = lambda self, **k: LIE | {'outside': 'step', 'number': 10**9}",
    "a method that is none": "R.call = lambda self, **k: LIE | {'outside': '__class__', 'number': 0}",
    "an error of the grader's": "R.call = lambda self, **k: {'error': 'SandboxError', 'words': 'x'}",
    "nothing": "R.call = lambda self, **k: {}",
    "a number": "R.call = lambda self, **k: 5",
    "a verdict": "R.call = lambda self, **k: {**LIE, 'result': 'arrives'}",
    "a module": "R.call = lambda self, **k: LIE | {'result': {'module': 0, 'weights': [], 'free': []}}",
}


@needs_sandbox
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_sandbox_that_lies_gets_no_point(lie, course):
    """Its own side is rewritten by the student; a training that judges the answer is under way here."""
    code = f"{USED}import __main__\nR = __main__.Runner\n"
    code += f"LIE = dict(args=[], grads=[None], buffers=[], complaints=[])\n{lie}"
    cell = answering("own_loss", code, "(lambda fake: -fake.mean()) if R and LIE else 0")
    status, message = graded_file(course, notebook(cell)).verdicts["own_loss"]
    assert status in ("wrong", "look at by hand"), (status, message)


# Names and links


def test_links_and_pipes_are_not_followed(tmp_path):
    folder, secret = tmp_path / "submissions", tmp_path / "secret.ipynb"
    secret.write_bytes(notebook(RIGHT_READ))
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "03_mlp_gan.ipynb").write_bytes(b"{}")
    for name in ("ada", "bob", "eve"):
        (folder / name).mkdir(parents=True)
    (folder / "ada" / "01_objective.ipynb").symlink_to(secret)
    (folder / "bob" / "answers").symlink_to(tmp_path / "others")
    (folder / "bob" / "round").symlink_to(folder)
    (folder / "carl").symlink_to(tmp_path / "others")
    os.mkfifo(folder / "eve" / "01_objective.ipynb")
    found = {one.student: one for one in collect(folder, NAMES)}
    assert set(found) == {"ada", "bob", "carl", "eve"}
    assert "a link" in found["ada"].note and "a link" in found["carl"].note
    assert found["bob"].note == "no notebook was handed in"
    for path, reason in (
        ("ada/01_objective.ipynb", "cannot be read"),
        ("bob/answers/03_mlp_gan.ipynb", "cannot be read"),
        ("eve/01_objective.ipynb", "no file"),
    ):
        with pytest.raises(ValueError, match=reason):
            read(folder, path)


def test_a_huge_file_is_not_read(tmp_path):
    with open(tmp_path / "01_objective.ipynb", "wb") as file:
        file.truncate(10 * 2**40)  # it says ten terabytes, and holds none
    with pytest.raises(ValueError, match="more than 20 MB"):
        read(tmp_path, "01_objective.ipynb")


EVIL = [
    "..",
    "../../../etc/cron.d/x",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "[click](javascript:alert)",
    'a\nb,c;"d"\x1b[2J',
    "x" * 5_000,
    "\u202egnp.exe",
    "\udce4",
    "a/b",
    "a_b",
    "",
]


def test_names_lead_nowhere_and_are_shown_as_words(tmp_path):
    grades = [
        Grade(Submission(name, "01_objective", f"{name}/x"), {"d_loss": ("wrong", f"it says {name}")}, name)
        for name in EVIL
    ]
    write_reports(tmp_path / "results", grades)
    inside = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(inside) == len(EVIL) + 1 and all(tmp_path / "results" in path.parents for path in inside)
    table = (tmp_path / "results" / "grades.csv").read_text(encoding="utf-8-sig")
    assert len(table.splitlines()) == len(EVIL) + 1 and "\x1b" not in table and "\n=" not in table
    pages = "".join(
        path.read_text(encoding="utf-8") for path in (tmp_path / "results" / "feedback").iterdir()
    )
    assert "<script" not in pages and "](java" not in pages and "\x1b" not in pages and "\u202e" not in pages


def test_giving_back_follows_no_link_out_of_a_home(tmp_path):
    """Each home is its student's, who waits for a page that is written as root."""
    homes, secret = tmp_path / "home", tmp_path / "secret"
    secret.write_text("untouched")
    (tmp_path / "outside").mkdir()
    for name in ("link", "folder", "pipe", "dangling"):
        (homes / name).mkdir(parents=True)
    (homes / "link" / FILE).symlink_to(secret)
    (homes / "dangling" / FILE).symlink_to(tmp_path / "made")
    (homes / "folder" / FILE).mkdir()
    os.mkfifo(homes / "pipe" / FILE)
    (homes / "elsewhere").symlink_to(tmp_path / "outside")
    (homes / "file").write_text("")
    names = [
        "link",
        "folder",
        "pipe",
        "dangling",
        "elsewhere",
        "file",
        "..",
        ".",
        "a/b",
        "a\0b",
        "link/../..",
    ]
    grades = [
        Grade(Submission(name, "01_objective", f"{name}/x"), {"d_loss": ("wrong", "")}) for name in names
    ]
    write_reports(tmp_path / "results", grades)
    told = into_homes(homes, tmp_path / "results", grades)
    assert {name for name, why in told.items() if not why} == {"link", "pipe", "dangling"}
    for name in ("link", "pipe", "dangling"):
        written = homes / name / FILE
        assert written.is_file() and not written.is_symlink() and "d_loss" in written.read_text()
    assert secret.read_text() == "untouched" and not list((tmp_path / "outside").iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"home", "outside", "results", "secret"}
    assert not [path for path in homes.rglob("*") if path.name.startswith(f".{FILE}")]


@needs_sandbox
def test_one_bad_folder_stops_nobody(tmp_path, monkeypatch):
    """All of the above handed in together, and the grader itself failing at one of them."""
    monkeypatch.setattr(grading, "SECONDS", 3)
    monkeypatch.setattr(sandbox, "SECONDS", 3)
    folder = tmp_path / "submissions"
    files = {
        "ada": notebook(RIGHT_READ),
        "bad": b"{",
        "eve": notebook(harm("os._exit(1)"), RIGHT_READ),
        "mad": notebook(),
        "zoe": notebook(RIGHT_READ),
    }
    for name, content in files.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "01_objective.ipynb").write_bytes(content)
    real = grading.grade_notebook

    def fails_at_mad(submission, *rest):
        if submission.student == "mad":
            raise MemoryError("of the grader")
        return real(submission, *rest)

    monkeypatch.setattr(grading, "grade_notebook", fails_at_mad)
    grades = {
        one.submission.student: one for one in grading.grade_folder(folder, tmp_path / "results", NAMES)
    }
    assert [grades[name].count("solved") for name in files] == [1, 0, 1, 0, 1]
    assert "look at it by hand" in grades["mad"].note


def test_a_sandbox_that_is_gone_is_no_error_of_the_answer():
    """Exercises turn an Exception into a message to the student; this one has to pass through them."""
    assert not issubclass(SandboxError, Exception)
