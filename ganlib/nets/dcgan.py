"""DCGAN's nets, small enough for a laptop, for pictures of 28x28, 32x32, 64x64 ... Notebook 07.

G begins with a small map of many channels and doubles its side until it has `size` pixels. D halves the side
until it is back at the small map: 7 for 28 pixels, 8 for 32, 64 and 128. So `size` is 5, 6, 7 or 8
times a power of two. Radford, Metz and Chintala, 2015, arXiv:1511.06434.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["DCDiscriminator", "DCGenerator", "pooled", "resize_conv", "small_side", "strided", "transposed"]

Block = Callable[[int, int], nn.Module]  # (channels in, channels out) -> a module


def transposed(n_in: int, n_out: int, kernel: int = 4) -> nn.Module:
    """A transposed convolution that doubles the side.

    (n - 1) * 2 + kernel - 2 * padding is 2 n, where an odd kernel takes 1 more as output padding.
    """
    return nn.ConvTranspose2d(n_in, n_out, kernel, 2, (kernel - 1) // 2, output_padding=kernel % 2)


def resize_conv(n_in: int, n_out: int, kernel: int = 3) -> nn.Module:
    """Each pixel becomes four, then a convolution with an odd kernel: no checkerboard.

    Odena, Dumoulin and Olah, 2016, doi:10.23915/distill.00003.
    """
    if kernel % 2 == 0:
        raise ValueError(f"kernel: expected an odd number, which keeps the side, but got {kernel}; 3, say")
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2))


def strided(n_in: int, n_out: int, kernel: int = 4) -> nn.Module:
    """A convolution that halves the side."""
    return nn.Conv2d(n_in, n_out, kernel, 2, (kernel - 1) // 2)


def pooled(n_in: int, n_out: int, kernel: int = 3) -> nn.Module:
    """What DCGAN replaced: convolve at full size, then keep the largest of four."""
    return nn.Sequential(nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2), nn.MaxPool2d(2))


def leaky() -> nn.Module:
    """LeakyReLU with slope 0.2, DCGAN's choice for D."""
    return nn.LeakyReLU(0.2)


def small_side(size: int) -> int:
    """The side of the small map: `size` halved while it is even and above 8.

    Example:
        >>> [small_side(size) for size in (28, 32, 64, 128)]
        [7, 8, 8, 8]
    """
    side = size
    while side > 8 and side % 2 == 0:
        side //= 2
    _check_size(size, side)
    return side


class DCGenerator(nn.Module):
    """z (B, z_dim) -> pictures (B, channels, size, size) in [-1, 1].

    A linear layer draws the small map; every doubling halves the channels; the last one gives the picture.

    Args:
        z_dim: the length of z.
        width: channels before the last doubling.
        size: the side of a picture: 28, 32, 64 ..., any that `small_side` can halve to 5, 6, 7 or 8.
        channels: 1 for gray pictures, 3 for colors.
        up: (channels in, channels out) -> a module that doubles the side.
        norm: channels -> a module; `nn.Identity` leaves batch norm out.
        activation: () -> a module, after each norm.
        output: the last module.

    Example:
        >>> DCGenerator(size=64, channels=3)(torch.randn(2, 64)).shape
        torch.Size([2, 3, 64, 64])
    """

    def __init__(
        self,
        z_dim: int = 64,
        width: int = 32,
        size: int = 28,
        channels: int = 1,
        *,
        up: Block = transposed,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        activation: Callable[[], nn.Module] = nn.ReLU,
        output: Callable[[], nn.Module] = nn.Tanh,
    ) -> None:
        super().__init__()
        self.z_dim, side = z_dim, small_side(size)
        doublings = (size // side).bit_length() - 1
        widths = [width << i for i in reversed(range(doublings))]  # 64, 32 for size 28
        layers = [nn.Linear(z_dim, widths[0] * side**2), nn.Unflatten(1, (widths[0], side, side))]
        layers += [norm(widths[0]), activation()]
        for n_in, n_out in zip(widths, widths[1:]):
            layers += [up(n_in, n_out), norm(n_out), activation()]
        self.net = nn.Sequential(*layers, up(width, channels), output())
        self.to(memory_format=torch.channels_last)  # on a CPU up to twice as quick

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)  # (B, channels, size, size)


class DCDiscriminator(nn.Module):
    """Pictures x (B, channels, size, size) -> logits (B,).

    Each halving of the side doubles the channels; then one layer, or two, to the logit. Without batch norm
    each sample is judged alone, so that real and fake share one pass, and a gradient penalty is defined.

    Args:
        width: channels after the first halving.
        size, channels: as in `DCGenerator`.
        hidden: units of a fully connected layer before the logit; 0 leaves it out, as DCGAN does.
        down: (channels in, channels out) -> a module that halves the side.
        norm: channels -> a module, after every halving but the first; `nn.BatchNorm2d` is DCGAN's.
        activation: () -> a module.
        shift: added to x. With 1 black, -1 in the data, is 0, as the zeros that convolutions pad with.

    Example:
        >>> DCDiscriminator(size=64, channels=3)(torch.randn(2, 3, 64, 64)).shape
        torch.Size([2])
    """

    def __init__(
        self,
        width: int = 16,
        size: int = 28,
        channels: int = 1,
        hidden: int = 256,
        *,
        down: Block = strided,
        norm: Callable[[int], nn.Module] = nn.Identity,
        activation: Callable[[], nn.Module] = leaky,
        shift: float = 0.0,
    ) -> None:
        super().__init__()
        self.shift, side = shift, small_side(size)
        halvings = (size // side).bit_length() - 1
        widths = [width << i for i in range(halvings)]  # 16, 32 for size 28
        layers = [down(channels, width), activation()]
        for n_in, n_out in zip(widths, widths[1:]):
            layers += [down(n_in, n_out), norm(n_out), activation()]
        n = widths[-1] * side * side
        head = [nn.Linear(n, hidden), activation(), nn.Linear(hidden, 1)] if hidden else [nn.Linear(n, 1)]
        self.net = nn.Sequential(*layers, nn.Flatten(), *head, nn.Flatten(0))
        self.per_sample = not any(
            isinstance(part, nn.modules.batchnorm._BatchNorm) for part in self.modules()
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x + self.shift)  # (B,)


def _check_size(size, side):
    if not 5 <= side <= 8 or size == side:
        raise ValueError(
            f"size: expected 5, 6, 7 or 8 times 2, 4, 8 ..., but got {size}; resize pictures to 28, 32 or 64"
        )
