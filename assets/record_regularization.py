"""Record the comparison of notebook 09 in assets/results/regularization.json.

python assets/record_regularization.py [--games ring digits long] [--names NAME ...]; all by default, twenty
minutes on one core. Each entry is one seed of one game with one thing changed. What is measured again is
replaced.
"""

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import normalize, softplus

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from build import write_hashes  # noqa: E402

from ganlib import data, metrics, nets  # noqa: E402
from ganlib.data import toys  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.losses import Loss, non_saturating, relativistic  # noqa: E402
from ganlib.penalties import gradient_penalty, r1_penalty, r2_penalty  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import RelativisticGAN, SeedEnsemble  # noqa: E402
from ganlib.variants.ensemble import StackedMLP  # noqa: E402

RESULTS = ASSETS / "results/regularization.json"
SEEDS = {"ring": (0, 1, 2, 3, 4), "digits": (0, 1, 2), "long": (0, 1, 2)}
STEPS = {"ring": 1_000, "digits": 600, "long": 5_000}
BASE = {  # the games to which one thing is done
    "ring": {"lr": 1e-3, "d_lr": 1e-3, "betas": (0.5, 0.999), "ema_decay": 0.99},
    "digits": {"lr": 2e-3, "d_lr": 1e-3, "betas": (0.0, 0.99), "ema_decay": 0.995},
}
WEIGHT = {"ring": 0.3, "digits": 0.1}  # of R1 and R2
NOISE = {"ring": 0.3, "digits": 0.3}  # standard deviation of instance noise at the start


def smooth_d_loss(real, fake, eps=0.1):
    """D is told that real samples are real with probability 1 - eps."""
    return (1 - eps) * softplus(-real).mean() + eps * softplus(real).mean() + softplus(fake).mean()


def both(critic, real, fake, weight):
    """R1 + R2."""
    return r1_penalty(critic, real, weight=weight) + r2_penalty(critic, None, fake, weight=weight)


def penalty_of(name, game):
    """The penalty of a setting."""
    weight = WEIGHT[game]
    if name == "gradient penalty":
        return partial(gradient_penalty, weight=1.0)
    if name.endswith("R1 + R2"):
        return partial(both, weight=weight)
    return {"R1": partial(r1_penalty, weight=weight), "R2": partial(r2_penalty, weight=weight)}.get(name)


class DropoutStack(StackedMLP):
    """StackedMLP with dropout after each hidden layer."""

    def forward(self, x, batches=1):
        h = x.unflatten(0, (self.seeds, -1))
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            h = torch.baddbmm(bias, h, weight)
            h = nn.functional.dropout(h.relu(), 0.3) if i < len(self.weights) - 1 else h
        return h.flatten()


class NormStack(StackedMLP):
    """StackedMLP with batch norm, without learned scale, before each inner ReLU; real and fake apart."""

    def forward(self, x, batches=1):
        h = x.unflatten(0, (self.seeds, -1))
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            h = torch.baddbmm(bias, h, weight)
            if 0 < i < len(self.weights) - 1:
                parts = h.unflatten(1, (batches, -1))
                var, mean = torch.var_mean(parts, 2, correction=0, keepdim=True)
                h = ((parts - mean) / (var + 1e-5).sqrt()).flatten(1, 2)
            h = h.relu() if i < len(self.weights) - 1 else h
        return h.flatten()


class SpectralStack(StackedMLP):
    """StackedMLP whose weights are divided by their largest singular value, by power iteration."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.left = [normalize(torch.randn(len(w), w.shape[1], 1), dim=1) for w in self.weights]

    def forward(self, x, batches=1):
        h = x.unflatten(0, (self.seeds, -1))
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            with torch.no_grad():
                right = normalize(weight.mT @ self.left[i], dim=1)
                self.left[i] = normalize(weight @ right, dim=1)
            sigma = self.left[i].mT @ weight @ right  # (S, 1, 1)
            h = torch.baddbmm(bias, h, weight / sigma)
            h = h.relu() if i < len(self.weights) - 1 else h
        return h.flatten()


STACKS = {"dropout in D": DropoutStack, "batch norm in D": NormStack, "spectral norm": SpectralStack}


class RelativisticEnsemble(SeedEnsemble):
    """A SeedEnsemble whose G compares with real samples."""

    def g_objective(self, real, fake, y=None):
        return {"g_loss": self.seeds * self.loss.g_loss(*self.logits(real, fake))}


def noisy(kind):
    """A kind of GAN whose D sees all samples with noise of standard deviation self.sd."""

    class Noisy(kind):
        def seen(self, x):
            return x + self.sd * torch.randn_like(x)

        def d_objective(self, real, fake, y=None):
            return super().d_objective(self.seen(real), self.seen(fake), y)

        def g_objective(self, real, fake, y=None):
            return super().g_objective(self.seen(real), self.seen(fake), y)

    return Noisy


def discriminator(name):
    """Notebook 03's D, with one thing done to it."""
    D = nets.MLPDiscriminator(shift=float(name.endswith("black is 0")))
    if name.startswith("spectral norm"):
        nets.with_spectral_norm(D)
    if name in ("dropout in D", "batch norm in D"):
        D = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256),
            nn.BatchNorm1d(256), nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Flatten(0),
        )  # fmt: skip
        if name == "dropout in D":
            D[2], D[4] = nn.Sequential(nn.LeakyReLU(0.2), nn.Dropout(0.3)), nn.Dropout(0.3)
            D.per_sample = True
    return D


def rules(name, game):
    """The arguments of a GAN in which one thing differs from BASE."""
    change = {"penalty": penalty_of(name, game)}
    if name == "label smoothing":
        change["loss"] = Loss(smooth_d_loss, non_saturating.g_loss)
    if name.startswith("relativistic"):
        change["loss"] = relativistic
    if name == "two time scales":
        change |= {"lr": 1e-3, "d_lr": 4e-3}
    if name == "3 steps of D":
        change["d_steps"] = 3
    return BASE[game] | change


