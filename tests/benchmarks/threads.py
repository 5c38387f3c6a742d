"""What a busy neighbor does to training, by how torch's threads wait: python tests/benchmarks/threads.py"""

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
SETTINGS = {
    "2 threads, as torch comes": {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "300000"},  # libgomp's default
    "2 threads, short spin (what ganlib sets)": {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "20000"},
    "2 threads, no spin": {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "0"},
    "1 thread": {"OMP_NUM_THREADS": "1"},
}


def pace(seconds=2):
    """Images a second of the MLP GAN at batch 64 in this process."""
    import torch

    from ganlib import data
    from tests.benchmarks.loops import Ours

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
            for name, setting in SETTINGS.items():
                command = [sys.executable, __file__, "--pace"]
                done = subprocess.run(
                    command, env=os.environ | setting, capture_output=True, text=True, check=True
                )
                found[name].append(float(done.stdout))
    finally:
        for process in busy:
            process.kill()
    return {name: median(values) for name, values in found.items()}


def main():
    if "--pace" in sys.argv:
        return print(pace())
    quiet, shared = in_turn(0), in_turn(3)
    rows = [["how torch's threads wait", "images/s, alone", "images/s, beside 3 busy processes"]]
    print(table(rows + [[name, f"{quiet[name]:,.0f}", f"{shared[name]:,.0f}"] for name in SETTINGS]))


if __name__ == "__main__":
    main()
