"""Exercises of notebook 07: sides, prints, the best answer to squares, a layer that doubles, arithmetic with z."""

from functools import lru_cache

import torch
from torch import nn

from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.data import load
from ganlib.gan import GAN
from ganlib.nets.dcgan import DCDiscriminator, DCGenerator, transposed
from ganlib.trainer import Trainer

TEXTS = Texts("dcgan")


def integer(low, high):
    """A random integer from low to high: an answer that fits one size alone fails."""
    return int(torch.randint(low, high + 1, ()))


def some_layers():
    """A side, and two or three layers (kernel, stride, padding) that do more than multiply it."""
    layers = []
    for i in range(integer(2, 3)):
        stride, padding = integer(2, 3), 1 if i == 0 else integer(0, 1)  # the first one cuts
        kernel = stride + 2 * padding + integer(1, 2)
        layers.append((kernel, stride, padding))
    return integer(3, 9), layers


def side_after(n, layers):
    for kernel, stride, padding in layers:
        n = (n - 1) * stride + kernel - 2 * padding
    return n


def by_stride_alone(n, layers):
    for _, stride, _ in layers:
        n = n * stride
    return n


def as_a_convolution(n, layers):
    for kernel, stride, padding in layers:
        n = (n + 2 * padding - kernel) // stride + 1
    return n


def n_prints_apart(n, layers):
    for kernel, stride, padding in layers:
        n = n * stride + kernel - 2 * padding
    return n


def cut_once(n, layers):
    for kernel, stride, padding in layers:
        n = (n - 1) * stride + kernel - padding
    return n


def uncut(n, layers):
    for kernel, stride, _ in layers:
        n = (n - 1) * stride + kernel
    return n


def padding_added(n, layers):
    for kernel, stride, padding in layers:
        n = (n - 1) * stride + kernel + 2 * padding
    return n


def last_layer_only(n, layers):
    kernel, stride, padding = layers[-1]
    return (n - 1) * stride + kernel - 2 * padding


def a_row():
    """A row of n numbers, a kernel and a stride that differ, with overlaps."""
    stride = integer(2, 3)
    return integer(4, 8), stride + integer(1, 3), stride


def prints(n, kernel, stride):
    counts = torch.zeros((n - 1) * stride + kernel)
    for i in range(n):
        counts[i * stride : i * stride + kernel] += 1
    return counts


def stride_one(n, kernel, stride):
    return prints(n, kernel, 1)


def swapped(n, kernel, stride):
    counts = torch.zeros((n - 1) * kernel + stride)
    for i in range(n):
        counts[i * kernel : i * kernel + stride] += 1
    return counts


def one_print(n, kernel, stride):
    return (prints(n, kernel, stride) > 0).float()


def even_everywhere(n, kernel, stride):
    return torch.full_like(prints(n, kernel, stride), kernel / stride)


def last_print_missing(n, kernel, stride):
    counts = prints(n, kernel, stride)
    counts[(n - 1) * stride :] -= 1
    return counts


def pictures_and_chances():
    """Three to five pictures, no two equally likely."""
    n = integer(3, 5)
    chances = torch.arange(1, n + 1).float()[torch.randperm(n)]
    return torch.rand(n, 1, 6, 6), chances / chances.sum()


def best_answer(pictures, chances):
    return (chances.view(-1, 1, 1, 1) * pictures).sum(0)


def plain_mean(pictures, chances):
    return pictures.mean(0)


def most_likely(pictures, chances):
    return pictures[chances.argmax()]


def mean_of_products(pictures, chances):
    return (chances.view(-1, 1, 1, 1) * pictures).mean(0)


def weighted_median(pictures, chances):
    order = pictures.argsort(0)
    passed = chances[order].cumsum(0) >= 0.5
    return pictures.gather(0, order).gather(0, passed.float().argmax(0, keepdim=True))[0]


def three_stacks():
    """Latent vectors of three kinds of pictures, a few of each, (k, z) with k that differ."""
    return tuple(torch.randn(integer(3, 6), 8) for _ in range(3))


def analogy(a, b, c):
    return a.mean(0) - b.mean(0) + c.mean(0)


def without_the_third(a, b, c):
    return a.mean(0) - b.mean(0)


def other_way_round(a, b, c):
    return b.mean(0) - a.mean(0) + c.mean(0)


def all_added(a, b, c):
    return a.mean(0) + b.mean(0) + c.mean(0)


def first_ones(a, b, c):
    return a[0] - b[0] + c[0]


