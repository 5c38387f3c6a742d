"""Nets that take a picture and give a picture, and a discriminator that judges patches. Notebook 11."""

import torch
from torch import Tensor, nn

from ganlib.engine.checks import describe

__all__ = ["PatchDiscriminator", "Translator", "Upscaler", "receptive_field"]


def receptive_field(kernels: list[int], strides: list[int]) -> int:
    """How many pixels, along one axis, a unit of the last convolution sees.

        r = 1 + Σ (kernel_l - 1) · stride_1 ⋯ stride_{l-1}

    Args:
        kernels, strides: of the convolutions, the first one first.

    Example:
        >>> receptive_field([4, 4, 4, 4, 4], [2, 2, 2, 1, 1])  # pix2pix's, arXiv:1611.07004
        70
    """
    if len(kernels) != len(strides):
        raise ValueError(
            f"strides: expected one for each of {len(kernels)} kernels, but got {len(strides)}; stride 1 "
            "counts, too"
        )
    pixels, jump = 1, 1
    for kernel, stride in zip(kernels, strides):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


class _Residual(nn.Module):
    """h + what two convolutions see in it."""

    def __init__(self, channels):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, h):
        return h + self.net(h)


class Translator(nn.Module):
    """Pictures (B, 1, 28, 28) -> pictures (B, 1, 28, 28) in [-1, 1]: down to 7x7 and back up.

    With a skip it is a U-Net: the first layer's map goes straight to the last one, so that edges stay where
    they are. Isola et al., 2016, arXiv:1611.07004; Ronneberger et al., 2015, arXiv:1505.04597.

    Args:
        width: channels at 14x14; at 7x7 there are twice as many.
        skip: whether the first map is handed to the last layer.

    Example:
        >>> Translator()(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, width: int = 32, skip: bool = True) -> None:
        super().__init__()
        self.skip = skip
        self.enter = nn.Sequential(nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2))
        self.middle = nn.Sequential(
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            _Residual(2 * width),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.2),
        )
        self.leave = nn.Sequential(nn.ConvTranspose2d(width * (1 + skip), 1, 4, 2, 1), nn.Tanh())
        self.to(memory_format=torch.channels_last)

    def forward(self, y: Tensor) -> Tensor:
        first = self.enter(y)  # (B, width, 14, 14)
        h = self.middle(first)  # (B, width, 14, 14), by way of 7x7
        return self.leave(torch.cat([h, first], 1) if self.skip else h)  # (B, 1, 28, 28)


class Upscaler(nn.Module):
    """Pictures (B, 1, 7, 7) -> pictures (B, 1, 28, 28) in [-1, 1]. Ledig et al., 2016, arXiv:1609.04802.

    Args:
        width: channels at 7x7; at 14x14 there are half as many.

    Example:
        >>> Upscaler()(torch.zeros(2, 1, 7, 7)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(width, width // 2, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(width // 2, 1, 4, 2, 1),
            nn.Tanh(),
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, y: Tensor) -> Tensor:
        return self.net(y)  # (B, 1, 28, 28)


class PatchDiscriminator(nn.Module):
    """Pictures x (B, 1, 28, 28) [, y] -> a logit for each of 7x7 overlapping patches (B, 7, 7).

    Each logit sees 18x18 pixels (`receptive_field`). Isola et al., 2016, arXiv:1611.07004. No batch norm, so
    each picture is judged alone.

    Args:
        width: channels at 14x14; at 7x7 there are twice as many.
        side: of the condition y, 28 or 7: it joins where the map is as large. 0 for no condition: a y is then
            ignored, so that `Pix2Pix` can be tried without.

    Example:
        >>> PatchDiscriminator(side=7)(torch.zeros(2, 1, 28, 28), torch.zeros(2, 1, 7, 7)).shape
        torch.Size([2, 7, 7])
    """

    per_sample = True
    kernels, strides = [4, 4, 3, 1], [2, 2, 1, 1]

    def __init__(self, width: int = 32, side: int = 28) -> None:
        super().__init__()
        if side not in (0, 7, 28):
            raise ValueError(f"side: expected 28, 7 or 0, the side of the condition, but got {side!r}")
        self.side = side
        self.halve = nn.Sequential(
            nn.Conv2d(1 + (side == 28), width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.LeakyReLU(0.2),
        )
        self.judge = nn.Sequential(
            nn.Conv2d(2 * width + (side == 7), 2 * width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 1),
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        if self.side:
            _check_condition(x, y, self.side)
        h = self.halve(torch.cat([x, y], 1) if self.side == 28 else x)  # (B, 2 width, 7, 7)
        return self.judge(torch.cat([h, y], 1) if self.side == 7 else h).squeeze(1)  # (B, 7, 7)


def _check_condition(x, y, side):
    shape = (len(x), 1, side, side)
    if not (torch.is_tensor(y) and y.shape == shape):
        raise ValueError(
            f"y: expected pictures of shape {shape}, but got {describe(y)}; build D with the side of y, or "
            "with side=0 for no condition"
        )
