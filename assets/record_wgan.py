"""Record what notebook 05 says about gauges over several seeds, which takes too long to watch.

python assets/record_wgan.py trains the small GAN of part 6 on five seeds, with five critic steps, with one,
and with notebook 03's loss, and writes assets/results/wgan.json.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from scipy.stats import spearmanr

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from assets.build import write_hashes  # noqa: E402
from ganlib import data, metrics, nets, penalties  # noqa: E402
from ganlib.engine.files import atomic_write  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.losses import non_saturating, wasserstein  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402

KINDS = {
    "five critic steps": {"loss": wasserstein, "penalty": penalties.gradient_penalty, "d_steps": 5},
    "one critic step": {"loss": wasserstein, "penalty": penalties.gradient_penalty},
    "loss of notebook 03": {"loss": non_saturating},
}


def small_gan(**rules):
    """The page's small nets and rates."""
    G, D = nets.MLPGenerator(widths=(128, 256)), nets.MLPDiscriminator(widths=(256, 128))
    return GAN(G, D, lr=1e-3, d_lr=2e-3, betas=(0.0, 0.9), ema_decay=0.9, **rules)


def watch(trainer, total, judge):
    """Train on -> (step, mean of -D's loss since the last, rFD), every 20 steps of G."""
    rows = []
    for snapshot in trainer.until(total, every=20):
        found = judge.relative_fd(trainer.model.generate(1_000))
        rows.append((snapshot.step, -snapshot.terms["d_loss"], found))
    return rows


def play(name, seed, digits, judge, scale=1.0):
    """One training, then G set back to a quarter of the way -> the entry to keep."""
    torch.manual_seed(seed)
    trainer = Trainer(small_gan(**KINDS[name]), digits, seed=seed)
    total = 20 * max(3, round(12 * scale))
    rows = watch(trainer, 60, judge)
    early = {
        key: value.clone()
        for key, value in trainer.model.state_dict().items()
        if not key.startswith(("D.", "d_optimizer."))
    }
    rows += watch(trainer, total, judge)
    trainer.model.load_state_dict({**trainer.model.state_dict(), **early})
    rewound = watch(trainer, total + 60, judge)
    _, gaps, rfds = zip(*rows[1:])
    return {
        "name": name,
        "seed": seed,
        "correlation": round(float(spearmanr(gaps, rfds).statistic), 3),
        "gap": [round(value, 3) for value in gaps],
        "rfd": [round(value, 2) for value in rfds],
        "gap_set_back": [round(row[1], 3) for row in rewound],
        "rfd_set_back": [round(row[2], 2) for row in rewound],
        "seconds": round(trainer.seconds, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trial", type=float, help="this share of all trainings; nothing is kept")
    scale = parser.parse_args().trial or 1.0
    digits, judge, entries = data.load("mnist"), metrics.Judge("mnist"), []
    for seed in range(5 if scale == 1 else 1):
        for name in KINDS:
            entries.append(play(name, seed, digits, judge, scale))
            print(entries[-1], flush=True)
    if scale == 1:
        with atomic_write(ASSETS / "results/wgan.json") as temporary:
            temporary.write_text("[\n" + ",\n".join(map(json.dumps, entries)) + "\n]\n")
        write_hashes()


if __name__ == "__main__":
    main()
