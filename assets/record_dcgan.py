"""Record measurements of notebook 07 that take too long for a page, in assets/results/dcgan.json.

python assets/record_dcgan.py [rules] [checkers] [sharpness]; all of them by default, 15 minutes on one core.

rules: DCGAN's rules, left out one at a time. checkers: the checkerboard's share of the power, fresh and after
training, for three kinds of layers. sharpness: power spectra of what autoencoders with three losses draw.
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

from build import write_hashes  # noqa: E402

from ganlib import data, metrics  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.metrics.pictures import checkerboard_share, power_spectrum  # noqa: E402
from ganlib.nets import dcgan  # noqa: E402
from ganlib.penalties import r1_penalty  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402

RESULTS = ASSETS / "results/dcgan.json"
SEEDS = (0, 1, 2)
STEPS = 300
SAMPLES = 2_000
RECIPE = {"lr": 2e-3, "d_lr": 1e-3, "betas": (0.5, 0.999)}


def small_normal(net):
    """DCGAN's start: every weight of a layer from N(0, 0.02²), biases 0."""
    for part in net.modules():
        if isinstance(part, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, 0.0, 0.02)
            nn.init.zeros_(part.bias)
    return net


def r1_on_four(critic, real, fake):
    """R1 on a few pictures of the batch: the same penalty on average."""
    return r1_penalty(critic, real[:4])


def nets(G=None, D=None, start=small_normal):
    """Generator and discriminator by all of DCGAN's rules, but for what is given."""
    rules = {"norm": nn.BatchNorm2d, "hidden": 0}
    return start(dcgan.DCGenerator(**(G or {}))), start(dcgan.DCDiscriminator(**rules | (D or {})))


def same(net):
    """The start that PyTorch gives."""
    return net


# name -> what differs from a GAN by all rules: arguments of `nets` and of `GAN`
LEFT_OUT = {
    "none": ({}, {}),
    "1 strides": ({"G": {"up": dcgan.resize_conv}, "D": {"down": dcgan.pooled}}, {}),
    "2 batch norm in G": ({"G": {"norm": nn.Identity}}, {}),
    "2 batch norm in D": ({"D": {"norm": nn.Identity}}, {}),
    "3 no hidden layer": ({"D": {"hidden": 256}}, {}),
    "4 ReLU in G": ({"G": {"activation": dcgan.leaky}}, {}),
    "4 Tanh": ({"G": {"output": nn.Identity}}, {}),
    "5 LeakyReLU in D": ({"D": {"activation": nn.ReLU}}, {}),
    "6 small weights": ({"start": same}, {}),
    "6 momentum 0.5": ({}, {"betas": (0.9, 0.999)}),
    "2, 3 (as ours)": ({"D": {"norm": nn.Identity, "hidden": 256}}, {}),
    "2, 3, with R1": ({"D": {"norm": nn.Identity, "hidden": 256}}, {"penalty": r1_on_four}),
}


def trained(pair, seed, steps, digits, **rules):
    """A GAN of these nets after so many steps of 32 digits."""
    gan = GAN(*pair, **RECIPE | rules)
    for _ in Trainer(gan, digits, batch_size=32, seed=seed).until(steps, every=steps):
        pass
    return gan


def rules(digits, judge):
    """Each rule left out, on three seeds -> name -> rows."""
    table = {}
    for name, (parts, options) in LEFT_OUT.items():
        for seed in SEEDS:
            torch.manual_seed(seed)
            gan = trained(nets(**parts), seed, STEPS, digits, **options)
            report = judge(gan.generate(SAMPLES).clamp(-1, 1))
            row = {"rfd": report.relative_fd, "precision": report.precision, "recall": report.recall}
            table.setdefault(name, []).append({key: round(value, 3) for key, value in row.items()})
            print(name, seed, table[name][-1], flush=True)
    return {"steps": STEPS, "samples": SAMPLES, "table": table}


KINDS = {
    "3, stride 2": partial(dcgan.transposed, kernel=3),
    "4, stride 2": dcgan.transposed,
    "resize, then 3": dcgan.resize_conv,
}


def checkers(digits, judge):
    """The checkerboard's share of the power, as a multiple of real digits', fresh and after training."""
    real, table = checkerboard_share(digits[:][0]), {}
    for name, up in KINDS.items():
        for seed in SEEDS:
            torch.manual_seed(seed)
            pair = dcgan.DCGenerator(up=up), dcgan.DCDiscriminator()
            gan = GAN(*pair, **RECIPE, penalty=r1_on_four)
            trainer = Trainer(gan, digits, batch_size=32, seed=seed)
            row = [checkerboard_share(gan.G(torch.randn(1_000, 64)).detach()) / real]
            for snapshot in trainer.until(STEPS, every=100):
                if snapshot.step in (100, STEPS):
                    row.append(checkerboard_share(gan.generate(1_000)) / real)
            table.setdefault(name, []).append([round(value, 3) for value in row])
            print(name, seed, row, flush=True)
    return {"steps": [0, 100, STEPS], "real": real, "table": table}


def autoencoder(loss, digits, body, seed, code=8):
    """A pair encoder, decoder after a short training; loss: "squares", "VAE" or "perceptual"."""
    torch.manual_seed(seed)
    variational = loss == "VAE"
    encode = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, code * (1 + variational))
    )
    decode = nn.Sequential(
        nn.Linear(code, 256), nn.LeakyReLU(0.2), nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))
    )
    optimizer = torch.optim.Adam([*encode.parameters(), *decode.parameters()], 2e-3, fused=True)
    for _ in range(300 if loss == "perceptual" else 600):
        x, _ = digits.batch(64 if loss == "perceptual" else 128)
        if variational:
            mean, log_var = encode(x).chunk(2, 1)
            y = decode(mean + (log_var / 2).exp() * torch.randn_like(mean))
            divergence = (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean() / 2
            value = 2 * (y - x).square().flatten(1).sum(1).mean() + divergence
        else:
            y = decode(encode(x))
            value = (y - x).square().mean()
        if loss == "perceptual":  # squares of the judge's first two layers, and a little of the pixels'
            a, b = body[0](y), body[0](x)
            value = 0.1 * value + (a - b).square().mean() + (body[1](a) - body[1](b)).square().mean()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return encode, decode


@torch.no_grad()
def pictures(loss, pair, real, code=8):
    """What is compared: reconstructions, and for the VAE samples from its prior."""
    encode, decode = pair
    return decode(torch.randn(len(real), code)) if loss == "VAE" else decode(encode(real))


def sharpness(digits, judge):
    """Spectra on three seeds: name -> rows of 15 numbers; and a few pictures of seed 0."""
    real = digits[:2_000][0]
    table = {"real digits": [power_spectrum(digits[:][0]).tolist()]}
    for loss in ("squares", "VAE", "perceptual"):
        for seed in SEEDS:
            pair = autoencoder(loss, digits, judge.classifier.body, seed)
            table.setdefault(loss, []).append(power_spectrum(pictures(loss, pair, real)).tolist())
            print(loss, seed, table[loss][-1][8:], flush=True)
    return {"table": {name: [[round(v, 3) for v in row] for row in rows] for name, rows in table.items()}}


def main():
    parts = {"rules": rules, "checkers": checkers, "sharpness": sharpness}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="what to measure again")
    digits, judge = data.load("mnist"), metrics.Judge("mnist")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in parser.parse_args().parts or parts:
        results[name] = parts[name](digits, judge)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results) + "\n")
    write_hashes()


if __name__ == "__main__":
    main()
