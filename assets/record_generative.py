"""Record the trainings of notebook 10 on three seeds in assets/results/generative.json.

python assets/record_generative.py, seven minutes on one core. Nets, settings and steps are the notebook's.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from build import write_hashes  # noqa: E402

from ganlib import data, generative, metrics, nets  # noqa: E402
from ganlib.engine.files import atomic_write  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402

RESULTS = ASSETS / "results/generative.json"
SEEDS, N = (0, 1, 2), 1_000


def vae(images):
    """A VAE with a code of 16 numbers."""
    encoder = nn.Sequential(nn.Flatten(), nets.mlp(784, 1024, 512, 32, activation=nn.SiLU))
    decoder = nn.Sequential(nets.mlp(16, 512, 1024, 784, activation=nn.SiLU), nn.Unflatten(1, (1, 28, 28)))
    return generative.VAE(encoder, decoder, 16), 64, 1_400


def rbm(images):
    """An RBM of 500 hidden units, by contrastive divergence."""
    white = (images[:][0].mean(0).flatten() + 1) / 2
    return generative.PersistentContrastiveDivergence(generative.RBM(784, 500, white)), 64, 1_500


def flow(images):
    """Flow matching with a small U-Net."""
    real = images[:][0]
    mean = real.mean(0, keepdim=True)
    velocity = generative.StraightLine(nets.TimeUNet(), mean, (real - mean).std())
    return generative.FlowMatching(velocity.to(memory_format=torch.channels_last)), 16, 2_400


def measured(make, seed, images, judge):
    """Train one model from a seed -> what the judge finds in its samples."""
    torch.manual_seed(seed)
    model, batch, steps = make(images)
    trainer = Trainer(model, images, batch_size=batch, seed=seed)
    for _ in trainer.until(steps):
        pass
    torch.manual_seed(seed)
    report = judge(model.generate(N).clamp(-1, 1))
    found = {"distance": report.relative_fd, "precision": report.precision, "recall": report.recall}
    row = {"name": make.__name__, "seed": seed, "steps": steps, "seconds": round(trainer.seconds, 1)}
    return row | {key: round(value, 3) for key, value in found.items()}


def main():
    full, judge, rows = data.load("mnist"), metrics.Judge("mnist"), []
    images = data.ImageSet(full.images[:9000], full.labels[:9000], full.class_names)
    for make in (vae, rbm, flow):
        for seed in SEEDS:
            rows.append(measured(make, seed, images, judge))
            print(rows[-1], flush=True)
    with atomic_write(RESULTS) as temporary:
        temporary.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    write_hashes()


if __name__ == "__main__":
    main()
