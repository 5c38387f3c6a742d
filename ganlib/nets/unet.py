"""A small U-Net that also reads a time: what noise looks like data, at every moment. Notebook 10."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle, silu

__all__ = ["TimeUNet", "time_features"]

TIME_WIDTH = 64  # numbers that describe t


def time_features(t: Tensor, width: int) -> Tensor:
    """Sines and cosines of t at frequencies from 1/4 to 25 turns: t (B,) -> (B, width)."""
    turns = 0.25 * torch.logspace(0, 2, width // 2, device=t.device)
    angles = 2 * math.pi * t[:, None] * turns
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class _TimedBlock(nn.Module):
    """h + conv(conv(h)), where the time scales and shifts the channels in between."""

    def __init__(self, channels):
        super().__init__()
        self.norm_in, self.norm_out = nn.GroupNorm(8, channels), nn.GroupNorm(8, channels)
        self.conv_in, self.conv_out = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.modulation = nn.Linear(TIME_WIDTH, 2 * channels)
        for layer in (self.conv_out, self.modulation):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, h, time):
        scale, shift = self.modulation(time)[:, :, None, None].chunk(2, dim=1)  # (B, channels, 1, 1) each
        inner = self.conv_in(silu(self.norm_in(h)))
        return h + self.conv_out(silu(self.norm_out(inner) * (1 + scale) + shift))


class TimeUNet(nn.Module):
    """x (B, 1, 28, 28), t (B,) -> (B, 1, 28, 28): down to 7x7, back up, with a skip across.

    Ronneberger, Fischer and Brox, 2015, arXiv:1505.04597; with a time: Ho, Jain and Abbeel, 2020,
    arXiv:2006.11239. Pixels enter in squares of 2x2, so no convolution works at full size, which would cost
    the most.

    Args:
        width: channels at 14x14; at 7x7 there are twice as many.

    Example:
        >>> TimeUNet()(torch.randn(2, 1, 28, 28), torch.rand(2)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        first, second = (nn.Linear(TIME_WIDTH, TIME_WIDTH) for _ in range(2))
        self.time = nn.Sequential(first, nn.SiLU(), second, nn.SiLU())
        self.enter = nn.Conv2d(4, width, 3, padding=1)
        self.before = _TimedBlock(width)
        self.down = nn.Conv2d(width, 2 * width, 2, stride=2)
        self.place = nn.Parameter(torch.zeros(1, 2 * width, 7, 7))  # where in the picture a channel is
        self.middle = nn.ModuleList(_TimedBlock(2 * width) for _ in range(2))
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.after = _TimedBlock(width)
        self.norm, self.leave = nn.GroupNorm(8, width), nn.Conv2d(width, 4, 3, padding=1)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        time = self.time(time_features(t, TIME_WIDTH))  # (B, TIME_WIDTH)
        squares = pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)  # (B, 4, 14, 14)
        h = self.before(self.enter(squares), time)  # (B, width, 14, 14)
        m = self.down(h) + self.place  # (B, 2 width, 7, 7)
        for block in self.middle:
            m = block(m, time)
        h = self.after(h + self.up(m), time)
        return pixel_shuffle(self.leave(silu(self.norm(h))), 2)
