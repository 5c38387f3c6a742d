"""Torch's threads are chosen by what the process may use and by what other work uses."""

import os
import subprocess
import sys

import pytest
import torch

from ganlib.course import threads


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield
    torch.set_num_threads(before)


def files(folder, texts):
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("texts", "cores"),
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_container(tmp_path, monkeypatch, texts, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(64), raising=False)
    assert threads.allowed_cores(files(tmp_path, texts)) == (cores or 64)


@pytest.mark.parametrize(
    ("allowed", "busy", "expected"),
    [(2, 0.1, "2 threads"), (2, 1.0, "1 thread, since 1.0 cores are busy with other work"),
     (2, 2.0, "1 thread, since 2.0 cores are busy with other work"), (0.5, 0.0, "1 thread")],
)  # fmt: skip
def test_the_choice(monkeypatch, allowed, busy, expected):
    torch.set_num_threads(2)
    monkeypatch.setattr(threads, "allowed_cores", lambda: allowed)
    monkeypatch.setattr(threads, "busy_cores", lambda: busy)
    assert threads.choose_threads() == expected and torch.get_num_threads() == int(expected[0])


def test_the_environment_decides_where_it_speaks(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    torch.set_num_threads(2)
    assert threads.choose_threads() == "2 threads by OMP_NUM_THREADS" and torch.get_num_threads() == 2


def test_busy_neighbors_are_seen():
    spin = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        assert threads.busy_cores() > 0.8
    finally:
        for process in spin:
            process.kill()