NAMES = [
    "nothing",
    "dropout in D",
    "batch norm in D",
    "spectral norm",
    "R1",
    "R2",
    "R1 + R2",
    "gradient penalty",
    "label smoothing",
    "instance noise",
    "two time scales",
    "3 steps of D",
    "decaying rates",
    "relativistic",
    "relativistic, R1 + R2",
]


LONG = {  # name -> what differs from notebook 03's recipe in a long run
    "nothing": {},
    "equal rates": {"d_lr": 2e-3},
    "spectral norm": {"d_lr": 2e-3},
    "spectral norm, black is 0": {"d_lr": 2e-3},
    "R1": {"penalty": lambda critic, real, fake: r1_penalty(critic, real[:16], weight=0.1)},
}


def build(name, game, seeds):
    """A fresh GAN: a SeedEnsemble of all seeds on the ring, one GAN on digits."""
    relative = name.startswith("relativistic")
    if game == "ring":
        kind = RelativisticEnsemble if relative else SeedEnsemble
        kind = noisy(kind) if name == "instance noise" else kind
        gan = kind(seeds, **rules(name, game))
        if name in STACKS:
            streams = [torch.Generator().manual_seed(seed) for seed in seeds]
            gan = kind(seeds, **rules(name, game))
            D = STACKS[name](streams, 2, 64, 64, 64, 64, 1)
            D.load_state_dict(gan.D.state_dict())
            gan.D = D
            gan.d_optimizer = type(gan.d_optimizer)(D.parameters(), 1e-3, (0.5, 0.999), fused=True)
        return gan
    torch.manual_seed(seeds[0])
    kind = RelativisticGAN if relative else GAN
    kind = noisy(kind) if name == "instance noise" else kind
    return kind(nets.MLPGenerator(), discriminator(name), **rules(name, game))


def train(name, game, seeds, source, steps):
    """A trained GAN and the seconds it took."""
    gan, batch = build(name, game, seeds), 128 * len(seeds) if game == "ring" else 64
    gan.sd, trainer = NOISE[game], Trainer(gan, source, batch_size=batch, seed=seeds[0])
    for snapshot in trainer.until(steps, every=max(steps // 24, 1)):
        gan.sd = NOISE[game] * (1 - snapshot.step / steps)
        if name == "decaying rates" and snapshot.step >= steps / 2:
            gan.scale_lr(0.75)
    return gan, trainer.seconds


def ring(name, steps):
    """One entry for each seed: modes covered and share on a mode, of the averaged and the latest G."""
    source, seeds = toys.ring(), SEEDS["ring"]
    torch.manual_seed(0)
    gan, seconds = train(name, "ring", seeds, source, steps)
    for seed, one, last in zip(seeds, gan.coverage(source, ema=True), gan.coverage(source)):
        yield seed, {
            "covered": one.covered, "share": round(one.high_quality, 3), "latest covered": last.covered,
            "latest share": round(last.high_quality, 3), "seconds": round(seconds / len(seeds), 2),
        }  # fmt: skip


def digits(name, steps):
    """One entry for each seed: relative Fréchet distance of 2,000 samples, averaged and latest G."""
    source, judge = data.load("mnist"), metrics.Judge("mnist")
    for seed in SEEDS["digits"]:
        gan, seconds = train(name, "digits", (seed,), source, steps)
        torch.manual_seed(seed)
        average, latest = (judge.relative_fd(gan.generate(2_000, ema=ema)) for ema in (True, False))
        yield seed, {"distance": round(average, 2), "latest": round(latest, 2), "seconds": round(seconds, 1)}


def long(name, steps):
    """One entry for each seed: relative Fréchet distance of 10,000 samples after a long run."""
    source, judge = data.load("mnist"), metrics.Judge("mnist")
    for seed in SEEDS["long"]:
        torch.manual_seed(seed)
        gan = GAN(nets.MLPGenerator(), discriminator(name), **BASE["digits"] | LONG[name])
        trainer = Trainer(gan, source, batch_size=64, seed=seed)
        for _ in trainer.until(steps, every=steps):
            pass
        torch.manual_seed(seed)
        report = judge(gan.generate(10_000))
        yield seed, {
            "distance": round(report.relative_fd, 2), "precision": round(report.precision, 3),
            "recall": round(report.recall, 3), "classes": report.classes,
            "seconds": round(trainer.seconds, 1),
        }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--games", nargs="*", default=["ring", "digits", "long"])
    parser.add_argument("--names", nargs="*", default=list(dict.fromkeys([*NAMES, *LONG])))
    parser.add_argument("--steps", type=int, help="fewer, to try the script; nothing is written then")
    asked = parser.parse_args()
    for game in asked.games:
        for name in [name for name in asked.names if name in (LONG if game == "long" else NAMES)]:
            steps, began, found = asked.steps or STEPS[game], time.perf_counter(), []
            for seed, numbers in {"ring": ring, "digits": digits, "long": long}[game](name, steps):
                found.append({"name": name, "game": game, "seed": seed, "steps": steps, **numbers})
            print(game, name, found, f"{time.perf_counter() - began:.0f} s", flush=True)
            if not asked.steps:
                store(name, game, found)
    if not asked.steps:
        write_hashes()


def store(name, game, found):
    """Replace the entries of one setting."""
    entries = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = [entry for entry in entries if (entry["name"], entry["game"]) != (name, game)]
    RESULTS.write_text(json.dumps(kept + found, indent=0) + "\n")


if __name__ == "__main__":
    main()
