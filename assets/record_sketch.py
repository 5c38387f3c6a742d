"""Train the net behind the drawing page of notebook 11: checkpoints/sketch.safetensors, 16 bits a weight.

python assets/record_sketch.py --keep; four minutes on one core.

pix2pix as in notebook 11, but for outlines as a hand draws them: the border of the whole piece more often
than its pattern, wobbly, thick or thin, with gaps, anywhere on the page.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch.nn.functional import affine_grid, grid_sample, interpolate, l1_loss, max_pool2d, pad

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from build import write_hashes  # noqa: E402

from ganlib import data, metrics  # noqa: E402
from ganlib.course import plots  # noqa: E402
from ganlib.course.sketch.pen import EXAMPLES, raster  # noqa: E402
from ganlib.data.augment import random_affine  # noqa: E402
from ganlib.data.pairs import outline  # noqa: E402
from ganlib.engine.checkpoint import save_tensors  # noqa: E402
from ganlib.nets import PatchDiscriminator, Translator  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402
from ganlib.variants import Pix2Pix  # noqa: E402

SANDAL = 5  # mostly straps and gaps: no outline that a hand would draw


def chance(n, p):
    return torch.rand(n, 1, 1, 1) < p


def border(x):
    """The outer border of a piece, and of large holes in it: white lines, (n, 1, H, W)."""
    cloth = (x > -0.85).float()
    closed = -max_pool2d(-max_pool2d(cloth, 3, 1, 1), 3, 1, 1)  # small dark spots belong to the cloth
    return outline(closed * 2 - 1)


def wobbled(y):
    """Lines drawn by an unsteady hand: each place is moved by up to a pixel or two, neighbors alike."""
    n = len(y)
    moves = interpolate(torch.randn(n, 2, 6, 6), size=28, mode="bicubic").permute(0, 2, 3, 1) * 0.5 / 14
    grid = affine_grid(torch.eye(2, 3).expand(n, 2, 3), list(y.shape), align_corners=False)
    return grid_sample(y + 1, grid + moves, align_corners=False).gt(1).float() * 2 - 1


def drawn(x):
    """What a hand might draw of the clothes x."""
    n = len(x)
    y = torch.where(chance(n, 0.3), outline(x, 0.9), border(x))
    y = torch.where(chance(n, 0.1), outline(x), y)
    y = torch.where(chance(n, 0.8), wobbled(y), y)
    y = torch.where(chance(n, 0.2), max_pool2d(pad(y, (0, 1, 0, 1), value=-1.0), 2, 1), y)  # thicker
    holes = interpolate(torch.rand(n, 1, 9, 9), size=28) < 0.06  # gaps of 3 x 3
    return torch.where(holes & chance(n, 0.6), -1.0, y)


class Sketches:
    """Pairs for a Trainer: clothes x somewhere on the page, and a drawing y of them."""

    def __init__(self, images):
        self.images = images

    def batch(self, n):
        x = pad(self.images.batch(n)[0], (2, 2, 2, 2), value=-1.0)
        x = interpolate(random_affine(x, 6, 0.06, 0.14), size=28, mode="bilinear", antialias=True)
        x = torch.where(chance(n, 0.5), x, x.flip(3))
        return x, drawn(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--look", help="where to draw a sheet of the examples")
    parser.add_argument("--keep", action="store_true", help="keep the net")
    options = parser.parse_args()
    torch.manual_seed(0)
    everything = data.load("fashion")
    kept = torch.arange(len(everything)) < 4000
    kept &= everything.labels != SANDAL
    clothes = data.ImageSet(everything.images[kept], everything.labels[kept], everything.class_names)
    model = Pix2Pix(Translator(), PatchDiscriminator(), ema_decay=0.998)
    trainer = Trainer(model, Sketches(clothes), 32, conditional=True, seed=0)
    for snapshot in trainer.until(options.steps, every=options.steps // 20):
        if snapshot.step >= options.steps / 2:
            for group in (*model.g_optimizer.param_groups, *model.d_optimizer.param_groups):
                group["lr"] *= 0.75
    truth = everything[4000:][0]
    found = {
        name: {"l1": l1_loss(made, truth).item(), "rfd": metrics.Judge("fashion").relative_fd(made)}
        for name, made in (
            ("outlines", model.translate(outline(truth))),
            ("drawings", model.translate(drawn(truth))),
        )
    } | {"steps": trainer.step, "seconds": round(trainer.seconds, 1)}
    print(found)
    if options.look:
        tries = torch.cat([raster(strokes) for strokes in EXAMPLES.values()])
        x, y = Sketches(clothes).batch(18)
        rows = [tries, model.translate(tries), y, model.translate(y), x]
        plots.image_grid(torch.cat(rows), columns=9, scale=4).save(options.look)
    if options.keep:
        half = {
            key: value.half() if value.is_floating_point() else value
            for key, value in model.ema.module.state_dict().items()
        }
        save_tensors(ASSETS / "checkpoints/sketch.safetensors", half, **found)
        write_hashes()


if __name__ == "__main__":
    main()
