"""On Colab: the badge, the set-up cell in an empty folder, and the widgets under its older ipywidgets.

They are version 7.7, with IPython 7.34.
"""

import http.server
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest

from tests.support.pages import NOTEBOOKS

ROOT = NOTEBOOKS.parent
PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
OFFLINE = re.compile(r"NewConnectionError|ConnectTimeout|NameResolutionError|Max retries|ProxyError")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_badge_opens_this_notebook(path):
    header = nbformat.read(path, 4).cells[0].source
    badge = re.search(
        r"\[!\[Open in "
        r"Colab\]\((.+?)\)\]\(https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/(.+?)\)",
        header,
    )
    assert badge and (NOTEBOOKS / badge.group(1)).is_file(), (
        "the picture lies beside the notebook: no page asks for it outside"
    )
    assert badge.group(2) == f"blob/main/notebooks/{path.name}"


def set_up(folder, led_to, *, below=""):
    """Run the set-up cell in a folder, as on Colab, with the repository's address led elsewhere."""
    cell = next(cell.source for cell in nbformat.read(PATHS[0], 4).cells if cell.cell_type == "code")
    address = re.search(r'REPOSITORY = "(.+)"', cell).group(1)
    git = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{led_to}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    assert "pip" not in cell, "nothing of Colab's own is replaced"
    return subprocess.run(
        [sys.executable, "-c", cell + below],
        cwd=folder,
        env=clean | git,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_set_up_cell_fetches_the_course_once_and_replaces_nothing(tmp_path):
    """In an empty folder; once more, as after a restart; and without a network once it is there."""
    for where in (ROOT.as_uri(), ROOT.as_uri(), "http://127.0.0.1:9/none"):
        done = set_up(tmp_path, where, below="\nimport ganlib; print(ganlib.__file__)")
        assert done.returncode == 0, done.stderr[-2000:]
        ready, found = done.stdout.strip().splitlines()[-2:]
        assert re.match(r"Ready on (cpu|cuda) \(.+\) with torch", ready), "the device is said in one line"
        assert Path(found).is_relative_to(tmp_path / "gan-course")


class Stranger(http.server.BaseHTTPRequestHandler):
    """GitHub's answer where there is no such repository: it asks who wants to know."""

    def do_GET(self):
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def wrong_address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/none"
        server.shutdown()


def test_a_course_that_cannot_be_fetched_is_one_sentence(tmp_path, wrong_address):
    """No network, a wrong address, a folder of that name which is not the course."""
    (tmp_path / "taken" / "gan-course" / "other").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    cases = [("empty", "http://127.0.0.1:9/none"), ("empty", wrong_address), ("taken", ROOT.as_uri())]
    for folder, where in cases:
        done = set_up(tmp_path / folder, where)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "upload the folder gan-course, then run this cell again" in done.stderr.splitlines()[-1]
        assert "could not read Username" not in done.stderr, "git would have asked at the terminal"
    assert not list((tmp_path / "empty").iterdir())


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """The environment of a Python whose widgets are Colab's; torch and all the rest are this machine's."""
    folder = tmp_path_factory.mktemp("colab")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(folder),
            "--retries",
            "1",
            "-r",
            str(ROOT / "tests" / "course" / "colab.txt"),
        ],
        env=clean,
        capture_output=True,
        text=True,
    )
    if OFFLINE.search(done.stdout + done.stderr):
        pytest.skip("pip reaches no package index, so Colab's ipywidgets cannot be installed")
    assert done.returncode == 0, done.stderr[-2000:]
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])}


def test_the_widgets_pass_their_tests_under_colabs_versions(colab):
    code = "import ipywidgets, IPython; print(ipywidgets.__version__, IPython.__version__)"
    versions = subprocess.run([sys.executable, "-c", code], env=colab, capture_output=True, text=True)
    assert versions.stdout.split() == ["7.7.1", "7.34.0"], versions.stderr[-2000:]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/course/test_widgets.py"],
        cwd=ROOT,
        env=colab,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and re.search(r"\d+ passed", done.stdout) and "skipped" not in done.stdout, (
        done.stdout[-3000:]
    )
