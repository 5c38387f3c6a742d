"""Record measurements of notebook 13 over three seeds, in assets/results/using.json.

python assets/record_using.py [labels] [fakes] [anomaly]; all of them by default, 12 minutes on one core.

labels: test accuracy from 100 labels, four ways. fakes: a conditional GAN's samples as more data, at 200 and
500 labels. anomaly: a GAN that never saw one digit, and how well it tells that digit from the others.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from build import first_digits, write_hashes  # noqa: E402

from ganlib.data import ImageSet, load  # noqa: E402
from ganlib.data.augment import random_affine  # noqa: E402
from ganlib.ema import EMA  # noqa: E402
from ganlib.engine.optim import fused_adam, optimizer_step  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.nets import (  # noqa: E402
    MLPDiscriminator,
    MLPGenerator,
    NoisyClassifier,
    ProjectionDiscriminator,
)
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import FewLabels, SemiSupervisedGAN  # noqa: E402

RESULTS = ASSETS / "results/using.json"
SEEDS = (0, 1, 2)
SUPERVISED_STEPS, SEMI_STEPS = 1_000, 2_500


def few(seed, per_class):
    """The first `per_class` digits of each class in a random order: other labels for another seed."""
    digits = first_digits()
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    chosen = torch.cat([order[digits.labels[order] == c][:per_class] for c in range(10)])
    return ImageSet(digits.images[chosen], digits.labels[chosen], digits.class_names)


def accuracy(classifier):
    """On the 1,000 digits that no training sees."""
    x, y = load("mnist")[9000:]
    with torch.no_grad():
        return (classifier(x).argmax(1) == y).float().mean().item()


def supervised(draw):
    """The classifier of the semi-supervised GAN, trained on labels alone; draw() -> x, y."""
    net = NoisyClassifier()
    adam, ema = fused_adam(net.parameters(), 1e-3), EMA(net, 0.998)
    for _ in range(SUPERVISED_STEPS):
        x, y = draw()
        optimizer_step(adam, {"loss": cross_entropy(net(x), y)})
        ema.update(net)
    return ema.module


def from_labels(labeled, augment):
    """draw() for `supervised`: 50 pictures and their labels."""
    batches = FewLabels(labeled, labeled, augment)
    return lambda: tuple(part[:50] for part in batches.batch(100))


def semi_supervised(labeled, augment, seed):
    """The training of notebook 13."""
    G = MLPGenerator(widths=(256, 256))
    gan = SemiSupervisedGAN(G, NoisyClassifier(), lr=1e-3)
    trainer = Trainer(gan, FewLabels(labeled, first_digits(), augment), 100, conditional=True, seed=seed)
    for _ in trainer.until(SEMI_STEPS):
        pass
    return gan.classifier


def by_labels(seed):
    labeled = few(seed, 10)
    ways = {
        "labels only": lambda: supervised(from_labels(labeled, None)),
        "augmented": lambda: supervised(from_labels(labeled, random_affine)),
        "semi-supervised": lambda: semi_supervised(labeled, None, seed),
        "both": lambda: semi_supervised(labeled, random_affine, seed),
    }
    yield from measured(ways, seed, labels=100)


def fakes_of(labeled, seed):
    """20,000 samples of notebook 06's conditional GAN, which saw these labels and nothing else."""
    G, D = MLPGenerator(n_classes=10), ProjectionDiscriminator()
    trainer = Trainer(GAN(G, D, lr=2e-3, d_lr=1e-3), labeled, conditional=True, seed=seed)
    for _ in trainer.until(1_000):
        pass
    y = torch.arange(20_000) % 10
    x = trainer.model.generate(len(y), y=y)
    return ImageSet(((x + 1) * 127.5).round().byte(), y, labeled.class_names)


def by_fakes(seed):
    for labels in (200, 500):
        yield from measured(ways_with_fakes(few(seed, labels // 10), seed), seed, labels=labels)


def ways_with_fakes(labeled, seed):
    """Three classifiers from the same labels; the second sees a real and a fake half in each batch."""
    real, fake = (from_labels(part, None) for part in (labeled, fakes_of(labeled, seed)))
    return {
        "labels only": lambda: supervised(real),
        "with fakes": lambda: supervised(lambda: tuple(map(torch.cat, zip(real(), fake())))),
        "augmented": lambda: supervised(from_labels(labeled, random_affine)),
    }


def by_anomaly(seed):
    """A GAN without one digit; its D, and how far the nearest of its samples is, against that digit."""
    missing, digits = (8, 1, 4)[seed], first_digits()
    keep = digits.labels != missing
    known = ImageSet(digits.images[keep], digits.labels[keep], digits.class_names)
    gan = GAN(MLPGenerator(), MLPDiscriminator(), lr=2e-3, d_lr=1e-3, betas=(0.0, 0.99))
    for _ in Trainer(gan, known, 128, seed=seed).until(1_500):
        pass
    x, y = load("mnist")[9000:]
    with torch.no_grad():
        by_d = -gan.D(x)
        samples = gan.generate(20_000).flatten(1)
        by_distance = torch.cdist(x.flatten(1), samples).min(1).values
    for name, score in {"D's logit": by_d, "nearest sample": by_distance}.items():
        found = auroc(score[y != missing], score[y == missing])
        yield {"name": name, "seed": seed, "missing": missing, "auroc": found}


def auroc(low, high):
    """How often a score of `high` is above one of `low`; ties count one half."""
    above = (high[:, None] > low).double() + 0.5 * (high[:, None] == low)
    return above.mean().item()


def measured(ways, seed, **facts):
    for name, train in ways.items():
        torch.manual_seed(seed)
        began = time.perf_counter()
        found = accuracy(train())
        yield {"name": name, "seed": seed, **facts, "accuracy": found, "seconds": time.perf_counter() - began}


PARTS = {"labels": by_labels, "fakes": by_fakes, "anomaly": by_anomaly}


def rounded(entry):
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in entry.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure again")
    parts = parser.parse_args().parts or PARTS
    entries = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    for part in parts:
        entries = [entry for entry in entries if entry["part"] != part]
        for seed in SEEDS:
            for entry in PARTS[part](seed):
                entries.append({"part": part} | rounded(entry))
                print(entries[-1], flush=True)
        RESULTS.write_text(json.dumps(entries, indent=0) + "\n")
    write_hashes()


if __name__ == "__main__":
    main()
