"""Record what notebooks 03 and 06 compare over several seeds, which takes too long to watch.

python assets/record_mlp.py FOLDER trains and judges what is missing in FOLDER, one small file a run, and
writes assets/results/mlp-gan.json and conditional-gan.json from all of them. It may be stopped at any time.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import torch
from torch import nn

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from assets import build  # noqa: E402
from ganlib import data, metrics  # noqa: E402
from ganlib.engine.files import atomic_write  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.nets import (  # noqa: E402
    ACDiscriminator,
    MLPDiscriminator,
    MLPGenerator,
    ProjectionDiscriminator,
    mlp,
    with_spectral_norm,
)
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import ACGAN  # noqa: E402

RECIPE = dict(lr=2e-3, d_lr=1e-3, betas=(0.0, 0.99))  # of notebook 03; 06 takes batches of 64
SCRIPT = dict(lr=2e-4, betas=(0.9, 0.999))  # of the plain script of notebook 03
N = 5_000  # samples of each conditional run
ASKED = torch.arange(10).repeat_interleave(N // 10)


class LabelBlind(nn.Module):
    """A discriminator that takes labels and does not look at them."""

    per_sample = True

    def __init__(self):
        super().__init__()
        self.D = MLPDiscriminator()

    def forward(self, x, y):
        return self.D(x)


def plain_g(batch_norm=False):
    """The generator of the plain script, with batch norm from the second layer on if asked for."""
    net = mlp(100, 256, 512, 1024, 784, batch_norm=batch_norm)
    return nn.Sequential(net, nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def without_batch_norm():
    """The recipe's generator without its batch norm."""
    G = MLPGenerator()
    G.net = mlp(64, 256, 512, 784)
    return G


def spectral_d(**options):
    """The recipe's discriminator with spectral norm."""
    return with_spectral_norm(MLPDiscriminator(**options))


def play(G, D, steps, *, batch, weights, every=800, n=3_000, **rules):
    """Train a GAN -> history, and samples from each kind of weights, the average or the latest."""
    gan = GAN(G, D, **rules)
    trainer, kept = Trainer(gan, data.load("mnist"), batch_size=batch, seed=torch.initial_seed()), {}
    for snapshot in trainer.until(steps):
        if snapshot.step % every == 0 or snapshot.step == steps:
            for kind in weights:
                kept[f"{snapshot.step} {kind}"] = gan.generate(n, ema=kind == "average")
    return trainer.history, kept


def recipe(G=MLPGenerator, D=MLPDiscriminator, steps=400, batch=128, weights=("average",), **changes):
    """The recipe of notebook 03 with some of its ingredients changed."""
    return play(G(), D(), steps, batch=batch, weights=weights, **RECIPE | changes)


def long_run(D=MLPDiscriminator, **changes):
    """The recipe of notebook 03 for as long as the page trains, with one look half way."""
    return recipe(D=D, steps=3_000, every=1_500, n=10_000, **changes)


def script(G=plain_g, steps=800, **changes):
    """The plain script of notebook 03 with one thing changed."""
    D = MLPDiscriminator()
    return play(G(), D, steps, batch=64, weights=("latest",), z_dim=100, **SCRIPT | changes)


def conditional(kind=GAN, D=ProjectionDiscriminator, steps=500):
    """A conditional GAN on notebook 06's settings; G and D's layers start equal for all kinds of D."""
    seed = torch.initial_seed()
    G, same, D = MLPGenerator(n_classes=10), MLPDiscriminator(), D()
    start_equal(D, [layer for layer in same.net if isinstance(layer, nn.Linear)])
    trainer = Trainer(kind(G, D, **RECIPE), data.load("mnist"), conditional=True, seed=seed)
    for _ in trainer.until(steps):
        pass
    return trainer.history, {f"{steps} average": trainer.model.generate(N, y=ASKED)}


@torch.no_grad()
def start_equal(D, layers):
    """Give D's linear layers the weights of `layers`; weights for a label, which those lack, stay."""
    own = [m for name, m in D.named_modules() if isinstance(m, nn.Linear) and name != "classes"]
    for mine, other in zip(own, layers, strict=True):
        mine.weight[:, : other.in_features] = other.weight
        mine.bias.copy_(other.bias)


