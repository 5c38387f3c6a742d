"""A mirror that misbehaves in every way we could think of: the time is bounded, and words say what happened.

Nothing bad is left behind.
"""

import gzip
import hashlib
import http.server
import multiprocessing
import re
import socket
import struct
import threading
import time

import numpy as np
import pytest

from ganlib import data
from ganlib.data import download
from tests.faults import isolated

PORTAL = b"<html>Welcome to the hotel. Please log in.</html>"
SLACK = 3  # seconds for a process to start and end on a busy machine


class Mirror(http.server.BaseHTTPRequestHandler):
    """Answers as `server.how` says."""

    def do_GET(self):  # noqa: N802, the name that http.server asks for
        body = self.server.files[self.path.rsplit("/", 1)[-1]]
        self.server.asked += 1
        getattr(self, self.server.how)(body)

    def head(self, length, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def good(self, body):
        self.head(len(body))
        self.wfile.write(body)

    def slow(self, body):
        time.sleep(0.3)
        self.good(body)

    def silent(self, body):
        self.server.end.wait()

    def trickle(self, body):
        self.head(len(body))
        self.drip(body)

    def trickling_head(self, body):
        self.drip(b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n")

    def drip(self, data):
        """A byte a second."""
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.server.end.wait(1):
                return

    def busy(self, body):
        self.head(0, 503)

    def portal(self, body):
        self.head(len(PORTAL))
        self.wfile.write(PORTAL)

    def endless_redirect(self, body):
        self.send_response(302)
        self.send_header("Location", self.path)
        self.end_headers()

    def cut(self, body):
        self.head(len(body))
        self.wfile.write(body[: len(body) // 2])

    def reset(self, body):
        self.cut(body)
        self.wfile.flush()
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )  # close by a reset
        self.connection.close()

    def altered(self, body):
        self.good(body[:-1] + bytes([body[-1] ^ 1]))

    def endless(self, body):
        self.send_response(200)
        self.end_headers()
        while not self.server.end.is_set():
            self.wfile.write(bytes(1 << 20))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that went away is what these tests are about."""


def idx(array):
    """The bytes of a gzipped idx file."""
    return gzip.compress(
        bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes(), mtime=0
    )


FILES = {
    "train-images-idx3-ubyte.gz": idx(np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)),
    "train-labels-idx1-ubyte.gz": idx(np.arange(20, dtype=np.uint8) % 10),
}
PAIRS = [(name, hashlib.md5(body).hexdigest()) for name, body in FILES.items()]


@pytest.fixture
def mirror(monkeypatch):
    """start(how) -> the URL of a mirror that serves a tiny data set under the original names, in that way."""
    servers = []

    def start(how):
        if how == "refusing":
            with socket.create_server(("127.0.0.1", 0)) as closed:
                return f"http://127.0.0.1:{closed.getsockname()[1]}/"
        server = Server(("127.0.0.1", 0), Mirror)
        server.how, server.files, server.asked, server.end = how, FILES, 0, threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    start.servers = servers
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "resources", lambda name: ([], PAIRS))
    yield start
    for server in servers:
        server.end.set()
        server.shutdown()
        server.server_close()


BAD = {
    "refusing": "Connection refused",
    "silent": "not done within 2.0 s",
    "trickle": "not done within 2.0 s",
    "trickling_head": "not done within 2.0 s",
    "busy": "HTTP Error 503",
    "portal": "what came was not the file, perhaps a log-in page",
    "endless_redirect": "would lead to an infinite loop",
    "cut": "what came was not the file",
    "reset": "Connection reset",
    "altered": "what came was not the file",
    "endless": "what came was not the file|not done within 2.0 s",
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_mirror_is_told_bounded_and_leaves_nothing(mirror, tmp_path, capsys, how):
    began = time.monotonic()
    assert download.fetch("mnist", tmp_path / "cache", 2, [mirror(how)]) is None
    assert time.monotonic() - began < 2 + SLACK
    assert_told(capsys, f"The full MNIST could not be fetched: 127.0.0.1: .*({BAD[how]}).*")
    assert list((tmp_path / "cache").iterdir()) == []


def assert_told(capsys, pattern):
    said = capsys.readouterr().out
    assert re.fullmatch(pattern, said.strip(), re.DOTALL), said


@pytest.mark.parametrize("how", BAD)
def test_a_good_mirror_after_a_bad_one(mirror, tmp_path, capsys, how):
    files = download.fetch("mnist", tmp_path / "cache", 6, [mirror(how), mirror("good")])
    assert [file.read_bytes() for file in files] == list(FILES.values())
    assert {path.name for path in (tmp_path / "cache").iterdir()} == set(FILES)
    assert capsys.readouterr().out == ""


def test_the_deadline_is_for_all_mirrors_together(mirror, tmp_path, capsys):
    began = time.monotonic()
    assert (
        download.fetch(
            "mnist", tmp_path / "cache", 3, [mirror("silent"), mirror("trickle"), mirror("trickling_head")]
        )
        is None
    )
    assert time.monotonic() - began < 3 + SLACK
    assert capsys.readouterr().out.count("not done within 1.0 s") == 3


def test_the_cache_serves_without_a_mirror_and_mends_itself(mirror, tmp_path):
    url, cache = mirror("good"), tmp_path / "cache"
    files = download.fetch("mnist", cache, 60, [url])
    assert download.fetch("mnist", cache, 60, [url]) == files and mirror.servers[0].asked == 2
    files[0].write_bytes(b"damaged")
    assert (
        download.fetch("mnist", cache, 60, [url]) == files and files[0].read_bytes() == FILES[files[0].name]
    )


def test_load_takes_the_full_set_or_says_what_is_used_instead(mirror, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(download, "resources", lambda name: ([mirror("good")], PAIRS))
    assert len(data.load("mnist", full=True, cache=tmp_path / "one")) == 20 and capsys.readouterr().out == ""
    monkeypatch.setattr(download, "resources", lambda name: ([mirror("portal")], PAIRS))
    for name, count in (("mnist", 10_000), ("fashion", 5_000)):
        assert len(data.load(name, full=True, cache=tmp_path / "two")) == count
        assert_told(capsys, f".*Training goes on with the {count:,} bundled images in place of all 60,000.")
    with pytest.raises(ValueError, match="deadline: expected a positive number of seconds, but got 0"):
        data.load(full=True, deadline=0)


def test_twenty_seconds_are_the_default():
    assert data.load.__kwdefaults__["deadline"] == 20


def fetch_alone(url, folder, results):
    """In a process of its own: fetch, and send back the bytes."""
    download.resources = lambda name: ([], PAIRS)
    results.put([file.read_bytes() for file in download.fetch("mnist", folder, 60, [url])])


def test_two_processes_at_once(mirror, tmp_path):
    context = multiprocessing.get_context("spawn")
    results, url = context.Queue(), mirror("slow")
    both = [context.Process(target=fetch_alone, args=(url, tmp_path / "cache", results)) for _ in range(2)]
    for process in both:
        process.start()
    assert [results.get(timeout=60) for _ in both] == [list(FILES.values())] * 2
    for process in both:
        process.join(20)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == set(FILES)


def test_a_stop_while_fetching_leaves_nothing(mirror, tmp_path, monkeypatch):
    def stop(*_, **__):
        assert len(list((tmp_path / "cache").iterdir())) == 1, "the temporary folder"
        raise KeyboardInterrupt

    monkeypatch.setattr(download.subprocess, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        download.fetch("mnist", tmp_path / "cache", 60, [mirror("good")])
    assert list((tmp_path / "cache").iterdir()) == []


@isolated.needs_namespaces
def test_a_course_on_a_machine_with_no_network_at_all(tmp_path):
    """Not even loopback: load, ask for the full set in vain, train, judge."""
    said = isolated.run(
        """
import socket, torch
try:
    socket.create_connection(("127.0.0.1", 9), 1)
except OSError as error:
    print(error.strerror)
from ganlib import data, metrics
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer
digits = data.load("mnist", full=True, deadline=5)
gan = GAN(MLPGenerator(), MLPDiscriminator())
for snapshot in Trainer(gan, digits).until(20, every=10):
    print(snapshot.step)
print(metrics.Judge()(gan.generate(100)))
""",
        tmp_path,
    ).splitlines()
    assert (
        said[0] == "Network is unreachable"
        and said[3:5] == ["10", "20"]
        and "relative Fréchet distance" in said[5]
    ), said
    assert said[1].startswith("The full MNIST could not be fetched: ossci-datasets"), said
    assert said[2] == "Training goes on with the 10,000 bundled images in place of all 60,000.", said
