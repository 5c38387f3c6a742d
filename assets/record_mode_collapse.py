"""Record trainings of notebook 04 that take too long to watch.

python assets/record_mode_collapse.py NAME [NAME ...] writes assets/results/NAME.safetensors: for ten moments
a few samples of each seed, and how many modes 2,500 of them cover.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import torch

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from ganlib import losses  # noqa: E402
from ganlib.course.modes import Recording  # noqa: E402
from ganlib.data import toys  # noqa: E402
from ganlib.penalties import gradient_penalty, r1_penalty, r2_penalty  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import SeedEnsemble  # noqa: E402

MOMENTS = 10


class RelativisticEnsemble(SeedEnsemble):
    """Seeds side by side whose G compares its samples with real ones, too."""

    def g_objective(self, real, fake, y=None):
        return {"g_loss": self.seeds * self.loss.g_loss(*self.logits(real, fake))}


def r1_and_r2(critic, real, fake, weight):
    """The same damping on real and on generated samples."""
    return r1_penalty(critic, real, fake, weight) + r2_penalty(critic, real, fake, weight)


def run(label, steps, *, data=None, seeds=range(5), batch=128, kind=SeedEnsemble, decay=False, **rules):
    """Train -> a Recording of ten moments, with the seconds of one thread.

    decay: the rates fall to zero in the second half.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data, gan, record = data or toys.ring(), kind(seeds, **rules), Recording(label)
    trainer = Trainer(gan, data, batch_size=len(seeds) * batch, seed=seeds[0])
    groups = gan.g_optimizer.param_groups + gan.d_optimizer.param_groups
    rates = [group["lr"] for group in groups]
    began = time.process_time()  # of this process alone, whatever else the machine does
    for snapshot in trainer.until(steps, every=steps // 100):
        if decay:
            for group, rate in zip(groups, rates):
                group["lr"] = rate * min(1.0, 2 * (1 - snapshot.step / steps))
        if snapshot.step % (steps // MOMENTS) == 0:
            record.add(snapshot, gan, data)
            record.seconds[-1] = round(time.process_time() - began, 1)
            print(record.words(), record.covered[-1], flush=True)
    return record


SLOW_D = dict(hidden=(128, 128), z_dim=256, lr=1e-3, d_lr=1e-4, betas=(0.5, 0.999), ema_decay=0.99)
PATIENT = dict(lr=1e-3, d_lr=3e-3, betas=(0.5, 0.999), ema_decay=0.99)
CURES = PATIENT | dict(steps=1_000)
WGAN_GP = dict(loss=losses.wasserstein, penalty=partial(gradient_penalty, weight=1.0))
R3 = dict(kind=RelativisticEnsemble, loss=losses.relativistic, penalty=partial(r1_and_r2, weight=0.1))
CALM = dict(hidden=(128, 128, 128), lr=1e-3, d_lr=1e-3, betas=(0.0, 0.9), ema_decay=0.99, decay=True)
LONG_GRID = dict(steps=6_000, data=toys.grid(), hidden=(128, 128, 128), ema_decay=0.99, lr=2e-3, d_lr=4e-3)

RUNS = {
    "unrolled-0": dict(label="k = 0", steps=2_000, loss=losses.minimax, **SLOW_D),
    "unrolled-0-long": dict(label="k = 0, 12,000 steps", steps=12_000, loss=losses.minimax, **SLOW_D),
    "unrolled-1": dict(label="k = 1", steps=2_000, unroll=1, **SLOW_D),
    "unrolled-3": dict(label="k = 3", steps=2_000, unroll=3, **SLOW_D),
    "unrolled-5": dict(label="k = 5", steps=2_000, unroll=5, **SLOW_D),
    "grid-vanilla": dict(label="vanilla", betas=(0.5, 0.999), **LONG_GRID),
    "grid-wgan-gp": dict(
        label="WGAN-GP, no momentum, rates decayed", betas=(0.0, 0.9), decay=True, loss=losses.wasserstein,
        penalty=partial(gradient_penalty, weight=0.1), **LONG_GRID),
}  # fmt: skip
for m in (1, 2, 3, 4):
    packs = dict(label=f"packs of {m}", pack=m, batch=128 * m)
    RUNS[f"pac-ring-{m}"] = packs | PATIENT | dict(steps=2_000)
    RUNS[f"pac-grid-{m}"] = packs | CALM | dict(steps=3_000, data=toys.grid())
for first in (10, 20):
    seeds = range(first, first + 10)
    RUNS |= {
        f"cures-{first}-vanilla": dict(label="vanilla", seeds=seeds, **CURES),
        f"cures-{first}-stddev": dict(label="minibatch stddev", seeds=seeds, stddev=True, **CURES),
        f"cures-{first}-pacgan": dict(label="PacGAN 2", seeds=seeds, pack=2, batch=256, **CURES),
        f"cures-{first}-wgan-gp": dict(label="WGAN-GP", seeds=seeds, **WGAN_GP, **CURES),
        f"cures-{first}-r1": dict(label="R1", seeds=seeds, penalty=partial(r1_penalty, weight=0.3), **CURES),
        f"cures-{first}-calm": dict(
            label="no momentum, equal falling rates", seeds=seeds, steps=1_000, **CALM
        ),
        f"cures-{first}-r3": dict(label="relativistic + R1 + R2", seeds=seeds, **R3, **CURES),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=RUNS, metavar="NAME", help=", ".join(RUNS))
    for name in parser.parse_args().names:
        drawn = name.startswith(("unrolled", "grid"))  # of the others the page shows counts alone
        run(**RUNS[name]).save(ASSETS / f"results/{name}.safetensors", shown=200 if drawn else 0)


if __name__ == "__main__":
    main()