# part -> name -> a function that trains: no seed of its own is set inside.
RUNS = {
    "ablation": {
        "the recipe": partial(recipe, weights=("average", "latest")),
        "with momentum 0.9": partial(recipe, betas=(0.9, 0.99)),
        "without batch norm": partial(recipe, G=without_batch_norm),
        "rates of 2e-4": partial(recipe, lr=2e-4, d_lr=2e-4),
        "the script's larger G": partial(recipe, G=partial(plain_g, batch_norm=True), z_dim=100),
        "batches of 64": partial(recipe, batch=64, steps=800),
    },
    "long": {
        "neither": long_run,
        "black is 0": partial(long_run, D=partial(MLPDiscriminator, shift=1.0)),
        "spectral norm": partial(long_run, D=spectral_d, d_lr=2e-3),
        "both": partial(long_run, D=partial(spectral_d, shift=1.0), d_lr=2e-3),
    },
    "weak D": {"D with four hidden units": partial(recipe, D=partial(MLPDiscriminator, widths=(4,)))},
    "script": {
        "the script": script,
        "less momentum in Adam": partial(script, betas=(0.5, 0.999)),
        "batch norm in G": partial(script, G=partial(plain_g, batch_norm=True)),
        "a smaller learning rate for D": partial(script, d_lr=5e-5),
    },
    "label": {
        "concatenation": partial(conditional, D=partial(MLPDiscriminator, n_classes=10)),
        "projection": conditional,
        "AC-GAN": partial(conditional, ACGAN, ACDiscriminator),
    },
    "hidden": {"hidden from D": partial(conditional, D=LabelBlind)},
}
SEEDS = {
    "label": range(5), "hidden": range(5), "ablation": range(2), "long": range(3), "script": range(2),
    "weak D": range(2),
}  # fmt: skip
BOOKS = {"mlp-gan": ("ablation", "long", "weak D", "script"), "conditional-gan": ("label", "hidden")}


def record(folder):
    """Run what is missing, everything with one seed before the next."""
    judge = metrics.Judge("mnist")
    real, real_y = data.load("mnist")[::2]
    real = judge.features(real)
    for seed in range(5):
        todo = [(part, name) for part in RUNS for name in RUNS[part] if seed in SEEDS[part]]
        for part, name in todo:
            path = folder / f"{part}, {name}, {seed}.json"
            if path.exists():
                continue
            torch.manual_seed(seed)
            history, kept = RUNS[part][name]()
            rows = []
            for key, images in kept.items():
                step, weights = key.split()
                row = {"part": part, "name": name, "seed": seed, "step": int(step), "weights": weights}
                rows.append(row | measured(judge, images, real, real_y))
            if part in ("script", "weak D") or name in ("the recipe", "neither"):
                rows[0]["history"] = [{key: round(value, 3) for key, value in h.items()} for h in history]
            path.write_text(json.dumps(rows))
            write(folder)
            print({**rows[-1], "history": None}, flush=True)


def measured(judge, images, real, real_y):
    """What the judge finds in the samples; of conditional ones what it finds in each class."""
    if len(images) != N:
        report = judge(images)
        found = {"distance": report.relative_fd, "precision": report.precision, "recall": report.recall}
        return {key: round(value, 4) for key, value in found.items()} | {"classes": report.classes}
    features = judge.features(images)
    read = judge.classifier.head(features).argmax(1)
    recall = [metrics.precision_recall(real[real_y == c], features[c == ASKED])[1] for c in range(10)]
    found = {
        "distance": judge.relative_fd_of_features(features),
        "accuracy": (read == ASKED).float().mean().item(),
        "recall within": sum(recall) / 10,
        "variance": within(features, read, ASKED) / within(real, real_y, real_y),
    }
    return {key: round(value, 4) for key, value in found.items()}


def within(features, read, y):
    """Variance within a class of those read as asked, summed over the features, averaged over the classes."""
    groups = [features[(read == c) & (y == c)] for c in range(10)]
    return sum(group.var(0).sum().item() for group in groups if len(group) > 1)


def write(folder):
    """All runs in the folder as two files of assets/results, one line for each set of samples."""
    for book, parts in BOOKS.items():
        paths = sorted(path for part in parts for path in folder.glob(f"{part}, *.json"))
        rows = [json.dumps(row) for path in paths for row in json.loads(path.read_text())]
        with atomic_write(ASSETS / f"results/{book}.json") as temporary:
            temporary.write_text("[\n" + ",\n".join(rows) + "\n]\n")
    build.write_hashes()


def main():
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("folder", type=Path, nargs="+")
    folder = parser.parse_args().folder[-1]
    folder.mkdir(exist_ok=True, parents=True)
    record(folder)
    write(folder)


if __name__ == "__main__":
    main()
