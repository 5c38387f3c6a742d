"""What busy neighbors do to training, by threads.

python tests/benchmarks/threads.py, a quarter of an hour or more.

One and two threads, and what the notebooks' set-up cell chooses when the neighbors are already there.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.speed import table

ROUNDS = 3
BUSY = "import torch; torch.set_num_threads(1); a = torch.randn(512, 512)\nwhile True: a @ a"
NEIGHBORS = (0, 1, 2, 4, 8)
SETTINGS = {"1 thread": "1", "2 threads": "2", "the set-up cell's choice": None}  # OMP_NUM_THREADS


def pace(seconds=2):
    """Images a second of the MLP GAN at batch 64 in this process."""
    import torch

    from ganlib import data
    from ganlib.course.threads import choose_threads
    from tests.benchmarks.loops import Ours

    choose_threads()

    loop = Ours(data.load("mnist"), "MLP GAN", 64, torch.device("cpu"))
    loop.run(5)
    began, before = time.perf_counter(), loop.trainer.step
    while time.perf_counter() - began < seconds:
        loop.run(5)
    return 64 * (loop.trainer.step - before) / (time.perf_counter() - began)


def in_turn(neighbors):
    """The median pace of each setting, in processes that take turns beside so many busy ones."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(neighbors)]
    found = {name: [] for name in SETTINGS}
    try:
        for _ in range(ROUNDS):
            for name, threads in SETTINGS.items():
                environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
                environment |= {"OMP_NUM_THREADS": threads} if threads else {}
                command = [sys.executable, __file__, "--pace"]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                found[name].append(float(done.stdout))
    finally:
        for process in busy:
            process.kill()
    return {name: median(values) for name, values in found.items()}


def main():
    if "--pace" in sys.argv:
        return print(pace())
    rows = [["busy processes", *SETTINGS, "the choice, in parts of the better"]]
    for neighbors in NEIGHBORS:
        one, two, chosen = in_turn(neighbors).values()
        rows.append(
            [neighbors, *(f"{pace:,.0f}" for pace in (one, two, chosen)), f"{chosen / max(one, two):.2f}"]
        )
        print(rows[-1], file=sys.stderr, flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
