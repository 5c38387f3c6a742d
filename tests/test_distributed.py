"""One training on two processes: the same weights, the numbers of one, and an end that loses nothing."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from ganlib import data, train
from ganlib.engine import distributed
from ganlib.engine.checkpoint import load_tensors
from ganlib.sample import samples
from tests.support.two_processes import arranged_training

ROOT = Path(__file__).parent.parent
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]


def together(*words, **options):
    """A module of ours on two processes, as torchrun starts it."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*TORCHRUN, *map(str, words)], cwd=ROOT, **pipes, **options)


def digits_run(out, steps):
    """Options of a short run of ganlib.train."""
    options = {"data": "mnist", "size": 28, "channels": 1, "batch": 8, "width": 8, "device": "cpu"}
    options |= {"out": out, "steps": steps}
    return [part for name, value in options.items() for part in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two processes had at its end, and what they printed."""
    out = tmp_path_factory.mktemp("two")
    job = together("tests.support.two_processes", out)
    said, errors = job.communicate(timeout=200)
    assert job.returncode == 0, errors
    return [torch.load(out / f"{rank}.pt") for rank in (0, 1)], said


@pytest.mark.parametrize("training", ("points", "pictures"))
def test_after_100_steps_all_processes_have_the_same_weights(two, training):
    (one, other), _ = two
    buffers = ("running_mean", "running_var")  # of batch norm: each process's own batches
    for name, value in one[training].items():
        same = torch.equal(value, other[training][name])
        assert same or name.endswith(buffers), name


def test_all_processes_report_the_same_and_draw_their_own(two):
    (one, other), _ = two
    assert one["terms"] == other["terms"] and one["seconds"] == other["seconds"]
    assert not torch.equal(one["stream"], other["stream"]), "each draws batches and z of its own"


def test_two_processes_with_batch_64_equal_one_with_batch_128(two):
    (one, other), _ = two
    alone = arranged_training().state_dict()
    for found in (one["arranged"], other["arranged"]):
        assert found.keys() == alone.keys()
        for name, value in alone.items():
            torch.testing.assert_close(found[name], value, rtol=1e-7, atol=1e-9, msg=name)


def test_only_the_first_process_prints(two):
    assert re.findall(r"only the first process prints: (\d)", two[1]) == ["0"]


def test_processes_share_out_the_pictures(monkeypatch):
    config, whole = {"data": "mnist", "size": 28, "channels": 1}, data.load("mnist")
    shares = []
    for rank in range(3):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        monkeypatch.setattr(distributed, "world_size", lambda: 3)
        shares.append(train._load(config, "cpu"))
    assert [len(share) for share in shares] == [3334, 3333, 3333]
    for images, part in ((whole.images, "images"), (whole.labels, "labels")):
        for rank, share in enumerate(shares):
            assert torch.equal(getattr(share, part), images[rank::3])


def test_seeds_differ_by_process_and_step(monkeypatch):
    seeds = {distributed.own_seed(3, step) for step in (0, 100)}
    assert seeds == {3}, "the first process draws what a single one would"
    for rank in (1, 2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        seeds |= {distributed.own_seed(seed, step) for seed in (3, 4) for step in (0, 100)}
    assert len(seeds) == 9 and all(0 <= seed < 2**63 for seed in seeds)


def test_a_run_goes_on_with_another_number_of_processes(tmp_path):
    job = together("ganlib.train", *digits_run(tmp_path / "a", 4))
    said, errors = job.communicate(timeout=200)
    assert job.returncode == 0 and said.count("4 of 4 steps") == 1, errors
    train.main(digits_run(tmp_path / "a", 6))
    job = together("ganlib.train", *digits_run(tmp_path / "a", 8))
    said, errors = job.communicate(timeout=200)
    assert job.returncode == 0 and "8 of 8 steps" in said, errors
    tensors, facts = load_tensors(tmp_path / "a" / "state.safetensors")
    assert facts["step"] == 8 and [row["step"] for row in facts["history"]] == [4, 6, 8]
    assert tensors["ema.steps"] == 8 and samples(tmp_path / "a", 2).shape == (2, 1, 28, 28)


def worker(job, rank):
    """The process of a rank among torchrun's children."""
    for child in psutil.Process(job.pid).children(recursive=True):
        if child.environ().get("RANK") == str(rank) and "ganlib.train" in child.cmdline():
            return child


def start_endless(out):
    """A run that would last for days, some steps after it has gone on from a checkpoint."""
    train.main(digits_run(out, 3))
    lines = (out / "losses.jsonl").read_text().count("\n")
    job = together("ganlib.train", *digits_run(out, 10**6))
    while (out / "losses.jsonl").read_text().count("\n") == lines:
        assert job.poll() is None, job.communicate()[1]
        time.sleep(0.2)
    return job


@pytest.mark.parametrize("killed", (0, 1))
def test_a_killed_process_ends_the_job_and_the_last_checkpoint_loads(tmp_path, killed):
    job = start_endless(tmp_path / "a")
    worker(job, killed).kill()
    _, errors = job.communicate(timeout=100)
    assert job.returncode != 0 and "Traceback" not in errors.split("ganlib.train: ")[0]
    assert f"ganlib.train: process {1 - killed} of 2 has lost the others" in errors
    assert "start the same command again to go on from it" in errors
    train.main(digits_run(tmp_path / "a", 5))
    assert load_tensors(tmp_path / "a" / "state.safetensors")[1]["step"] == 5


def test_control_c_stops_all_processes_at_the_same_step_and_saves(tmp_path):
    job = start_endless(tmp_path / "a")
    os.kill(job.pid, signal.SIGINT)
    said, errors = job.communicate(timeout=100)
    assert "Stopped at step" in said and "The same command goes on" in said, errors
    step = load_tensors(tmp_path / "a" / "state.safetensors")[1]["step"]
    assert step >= 100 and (tmp_path / "a" / f"samples-{step:06}.png").is_file()
