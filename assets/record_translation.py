"""Record measurements of notebook 11 that take too long for a page, in assets/results/translation.json.

python assets/record_translation.py [outline] [upscale] [cycle] [hole] [message]; all of them by default,
some minutes each on one core.

outline: clothes from outlines, by a distance, by a discriminator, by both. upscale: digits from 7x7 pixels.
cycle: two ink styles, with and without the cycle loss. hole: digits with a hole. message: what CycleGAN hides
in mosaics of clothes. A few pictures of seed 0 are kept in translation.safetensors, and the upscaler of
squares in checkpoints/.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from torch.nn.functional import interpolate, l1_loss, mse_loss

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from build import write_hashes  # noqa: E402

from ganlib import data, metrics  # noqa: E402
from ganlib.data.pairs import Pairs, Unpaired, cut_hole, outline, shrink, thick_on_white, thin_on_black  # noqa: E402
from ganlib.engine.checkpoint import load_tensors, save_tensors  # noqa: E402
from ganlib.metrics.pictures import psnr, sharpness  # noqa: E402
from ganlib.nets import PatchDiscriminator, Translator, Upscaler  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import CycleGAN, Pix2Pix  # noqa: E402

RESULTS = ASSETS / "results/translation.json"
PICTURES = ASSETS / "results/translation.safetensors"
SEEDS = (0, 1, 2)
KEPT = 12
STEPS, CYCLE_STEPS, MESSAGE_STEPS = 500, 800, 400


def split(name, train):
    """Bundled images for training, and the others, (n, 1, 28, 28)."""
    everything = data.load(name)
    first = data.ImageSet(everything.images[:train], everything.labels[:train], everything.class_names)
    return first, everything[slice(train, None)]


def trained(model, pairs, steps, batch, seed):
    """A model after so many steps."""
    trainer = Trainer(model, pairs, batch, conditional=True, seed=seed)
    for _ in trainer.until(steps, every=steps):
        pass
    return model, trainer.seconds


def rounded(row):
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


def outlines(steps, seeds):
    """Clothes from outlines."""
    clothes, (truth, _) = split("fashion", 4_000)
    judge, entries, kept = metrics.Judge("fashion"), [], {}
    for name, weight in (("L1 alone", 10.0), ("GAN alone", 0.0), ("both", 10.0)):
        for seed in seeds:
            torch.manual_seed(seed)
            D = None if name == "L1 alone" else PatchDiscriminator()
            model, seconds = trained(
                Pix2Pix(Translator(), D, weight=weight), Pairs(clothes, outline), steps, 32, seed
            )
            found = model.translate(outline(truth))
            row = {
                "l1": l1_loss(found, truth).item(),
                "sharpness": sharpness(found) / sharpness(truth),
                "rfd": judge.relative_fd(found),
            }
            entries.append({"name": f"outline {name}", "seed": seed, "seconds": seconds} | row)
            print(entries[-1], flush=True)
            if seed == 0:
                kept[f"outline {name}"] = found[:KEPT]
    return entries, kept


def upscaled(steps, seeds):
    """Digits from 7x7 pixels."""
    digits, (truth, _) = split("mnist", 8_000)
    judge, other = metrics.Judge("mnist"), metrics.PictureJudge(data.load("mnist"), steps=400, seed=1)
    body = judge.classifier.body.requires_grad_(False)

    def perceptual(fake, real):
        a, b = body[0](fake), body[0](real)
        return mse_loss(a, b) + mse_loss(body[1](a), body[1](b))

    def measured(name, seed, found, seconds=0.0):
        row = {"psnr": psnr(found, truth), "rfd": judge.relative_fd(found), "other": other.relative_fd(found)}
        entries.append({"name": f"upscale {name}", "seed": seed, "seconds": seconds} | row)
        print(entries[-1], flush=True)

    entries, kept = [], {}
    small = shrink(truth)
    measured("bicubic", 0, interpolate(small, scale_factor=4, mode="bicubic").clamp(-1, 1))
    settings = [("L2", mse_loss, 1.0), ("perceptual", perceptual, 1.0)]
    settings += [(f"GAN + {weight} L2", mse_loss, float(weight)) for weight in (100, 10, 0)]
    for name, distance, weight in settings:
        for seed in seeds:
            torch.manual_seed(seed)
            D = PatchDiscriminator(side=7) if name.startswith("GAN") else None
            model, seconds = trained(
                Pix2Pix(Upscaler(), D, distance, weight), Pairs(digits, shrink), steps, 32, seed
            )
            found = model.translate(small)
            measured(name, seed, found, seconds)
            if seed == 0:
                kept[f"upscale {name}"] = found[:KEPT]
                if name == "L2" and steps == STEPS:
                    half = {key: value.half() for key, value in model.ema.module.state_dict().items()}
                    save_tensors(ASSETS / "checkpoints/upscaler-l2.safetensors", half)
    return entries, kept


def reader(digits):
    """A judge that learned digits in both ink styles, white on black."""
    x, y = digits[:]
    looks = torch.cat([thin_on_black(x), -thick_on_white(x)]).add(1).mul(127.5).round().byte()
    styles = data.ImageSet(looks, y.repeat(2), digits.class_names)
    return metrics.PictureJudge(styles, steps=1_500, seed=1)


def cycles(steps, seeds):
    """Two ink styles without pairs."""
    digits, (test, labels) = split("mnist", 8_000)
    halves = [data.ImageSet(digits.images[i::2], digits.labels[i::2], digits.class_names) for i in (0, 1)]
    pairs, judge = Unpaired(*halves, thin_on_black, thick_on_white), reader(digits)
    a, b = thin_on_black(test), thick_on_white(test)

    def right(images):
        return (judge.classes(images.clamp(-1, 1)) == labels).float().mean().item()

    entries = [{"name": "cycle real", "seed": 0, "kept_b": right(-b), "kept_a": right(a)}]
    print(entries, flush=True)
    kept = {}
    for name, weight in (("with", 10.0), ("without", 0.0)):
        for seed in seeds:
            torch.manual_seed(seed)
            nets = [Translator(skip=False) for _ in "ab"]
            critics = [PatchDiscriminator(side=0) for _ in "ab"]
            model, seconds = trained(CycleGAN(*nets, *critics, weight), pairs, steps, 16, seed)
            fake_b, fake_a = model.a_to_b(a), model.b_to_a(b)
            row = {
                "error": (l1_loss(model.b_to_a(fake_b), a) + l1_loss(model.a_to_b(fake_a), b)).item() / 2,
                "kept_b": right(-fake_b),
                "kept_a": right(fake_a),
                "truth_b": l1_loss(fake_b, b).item(),
                "truth_a": l1_loss(fake_a, a).item(),
                "home": l1_loss(model.b_to_a(fake_b), a).item(),
                "black_and_white": l1_loss(model.b_to_a(fake_b.sign()), a).item(),
            }
            entries.append({"name": f"cycle {name}", "seed": seed, "seconds": seconds} | row)
            print(entries[-1], flush=True)
            if seed == 0:
                kept |= {f"cycle {name}": fake_b[:KEPT], f"cycle {name}, back": model.b_to_a(fake_b)[:KEPT]}
    return entries, kept


def noisy_hole(x):
    """A hole full of noise, so that there may be several answers."""
    hole = cut_hole(torch.zeros_like(x) + 1) == 0
    return torch.where(hole, torch.randn_like(x).clamp(-1, 1), x)


def holes(steps, seeds):
    """Digits with a hole."""
    digits, (truth, _) = split("mnist", 8_000)
    judge, entries, kept = metrics.Judge("mnist"), [], {}
    settings = [("L2", cut_hole, 1.0), ("GAN", cut_hole, 3.0), ("noise", noisy_hole, 3.0)]
    for name, spoil, weight in settings:
        for seed in seeds:
            torch.manual_seed(seed)
            D = None if name == "L2" else PatchDiscriminator()
            model, seconds = trained(
                Pix2Pix(Translator(), D, mse_loss, weight), Pairs(digits, spoil), steps, 32, seed
            )
            answers = torch.stack([model.translate(spoil(truth)) for _ in range(8 if name == "noise" else 1)])
            found, inside = answers[0], (..., slice(8, 20), slice(8, 20))
            row = {
                "psnr": psnr(found[inside], truth[inside]),
                "rfd": judge.relative_fd(found),
                "sharpness": sharpness(found[inside]) / sharpness(truth[inside]),
                "spread": answers[inside].std(0).mean().item() if len(answers) > 1 else 0.0,
            }
            entries.append({"name": f"hole {name}", "seed": seed, "seconds": seconds} | row)
            print(entries[-1], flush=True)
            if seed == 0:
                kept[f"hole {name}"] = found[:KEPT]
                if name == "noise":
                    kept["hole answers"] = answers[:, :4].flatten(0, 1)
    return entries, kept


def mosaic(x):
    """The picture as 7x7 blocks of 4x4 pixels, each of one gray."""
    return interpolate(shrink(x), scale_factor=4)


def messages(steps, seeds):
    """CycleGAN between clothes and mosaics: how far the way home depends on what is within the blocks."""
    clothes, (a, _) = split("fashion", 4_000)
    halves = [data.ImageSet(clothes.images[i::2], clothes.labels[i::2], clothes.class_names) for i in (0, 1)]
    pairs, b, entries, kept = Unpaired(*halves, lambda x: x, mosaic), mosaic(a), [], {}
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(0))
    for name, weight in (("with", 10.0), ("without", 0.0)):
        for seed in seeds:
            torch.manual_seed(seed)
            critics = [PatchDiscriminator(side=0) for _ in "ab"]
            model, seconds = trained(
                CycleGAN(Translator(), Translator(), *critics, weight), pairs, steps, 16, seed
            )
            fake_b = model.a_to_b(a)
            clean = mosaic(fake_b)
            hidden = (fake_b - clean).std().item()
            home = {"home": fake_b, "clean": clean, "true": b, "noisy": fake_b + hidden * noise}
            home |= {f"noise {s}": fake_b + s * noise for s in (0.01, 0.02, 0.05, 0.1, 0.2)}
            home |= {f"true, noise {s}": b + s * noise for s in (0.01, 0.02, 0.05, 0.1, 0.2)}
            row = {key: l1_loss(model.b_to_a(x), a).item() for key, x in home.items()}
            row["noise before"] = l1_loss(model.b_to_a(model.a_to_b(a + hidden * noise)), a).item()
            row |= {"hidden": hidden, "off": l1_loss(clean, b).item()}
            entries.append({"name": f"message {name}", "seed": seed, "seconds": seconds} | row)
            print(entries[-1], flush=True)
            if seed == 0 and name == "with":
                rows = {"mosaic": fake_b, "hidden": 5 * (fake_b - clean), "home": model.b_to_a(fake_b)}
                rows |= {"clean home": model.b_to_a(clean)}
                kept |= {f"message {key}": value[:KEPT] for key, value in rows.items()}
    return entries, kept


PARTS = {"outline": outlines, "upscale": upscaled, "cycle": cycles, "hole": holes, "message": messages}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure again")
    parser.add_argument("--steps", type=int, default=0, help="other than the page's, to try the script")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS, help="which seeds; others stay")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        steps = options.steps or {"cycle": CYCLE_STEPS, "message": MESSAGE_STEPS}.get(part, STEPS)
        entries, kept = PARTS[part](steps, options.seeds)
        if options.steps:
            continue  # only tried
        before = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
        fresh = {(entry["name"], entry["seed"]) for entry in entries}
        others = [entry for entry in before if (entry["name"], entry["seed"]) not in fresh]
        RESULTS.write_text(json.dumps(others + [rounded(entry) for entry in entries], indent=0) + "\n")
        pictures = load_tensors(PICTURES)[0] if PICTURES.exists() else {}
        bytes_ = {name: value.add(1).mul(127.5).round().clamp(0, 255).byte() for name, value in kept.items()}
        save_tensors(PICTURES, pictures | bytes_)
        write_hashes()


if __name__ == "__main__":
    main()
