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


UNIT = "0::/system.slice/ada.service/kernel\n"
OLD = "5:memory:/other\n4:cpu,cpuacct:/docker/ab12\n0::/\n"


def v1(folder, quota):
    return {f"{folder}/cpu.cfs_quota_us": f"{quota}\n", f"{folder}/cpu.cfs_period_us": "100000\n"}


@pytest.mark.parametrize(
    ("membership", "texts", "cores"),
    [
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 0.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 64),
        (None, {"cpu.max": "50000 100000\n"}, 0.5),
        (None, {}, 64),
        (OLD, v1("cpu", 150000), 1.5),
        (OLD, v1("cpu", -1), 64),
        (OLD, v1("cpu", -1) | v1("cpu/docker/ab12", 300000), 3),
        (OLD, v1("cpu", -1) | v1("cpu/other", 300000), 64),
        (UNIT, {"system.slice/ada.service/cpu.max": "200000 100000\n"}, 2),
        (UNIT, {"system.slice/cpu.max": "400000 100000\n",
                "system.slice/ada.service/cpu.max": "max 100000\n",
                "system.slice/ada.service/kernel/cpu.max": "800000 100000\n"}, 4),
        (UNIT, {"system.slice/bob.service/cpu.max": "200000 100000\n"}, 64),
        ("0::/../../outside\n", {"cpu.max": "max 100000\n"}, 64),
    ],
)  # fmt: skip
def test_the_tightest_quota_around_this_process_counts(tmp_path, monkeypatch, membership, texts, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(64), raising=False)
    if membership:
        (tmp_path / "membership").write_text(membership)
    found = threads.allowed_cores(files(tmp_path / "cgroup", texts), tmp_path / "membership")
    assert found == cores


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
