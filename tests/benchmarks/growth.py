"""How cost grows: seconds to good digits against width, batch and data, and games trained side by side.

python tests/benchmarks/growth.py, ten minutes on one thread. The recipe is notebook 03's long run:
black is 0, spectral norm, D as fast as G. Each row changes one thing; seed 0.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ganlib import data  # before torch: it says how torch's threads wait

# isort: split
import torch

from ganlib import metrics, nets
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.trainer import Trainer
from ganlib.variants.ensemble import SeedEnsemble
from tests.benchmarks.speed import table

GOAL, LONGEST = 5.0, 150  # relative Fréchet distance, percent; seconds of training
# what changes -> width of the nets (1 is notebook 03's), batch, images in the set
CASES = {
    "notebook 03's recipe": (1, 128, 10_000),
    "half as wide": (0.5, 128, 10_000),
    "twice as wide": (2, 128, 10_000),
    "batch 64": (1, 64, 10_000),
    "batch 256": (1, 256, 10_000),
    "3,000 images": (1, 128, 3_000),
    "1,000 images": (1, 128, 1_000),
}


def trainer_of(width, batch, n, digits):
    """Notebook 03's recipe with nets so many times as wide, on n digits, the same number of each."""
    narrow, wide = int(256 * width), int(512 * width)
    torch.manual_seed(0)
    G = nets.MLPGenerator(z_dim=64, widths=(narrow, wide))
    D = nets.with_spectral_norm(nets.MLPDiscriminator(widths=(wide, narrow), shift=1.0))
    keep = torch.cat([torch.where(digits.labels == label)[0][: n // 10] for label in range(10)])
    part = data.ImageSet(digits.images[keep], digits.labels[keep], digits.class_names)
    return Trainer(GAN(G, D, lr=2e-3, d_lr=2e-3, betas=(0.0, 0.99)), part, batch)


def seconds_to_goal(trainer, judge):
    """Images a second, seconds until GOAL or None, the best distance, the seconds watched."""
    best = float("inf")
    for snapshot in trainer.until(10**6, every=250):
        best = min(best, judge.relative_fd(trainer.model.generate(10_000)))
        if best <= GOAL or snapshot.seconds > LONGEST:
            return snapshot.images_per_second, snapshot.seconds if best <= GOAL else None, best
    raise AssertionError("a million steps end before the seconds do")


def side_by_side(seeds, steps=200):
    """Milliseconds a step for so many games of notebook 04's ring trained as one."""
    trainer = Trainer(SeedEnsemble(range(seeds)), toys.ring(), 64 * seeds)
    warm, done = (snapshot.seconds for snapshot in trainer.until(2 * steps, every=steps))
    return 1_000 * (done - warm) / steps


def main():
    digits, judge = data.load("mnist"), metrics.Judge("mnist", "cpu")
    rows = [["what changes", "images/s", f"seconds to {GOAL:.0f} %", "best rFD in percent, by then"]]
    for name, case in CASES.items():
        pace, seconds, best = seconds_to_goal(trainer_of(*case, digits), judge)
        rows.append([name, f"{pace:,.0f}", "–" if seconds is None else f"{seconds:.0f}", f"{best:.1f}"])
        print(rows[-1], file=sys.stderr, flush=True)
    print(table(rows))
    rows = [["games side by side", "ms a step", "times the cost of one"]]
    one = side_by_side(1)
    for seeds in (1, 2, 5, 10, 20, 50):
        cost = side_by_side(seeds)
        rows.append([seeds, f"{cost:.1f}", f"{cost / one:.1f}"])
    print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
