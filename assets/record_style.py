"""Record measurements of notebook 12 that take too long for a page, in assets/results/style.json, and train
its conditional generator, assets/checkpoints/big-gan.safetensors.

python assets/record_style.py [style] [trials] [growing] [batches] [checkpoint]; all of them by default,
14 minutes on one core. One thread: OMP_NUM_THREADS=1.

style: the style-based GAN. trials: the same with one thing changed, on the seed with the lowest recall.
growing: progressive growing against all at once, in equal processor time, five seeds. batches: batch sizes at
equal samples. Three seeds each.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from build import write_hashes  # noqa: E402

from ganlib import data, metrics  # noqa: E402
from ganlib.engine.checkpoint import save_tensors  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.nets import BigDiscriminator, BigGenerator, StyleGenerator  # noqa: E402
from ganlib.nets.biggan import standing_statistics  # noqa: E402
from ganlib.nets.style import truncate  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import BigGAN, StyleDiscriminator, set_size  # noqa: E402
from ganlib.variants.growing import GrowingDiscriminator, GrowingGenerator, ShrunkImages  # noqa: E402
from ganlib.variants.style import r1_on_a_group  # noqa: E402

RESULTS = ASSETS / "results/style.json"
SEEDS = (0, 1, 2)
SCALE = 1.0  # of all trainings; smaller for a trial


def numbers(report):
    """What is kept of a report."""
    found = {"rfd": report.relative_fd, "precision": report.precision, "recall": report.recall}
    return {key: round(value, 4) for key, value in found.items()}


def with_decay(trainer, steps):
    """Train; in the second half both rates shrink by a quarter each twentieth of all steps."""
    for snapshot in trainer.until(steps, every=max(steps // 20, 1)):
        if snapshot.step >= steps / 2:
            trainer.model.scale_lr(0.75)


@torch.no_grad()
def mixed_shares(G, judge, n=1_000):
    """How often the judge reads A's class in a mixture: A gives the first 1, 2, 3, 4 layers, B the others."""
    G.eval()
    a, b = (G.mapping(torch.randn(n, G.z_dim)) for _ in range(2))
    class_of_a, shares = judge.classes(G.synthesize(torch.stack([a] * 4, 1))), []
    for layers in (1, 2, 3, 4):
        w = torch.stack([a] * layers + [b] * (4 - layers), 1)
        shares.append((judge.classes(G.synthesize(w)) == class_of_a).float().mean().item())
    return shares


@torch.no_grad()
def truncated_styles(G, judge, n=2_000):
    """psi -> numbers of pictures whose styles are pulled toward the mean."""
    w = G.mapping(torch.randn(n, G.z_dim))
    mean, found = G.mapping(torch.randn(10_000, G.z_dim)).mean(0), {}
    for psi in (1.0, 0.8, 0.6, 0.4):
        pulled = truncate(w, mean, psi)
        found[str(psi)] = numbers(judge(G.synthesize(torch.stack([pulled] * 4, 1))))
    return found


def style_gan(digits, seed, steps, mixing=0.5, width=16, penalty=r1_on_a_group):
    """The style-based GAN of the page, or a variant of it -> (gan, trainer), trained."""
    torch.manual_seed(seed)
    G, D = StyleGenerator(mixing=mixing), StyleDiscriminator(width=width)
    gan = GAN(G, D, penalty=penalty, lr=2e-3, betas=(0.0, 0.99), ema_decay=0.99)
    trainer = Trainer(gan, digits, batch_size=32, seed=seed)
    with_decay(trainer, steps)
    return gan, trainer


def weak_r1(critic, real, fake=None):
    """A tenth of `r1_on_a_group`."""
    return r1_on_a_group(critic, real, fake) / 10


TRIALS = {"R1 / 10": {"penalty": weak_r1}, "no mixing": {"mixing": 0.0}, "D twice as wide": {"width": 32}}


def trials(digits, judge):
    """What might raise recall, on seed 2."""
    found = {}
    for name, options in TRIALS.items():
        gan, _ = style_gan(digits, 2, round(1_200 * SCALE), **options)
        found[name] = numbers(judge(gan.generate(5_000)))
        print("trial", name, found[name], flush=True)
    return {"seed": 2, "table": found}


def style(digits, judge):
    """The style-based GAN of the page."""
    steps, rows = round(1_200 * SCALE), []
    for seed in SEEDS:
        gan, trainer = style_gan(digits, seed, steps)
        row = numbers(judge(gan.generate(5_000))) | {"seconds": round(trainer.seconds, 1)}
        row["kept"] = [round(share, 3) for share in mixed_shares(gan.ema.module, judge)]
        rows.append(row | {"psi": truncated_styles(gan.ema.module, judge)})
        print("style", seed, rows[-1], flush=True)
    return {"steps": steps, "rows": rows}


