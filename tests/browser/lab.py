"""JupyterLab on loopback and a page of it in Chromium, as a student has them, with settings of their own."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium():
    """Debian's Chromium under Playwright; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH; on Debian or Ubuntu: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


OUTSIDE = {"127.0.0.1", "localhost", "", None}
SETTINGS = {
    # All cells in the page at once, so that the tests can look at each; Lab draws only what is near the
    # window otherwise.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}


class Server:
    """A JupyterLab that serves a copy of the course from `folder`; each kernel gets one thread.

    Two kernels run at a time.
    """

    def __init__(self, folder):
        self.course = folder / "course"
        (self.course / "notebooks").mkdir(parents=True)
        for part in ("ganlib", "assets"):
            (self.course / part).symlink_to(ROOT / part)
        names = (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "GANLIB_HOME",
            "IPYTHONDIR",
        )
        own = {name: str(folder / name.lower()) for name in names}
        for name, values in SETTINGS.items():
            path = Path(own["JUPYTERLAB_SETTINGS_DIR"], name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        self.log = folder / "server.log"
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--port=0",
            "--ip=127.0.0.1",
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, str(self.course)],
                stdout=log,
                stderr=log,
                env=os.environ | own | {"OMP_NUM_THREADS": "1"},
            )
        wait_for(
            lambda: list(Path(own["JUPYTER_RUNTIME_DIR"]).glob("jpserver-*.json")), 60, "a server", self.log
        )
        facts = json.loads(next(Path(own["JUPYTER_RUNTIME_DIR"]).glob("jpserver-*.json")).read_text())
        self.url, self.token = facts["url"], facts["token"]
        wait_for(lambda: self.answers(), 60, "an answer of the server", self.log)

    def answers(self):
        try:
            return self.sessions() is not None
        except OSError:
            return False

    def sessions(self):
        """name of the notebook -> its kernel, as the server sees it."""
        with urllib.request.urlopen(f"{self.url}api/sessions?token={self.token}", timeout=30) as reply:
            return {session["name"]: session["kernel"] for session in json.load(reply)}

    def stop(self, name):
        """Shut down a notebook's kernel."""
        address = f"{self.url}api/kernels/{self.sessions()[name]['id']}?token={self.token}"
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=30).close()

    def copy(self, path):
        """A notebook as it is stored."""
        shutil.copyfile(path, self.course / "notebooks" / path.name)
        return path.name

    def write(self, name, *cells):
        """A notebook of code cells."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.course / "notebooks" / name)
        return name

    def close(self):
        self.process.terminate()
        self.process.wait(30)


class Notebook:
    """A notebook in a page of its own.

    `outside`: addresses off loopback that the page asked for; they are refused.
    """

    def __init__(self, browser, server, name, kernel=True):
        self.server, self.name, self.outside = server, name, []
        self.page = browser.new_page(viewport={"width": 1280, "height": 720})
        self.page.route(lambda url: urlsplit(url).hostname not in OUTSIDE, self.refuse)
        self.page.goto(f"{server.url}lab/tree/notebooks/{name}?token={server.token}&reset", timeout=120_000)
        if kernel:  # the tool bar says "idle" before there is one
            wait_for(self.ready, 120, f"a kernel for {name}", server.log)
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)

    def refuse(self, route):
        self.outside.append(route.request.url)
        route.abort()

    def ready(self):
        kernel = self.server.sessions().get(self.name)
        self.page.wait_for_timeout(100)
        return kernel and kernel["execution_state"] == "idle" and kernel["connections"]

    def menu(self, *entries):
        """Choose from the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=entries[0]).first.click()
        for entry in entries[1:]:
            self.page.locator(".lm-Menu-item:visible", has_text=entry).first.click()

    def start(self):
        """Run all cells, without waiting."""
        self.menu("Run", "Run All Cells")
        self.page.wait_for_function(
            "document.querySelector('.jp-InputArea-prompt')?.textContent !== '[ ]:'", timeout=60_000
        )
        return self

    def prompts(self):
        """What stands before each code cell: [ ] not run, [*] running or waiting, [7] done."""
        return self.page.locator(".jp-CodeCell .jp-InputArea-prompt").all_inner_texts()

    def finish(self, seconds):
        """Wait until no cell is running or waiting."""
        wait_for(
            lambda: not any("*" in prompt for prompt in self.prompts()) and self.ready(),
            seconds,
            f"the end of {self.name}",
        )
        return self

    def errors(self):
        """What the page shows of tracebacks and of text on stderr."""
        kinds = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
        return self.page.locator(kinds).all_inner_texts()

    def explorers(self):
        """The boxes of widgets that hold a live picture."""
        return self.page.locator(".widget-vbox", has=self.page.locator(":scope > img.widget-image")).all()

    def close(self):
        """Leave the page, end the kernel."""
        self.page.close()
        if self.name in self.server.sessions():
            self.server.stop(self.name)

    def shot(self, path):
        """A screenshot of the window."""
        path.parent.mkdir(exist_ok=True)
        self.page.screenshot(path=path)


def wait_for(happened, seconds, what, log=None):
    """Poll until `happened()` is true; the last of it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = happened()
        if result:
            return result
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {seconds} s. " + (log.read_text()[-2000:] if log else ""))
