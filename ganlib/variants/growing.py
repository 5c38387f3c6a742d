"""Nets that grow from 7x7 to 14x14 to 28x28 while they are trained. Notebook 12.

Karras, Aila, Laine and Lehtinen, 2017, arXiv:1710.10196.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from ganlib.data.images import ImageSet
from ganlib.gan import GAN
from ganlib.nets.style import pixel_norm
from ganlib.variants.minibatch_stddev import GROUP, append_stddev

__all__ = ["SIDES", "GrowingDiscriminator", "GrowingGenerator", "ShrunkImages", "fade", "set_size"]

SIDES = (7, 14, 28)


def fade(small: Tensor, large: Tensor, alpha: float) -> Tensor:
    """(1 - alpha) * enlarged + alpha * large: the new layer's picture replaces the enlarged old one.

    Args:
        small: (B, C, H, W), what the smaller net draws; each pixel becomes four.
        large: (B, C, 2 H, 2 W), what the net with one more layer draws.
        alpha: from 0, the old net, to 1, the new one.

    Example:
        >>> fade(torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 2, 2), 0.25).flatten().tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    return (1 - alpha) * interpolate(small, scale_factor=2) + alpha * large


class GrowingGenerator(nn.Module):
    """z (B, z_dim) -> pictures (B, 1, side, side) in [-1, 1]; `set_size` says which side, how far faded in.

    Each size has a layer, and a 1x1 convolution of its own that turns channels into a picture. Each place's
    channels are scaled to length sqrt(channels) after a layer, so that no signal grows out of bounds.

    Example:
        >>> G = GrowingGenerator()
        >>> G.side, G.alpha = 14, 0.5
        >>> G(torch.randn(2, 64)).shape
        torch.Size([2, 1, 14, 14])
    """

    def __init__(self, z_dim: int = 64, channels: tuple[int, int, int] = (32, 32, 16)) -> None:
        super().__init__()
        self.z_dim, self.side, self.alpha = z_dim, SIDES[-1], 1.0
        self.start = nn.Linear(z_dim, channels[0] * 49)
        widths = (channels[0], *channels)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, channels))
        self.to_picture = nn.ModuleList(nn.Conv2d(n, 1, 1) for n in channels)
        self.to(memory_format=torch.channels_last)

    def forward(self, z: Tensor) -> Tensor:
        last, h = SIDES.index(self.side), self.start(z).unflatten(1, (-1, 7, 7))
        h = h.contiguous(memory_format=torch.channels_last)
        for i in range(last + 1):
            before = h
            h = pixel_norm(leaky_relu(self.layers[i](interpolate(h, scale_factor=2) if i else h), 0.2))
        large = self.to_picture[last](h)  # (B, 1, side, side)
        if last and self.alpha < 1:
            large = fade(self.to_picture[last - 1](before), large, self.alpha)
        return large.tanh()


class GrowingDiscriminator(nn.Module):
    """Pictures (B, 1, side, side) -> logits (B,): G's mirror image, with the spread of each group appended.

    Example:
        >>> GrowingDiscriminator()(torch.zeros(8, 1, 28, 28)).shape
        torch.Size([8])
    """

    def __init__(self, channels: tuple[int, int, int] = (32, 32, 16)) -> None:
        super().__init__()
        self.side, self.alpha = SIDES[-1], 1.0
        self.from_picture = nn.ModuleList(nn.Conv2d(1, n, 1) for n in channels)
        widths = (channels[0], *channels)
        self.layers = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in zip(widths, channels))
        self.hidden, self.last = nn.Linear(channels[0] * 49, 128), nn.Linear(129, 1)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        last = SIDES.index(self.side)
        h = leaky_relu(self.from_picture[last](x), 0.2)
        for i in range(last, -1, -1):
            h = leaky_relu(self.layers[i](h), 0.2)
            h = avg_pool2d(h, 2) if i else h
            if i == last and i and self.alpha < 1:
                old = leaky_relu(self.from_picture[i - 1](avg_pool2d(x, 2)), 0.2)
                h = (1 - self.alpha) * old + self.alpha * h
        h = leaky_relu(self.hidden(h.flatten(1)), 0.2)
        return self.last(append_stddev(h, GROUP)).flatten()


def set_size(gan: GAN, side: int, alpha: float = 1.0) -> None:
    """Let both nets, and the averaged generator, work at this side, faded in this far.

    Raises:
        ValueError: for a side that the nets do not have.
    """
    if side not in SIDES:
        raise ValueError(f"side: expected one of {SIDES}, but got {side!r}")
    for net in (gan.G, gan.D, gan.ema.module):
        net.side, net.alpha = side, alpha


class ShrunkImages:
    """The batches of an ImageSet, each picture reduced to side x side by means of squares.

    With alpha < 1 a real picture is faded as G's are, but at the smallest side, which has no smaller one to
    fade from: Karras et al., 2018, section 2.

    Example:
        >>> from ganlib.data import load
        >>> ShrunkImages(load("mnist"), 7).batch(2)[0].shape
        torch.Size([2, 1, 7, 7])
    """

    def __init__(self, data: ImageSet, side: int) -> None:
        self.data, self.side, self.alpha = data, side, 1.0

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n pictures (n, C, side, side) in [-1, 1], and their labels."""
        x, y = self.data.batch(n)
        x = avg_pool2d(x, x.shape[-1] // self.side)
        faded = self.alpha < 1 and self.side > SIDES[0]
        return (fade(avg_pool2d(x, 2), x, self.alpha) if faded else x), y