# of the time: side, then whether it is faded in
PHASES = ((7, False, 0.15), (14, True, 0.15), (14, False, 0.15), (28, True, 0.2), (28, False, 0.35))


def grown(digits, seed, phases, budget):
    """A GAN after `budget` seconds of processor time, spent on the phases -> (gan, steps)."""
    torch.manual_seed(seed)
    gan = GAN(
        GrowingGenerator(),
        GrowingDiscriminator(),
        penalty=r1_on_a_group,
        lr=2e-3,
        betas=(0.0, 0.99),
        ema_decay=0.99,
    )
    steps = []
    for side, faded_in, share in phases:
        pictures, began = ShrunkImages(digits, side), time.process_time()
        trainer = Trainer(gan, pictures, batch_size=32, seed=seed, graph=False)
        pictures.alpha = 0.0 if faded_in else 1.0
        set_size(gan, side, pictures.alpha)
        for _ in trainer.until(100_000, every=10):
            used = (time.process_time() - began) / (share * budget)
            if used >= 1:
                break
            if faded_in:
                set_size(gan, side, used)
                pictures.alpha = used
        steps.append(trainer.step)
    set_size(gan, 28)
    return gan, steps


def growing(digits, judge):
    """Grown, or all at once, in equal time, in turns; five seeds, since single runs lie far apart."""
    budget, ways = 32.0 * SCALE, {"grown": PHASES, "all at once": ((28, False, 1.0),)}
    table = {name: [] for name in ways}
    for seed in range(5):
        for name, phases in ways.items():
            gan, steps = grown(digits, seed, phases, budget)
            table[name].append(numbers(judge(gan.generate(5_000))) | {"steps": steps})
            print(name, seed, table[name][-1], flush=True)
    return {"seconds": budget, "table": table}


def big_gan(lr=1e-3, **options):
    """Nets and rules by BigGAN, small."""
    return BigGAN(BigGenerator(), BigDiscriminator(), lr=lr, betas=(0.0, 0.99), ema_decay=0.99, **options)


@torch.no_grad()
def big_samples(gan, n=2_000):
    """Samples of the averaged generator with standing statistics, the same z each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, y = standing_statistics(gan.ema.module, batches=5), torch.arange(n) % 10
        return torch.cat([G(torch.randn(len(part), G.z_dim), part) for part in y.split(500)])


IMAGES = 12_800
SIZES = {"16": (16, 1e-3), "64": (64, 1e-3), "256": (256, 1e-3), "256, 4 x rate": (256, 4e-3)}


def batches(digits, judge):
    """Equal samples in batches of 16, 64 and 256; rFD along the way, after 12, 25, 50, 100 ... steps."""
    table, images = {}, round(IMAGES * SCALE)
    for name, (size, lr) in SIZES.items():
        for seed in SEEDS:
            torch.manual_seed(seed)
            gan, rows, total = big_gan(lr=lr), [], images // size
            trainer = Trainer(gan, digits, batch_size=size, seed=seed, conditional=True)
            for shift in range(6, -1, -1):
                stop = images // 16 >> shift
                if stop <= total and stop:
                    for _ in trainer.until(stop, every=stop):
                        pass
                    rows.append([stop, round(judge.relative_fd(big_samples(gan)), 3)])
            table.setdefault(name, []).append(rows)
            print(name, seed, rows, f"{trainer.seconds:.1f} s", flush=True)
    return {"images": images, "table": table}


def checkpoint(digits, judge):
    """The conditional generator that the page truncates; fp16."""
    torch.manual_seed(0)
    gan, steps = big_gan(), round(2_000 * SCALE)
    trainer = Trainer(gan, digits, batch_size=16, conditional=True)
    with_decay(trainer, steps)
    half = {
        key: value.half() if value.is_floating_point() else value
        for key, value in gan.ema.module.state_dict().items()
    }
    running = numbers(judge(gan.generate(2_000, y=torch.arange(2_000) % 10)))
    found = numbers(judge(big_samples(gan))) | {"seconds": round(trainer.seconds, 1), "running": running}
    print("checkpoint", found, flush=True)
    save_tensors(ASSETS / "checkpoints/big-gan.safetensors", half, **found)
    return {"steps": steps, **found}


PARTS = {"style": style, "trials": trials, "growing": growing, "batches": batches, "checkpoint": checkpoint}


def main():
    global SCALE
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure again")
    parser.add_argument("--trial", type=float, help="this share of all trainings; nothing is kept")
    arguments = parser.parse_args()
    SCALE = arguments.trial or 1.0
    digits, judge = data.load("mnist"), metrics.Judge("mnist")
    for name in arguments.parts or PARTS:
        found = PARTS[name](digits, judge)
        if not arguments.trial:
            results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            RESULTS.write_text(json.dumps(results | {name: found}) + "\n")
            write_hashes()


if __name__ == "__main__":
    main()