def sums(a, b, c):
    return a.sum(0) - b.sum(0) + c.sum(0)


def no_case():
    """The training below is always the same, so that it has to run once only."""
    return ()


@lru_cache(maxsize=32)
def train_with(up):
    """What comes of G with this layer: its shapes, what it makes of a flat map, and 40 steps of training. Words -> truths."""
    torch.manual_seed(0)
    layer = up(8, 3)
    if layer is ... or layer is None:
        return ...
    for weight in layer.parameters():  # flat whatever its weights are, so also with these
        nn.init.normal_(weight, std=0.1)
    out = layer(torch.randn(1, 8, 1, 1).expand(2, 8, 6, 6))
    if out.shape != (2, 3, 12, 12):
        raise ValueError(
            f"up(8, 3) should turn maps of shape (2, 8, 6, 6) into (2, 3, 12, 12), not {tuple(out.shape)}"
        )
    inside = out[..., 3:-3, 3:-3]
    spread = (inside.amax((2, 3)) - inside.amin((2, 3))).max().item()
    blocks = layer(torch.randn(2, 8, 6, 6)).unfold(2, 2, 2).unfold(3, 2, 2)  # (2, 3, 6, 6, 2, 2)
    copies = (blocks - blocks[..., :1, :1]).abs().max().item()
    facts = {
        "a flat map is printed flat": torch.tensor(spread < 1e-4),
        "the four new pixels of a block differ": torch.tensor(copies > 1e-3),
        "its weights take part": torch.tensor(any(p.requires_grad for p in layer.parameters())),
    }
    learns = not all(facts.values()) or any(
        learns_with(up, seed) for seed in range(3)
    )  # refused: no training
    return {**facts, "G learns with it": torch.tensor(learns)}


def learns_with(up, seed):
    """Whether 40 steps halve the distance of a small DCGAN with this layer to the mean digit."""
    torch.manual_seed(seed)
    G, D = DCGenerator(width=8, up=up), DCDiscriminator(width=4, hidden=32)
    gan, digits = GAN(G, D, d_lr=1e-3), load("mnist")
    before = distance_to_mean_digit(gan, digits)
    for _ in Trainer(gan, digits, batch_size=32).until(40, every=40):
        pass
    return distance_to_mean_digit(gan, digits) < 0.5 * before


def distance_to_mean_digit(gan, digits):
    """Mean square between the mean of what G draws and the mean of real digits."""
    with torch.no_grad():
        return (gan.G(torch.randn(200, gan.z_dim)).mean(0) - digits[:2_000][0].mean(0)).square().mean().item()


def up(n_in, n_out):
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(n_in, n_out, 3, padding=1))


def convolution_first(n_in, n_out):
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.Upsample(scale_factor=2))


class Enlarged(nn.Module):
    """The first n_out channels, smoothly enlarged: no weights."""

    def __init__(self, n_out):
        super().__init__()
        self.n_out = n_out

    def forward(self, x):
        return nn.functional.interpolate(x[:, : self.n_out], scale_factor=2, mode="bilinear")


def unlearned(n_in, n_out):
    return Enlarged(n_out)


book = Workbook(
    "07",
    Exercise(
        "side_after",
        side_after,
        some_layers,
        misconceptions=TEXTS.wrong(
            "side_after",
            by_stride_alone,
            as_a_convolution,
            n_prints_apart,
            cut_once,
            uncut,
            padding_added,
            last_layer_only,
        ),
        hints=TEXTS.hints("side_after"),
    ),
    Exercise(
        "prints",
        prints,
        a_row,
        misconceptions=TEXTS.wrong(
            "prints", stride_one, swapped, one_print, even_everywhere, last_print_missing
        ),
        hints=TEXTS.hints("prints"),
    ),
    Exercise(
        "best_answer",
        best_answer,
        pictures_and_chances,
        misconceptions=TEXTS.wrong("best_answer", plain_mean, most_likely, mean_of_products, weighted_median),
        hints=TEXTS.hints("best_answer"),
    ),
    Exercise(
        "up",
        up,
        no_case,
        misconceptions=TEXTS.wrong("up", convolution_first, transposed, unlearned),
        hints=TEXTS.hints("up"),
        play=train_with,
    ),
    Exercise(
        "analogy",
        analogy,
        three_stacks,
        misconceptions=TEXTS.wrong(
            "analogy", without_the_third, other_way_round, all_added, first_ones, sums
        ),
        hints=TEXTS.hints("analogy"),
    ),
)
