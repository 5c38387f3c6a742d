"""Images a second of one training on one and on two processes.

torchrun's processes train DCGAN's nets of ganlib.train, one thread each, batch 64 each:
python tests/benchmarks/processes.py

One and two take turns. Give it two free cores. On a single one (taskset -c 0 python ...) two processes share
its time, and the ratio tells what their messages cost.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
STEPS, ROUNDS = 150, 3


def work() -> None:
    """What each process does: train, and the first one prints images a second of all."""
    from ganlib import data
    from ganlib.engine import distributed
    from ganlib.train import build
    from ganlib.trainer import Trainer

    config = {"size": 28, "channels": 1, "width": 32, "lr": 1e-3, "r1": 0.5, "seed": 0}
    with distributed.session():
        trainer = Trainer(build(config), data.load("mnist"), 64)
        for _ in trainer.until(20):
            pass
        warm = trainer.seconds
        for _ in trainer.until(20 + STEPS):
            pass
        print(f"pace {STEPS * 64 * distributed.world_size() / (trainer.seconds - warm):.1f}")


def pace(processes: int) -> float:
    words = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", __file__, "work"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=True, env=environment
    )
    return float(done.stdout.split("pace ")[1].split()[0])


def main() -> None:
    rows = [(pace(1), pace(2)) for _ in range(ROUNDS)]
    for one, two in rows:
        print(f"one process {one:,.0f} images/s, two {two:,.0f}: {two / one:.2f} times as many")
    print(f"median {median(two / one for one, two in rows):.2f} on {len(os.sched_getaffinity(0))} cores")


if __name__ == "__main__":
    work() if sys.argv[1:] == ["work"] else main()
