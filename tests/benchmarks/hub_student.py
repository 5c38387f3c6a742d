"""One student of tests/benchmarks/hub.py: logs in to a hub, fetches the course, runs a notebook's cells.

What a browser does, without one: the login form, OAuth, nbgitpuller's stream of events, the server's REST
interface, and the kernel's messages over a websocket.
"""

import json
import re
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
import websocket

__all__ = ["Student"]

PICTURE = re.compile(r"data:image|<svg|<canvas|<img")


@dataclass
class Student:
    """`visit` fills in `seconds` (to the end of each stage, from the login on) or `failure`."""

    hub: str
    name: str
    notebook: str
    limit: float
    seconds: dict[str, float] = field(default_factory=dict)
    failure: str = ""

    def visit(self) -> None:
        """From the login to the last cell; whatever goes wrong is the student's `failure`."""
        self.began, self.web, stage = time.monotonic(), requests.Session(), "log in"
        try:
            for stage, act in (("server", self.log_in), ("course", self.pull), ("kernel", self.start_kernel),
                               ("cells", self.run_cells), ("saved", self.save)):  # fmt: skip
                act()
                self.seconds[stage] = self.passed()
        except Exception as error:  # a hub that breaks may break in any way; the run goes on to see how many
            self.failure = f"{stage}, after {self.passed():.0f} s: {type(error).__name__}: {error}"[:300]

    def passed(self) -> float:
        return round(time.monotonic() - self.began, 2)

    def left(self) -> float:
        """Seconds that this student still waits."""
        left = self.limit - self.passed()
        if left <= 0:
            raise TimeoutError(f"gave up after {self.limit} s")
        return left

    def ask(self, method: str, url: str, **more) -> requests.Response:
        """A request with the token that a page's own scripts would send."""
        path = urlsplit(url).path
        tokens = {c.path: c.value for c in self.web.cookies if c.name == "_xsrf" and path.startswith(c.path)}
        headers = {"X-XSRFToken": tokens[max(tokens, key=len)]} if tokens else {}
        answer = self.web.request(method, url, headers=headers, timeout=self.left(), **more)
        answer.raise_for_status()
        return answer

    def log_in(self) -> None:
        """The form; then the page that waits for the server, until it leads to nbgitpuller."""
        self.ask("GET", f"{self.hub}/hub/login")
        form = {"username": self.name, "password": "any", "_xsrf": self.web.cookies.get("_xsrf")}
        page = self.ask("POST", f"{self.hub}/hub/login", data=form)
        while "/git-pull" not in page.url:
            time.sleep(1)
            page = self.ask("GET", f"{self.hub}/hub/spawn-pending/{self.name}")
        self.server, query = page.url.split("/git-pull?")
        self.query = query

    def pull(self) -> None:
        """What the page of nbgitpuller does: read the events until the last."""
        events = self.ask("GET", f"{self.server}/git-pull/api?{self.query}", stream=True)
        for line in events.iter_lines():
            event = json.loads(line.removeprefix(b"data: ")) if line else {}
            if event.get("phase") == "error":
                raise RuntimeError(event["message"])
            if event.get("phase") == "finished":
                return
        raise RuntimeError("the stream of nbgitpuller ended early")

    def start_kernel(self) -> None:
        """Open the notebook and a kernel for it."""
        self.path = f"gan-course/notebooks/{self.notebook}"
        self.book = self.ask("GET", f"{self.server}/api/contents/{self.path}").json()["content"]
        wanted = {"path": self.path, "name": self.notebook, "type": "notebook", "kernel": {"name": "python3"}}
        kernel = self.ask("POST", f"{self.server}/api/sessions", json=wanted).json()["kernel"]["id"]
        address = f"{self.server}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        cookie = requests.Request("GET", f"{self.server}/api/kernels")
        self.channel = websocket.create_connection(
            f"{address}?session_id={uuid.uuid4().hex}",
            cookie=self.web.prepare_request(cookie).headers["Cookie"],
            timeout=self.left(),
        )

    def run_cells(self) -> None:
        """All code cells, in order, each after the one before."""
        for number, cell in enumerate(self.book["cells"]):
            if cell["cell_type"] == "code":
                self.execute("".join(cell["source"]), number)
        self.channel.close()

    def execute(self, code: str, number: int) -> None:
        """One cell; raises what the cell raises."""
        name = uuid.uuid4().hex
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                   "allow_stdin": False, "stop_on_error": True}  # fmt: skip
        header = {"msg_id": name, "msg_type": "execute_request", "username": self.name, "version": "5.3",
                  "session": "load", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        self.channel.send(json.dumps({"header": header, "parent_header": {}, "metadata": {},
                                      "content": content, "channel": "shell", "buffers": []}))  # fmt: skip
        idle = replied = False
        while not (idle and replied):
            self.channel.settimeout(self.left())
            frame = self.channel.recv()
            if isinstance(frame, bytes):  # a widget's picture: JSON after a table of offsets
                self.seconds.setdefault("picture", self.passed())
                continue
            message = json.loads(frame)
            if message["parent_header"].get("msg_id") != name:
                continue
            kind, said = message["header"]["msg_type"], message["content"]
            if kind == "error":
                raise RuntimeError(f"cell {number}: {said['ename']}: {said['evalue']}")
            if kind in ("display_data", "update_display_data") and is_picture(said["data"]):
                self.seconds.setdefault("picture", self.passed())
            idle |= kind == "status" and said["execution_state"] == "idle"
            replied |= kind == "execute_reply"

    def save(self) -> None:
        """As JupyterLab saves, without the new outputs, which a load test need not keep."""
        model = {"type": "notebook", "format": "json", "content": self.book}
        self.ask("PUT", f"{self.server}/api/contents/{self.path}", json=model)


def is_picture(data: dict) -> bool:
    """Whether a cell's output shows something."""
    return any(kind.startswith("image/") for kind in data) or bool(
        PICTURE.search("".join(data.get("text/html", "")))
    )
