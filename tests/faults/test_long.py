"""A long training with a live view, in a real kernel: memory stays flat, no files and no figures pile up.

The tests run for a minute; `python -m tests.faults.test_long 30` runs for thirty and prints what it saw.
"""

import gc
import json
import os
import statistics
import sys
import tempfile
import time
import weakref
from pathlib import Path

import matplotlib.pyplot as plt
import psutil
import torch

from ganlib import data
from ganlib.course import setup
from ganlib.course.widgets import LiveView
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer
from tests.faults.test_kernel import Kernel


def train_and_watch(seconds):
    """In a kernel: train with a live view, some 10,000 snapshots, and look at this process once a second.

    What was seen is printed as JSON.
    """
    setup.ready()
    process, begin, megabytes, files, whole = psutil.Process(), time.monotonic(), [], [], []
    trainer = Trainer(GAN(MLPGenerator(), MLPDiscriminator()), data.load("mnist"), 16)
    live, due = LiveView(trainer), 0
    for snapshot in trainer.until(1_000_000_000, every=max(1, round(seconds / 90))):
        live.update(snapshot)
        if time.monotonic() > due:
            due = time.monotonic() + 1
            megabytes.append(process.memory_info().rss / 1e6)
            if len(whole) < (time.monotonic() - begin) / seconds * 10 - 1:  # after each tenth
                whole.append(collected(process))
            files.append(process.num_fds() if hasattr(process, "num_fds") else process.num_handles())
        if time.monotonic() > begin + seconds:
            break
    whole.append(collected(process))
    figures = sum(type(thing).__name__ == "Figure" for thing in gc.get_objects())
    facts = {
        "megabytes": megabytes,
        "whole": whole,
        "files": files,
        "figures": figures,
        "open": len(plt.get_fignums()),
    }
    print(json.dumps(facts | {"snapshots": len(trainer.history)}))


def collected(process):
    """Resident megabytes without what only waits for Python's collector, such as figures that were drawn."""
    gc.collect()
    return process.memory_info().rss / 1e6


def soak(seconds):
    """Watch a kernel for so many seconds -> its report, with the growth of memory from middle to end."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(folder)
        try:
            kernel.run_well("import torch; torch.set_num_threads(1)")
            text = kernel.run_well(
                f"from tests.faults.test_long import train_and_watch; train_and_watch({seconds})"
            )
        finally:
            kernel.end()
    report = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
    warm, last = statistics.median(report["whole"][3:6]), statistics.median(report["whole"][7:])
    return report | {"growth": last / warm - 1, "warm": warm, "last": last, "peak": max(report["megabytes"])}


def test_a_minute_of_training_with_a_live_view():
    report = soak(60)
    assert report["snapshots"] > 1000
    assert len(report["whole"]) == 10 and report["growth"] < 0.01, report
    assert report["peak"] < 1.25 * report["warm"], report
    assert max(report["files"][-10:]) <= report["files"][3] + 1, report["files"]
    assert report["open"] == 0 and report["figures"] <= 2, report


def test_trainers_that_are_built_anew_leave_nothing():
    """A student runs the building cell fifty times: each older GAN goes at once, without the collector."""
    gone = []
    torch.optim.Adam([torch.zeros(1)])  # the first optimizer imports modules that keep its caller's frame
    gc.disable()
    try:
        for _ in range(50):
            trainer = Trainer(GAN(MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,))), toys.ring())
            list(trainer.until(2))
            gone.append(weakref.ref(trainer.model))
        del trainer
        assert not any(reference() for reference in gone)
    finally:
        gc.enable()


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent.parent)
    found = soak(60 * float(sys.argv[1]))
    print(
        f"{found['snapshots']:,} snapshots; {found['warm']:.1f} MB after warm-up, "
        f"{found['last']:.1f} MB at the end, "
        f"{found['peak']:.1f} MB at most ({found['growth']:+.2%}); open files {found['files'][3]} and "
        f"{found['files'][-1]}; "
        f"figures kept {found['figures']}, open {found['open']}; "
        f"MB at each tenth: {', '.join(f'{value:.0f}' for value in found['whole'])}"
    )
