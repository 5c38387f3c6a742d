"""What can be measured of a picture without a classifier: fine waves, checkerboards, ink and slant.

Notebook 07.
"""

import torch
from torch import Tensor

from ganlib.engine.checks import describe

__all__ = ["checkerboard_share", "ink", "power_spectrum", "psnr", "sharpness", "slant"]


def power_spectrum(images: Tensor) -> Tensor:
    """Mean power of the waves with 0, 1 ... H/2 periods a picture, over all directions.

    The squared size of the Fourier coefficients, averaged over pictures and over rings of wave numbers. Each
    picture's mean is taken off first, so the first entry, 0 periods, is 0. Blur shows as little power in the
    last entries.

    Args:
        images: (n, 1, H, H).

    Returns:
        (H // 2 + 1,)

    Example:
        >>> wave = torch.cos(2 * torch.pi * 5 * torch.arange(28) / 28)
        >>> power_spectrum(wave.expand(2, 1, 28, 28)).argmax().item()
        5
    """
    _check_square(images)
    side = images.shape[-1]
    power = _power(images).cpu()
    periods = torch.fft.fftfreq(side) * side
    ring = (periods[:, None].square() + periods.square()).sqrt().round().long().flatten()
    total = torch.zeros(side).index_add(0, ring, power.flatten())
    return (total / torch.bincount(ring, minlength=side).clamp_min(1))[: side // 2 + 1]


def checkerboard_share(images: Tensor) -> float:
    """Share of the power in waves that change sign from each pixel to the next, along one axis at least.

    It is 0 for flat pictures, which have no power.

    Args:
        images: (n, 1, H, H), H even.

    Example:
        >>> board = (torch.arange(8)[:, None] + torch.arange(8)) % 2
        >>> checkerboard_share(board.float().expand(1, 1, 8, 8))
        1.0
    """
    _check_square(images)
    power, middle = _power(images), images.shape[-1] // 2
    on_the_lines = power[middle].sum() + power[:, middle].sum() - power[middle, middle]
    return (on_the_lines / power.sum().clamp_min(1e-30)).item()


def ink(images: Tensor) -> Tensor:
    """Mean brightness of each picture: (n, 1, H, W) in [-1, 1] -> (n,), 0 for black and 1 for white."""
    return images.flatten(1).mean(1) / 2 + 0.5


def psnr(images: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels of pictures (n, C, H, W) in [-1, 1], larger is nearer.

        10 log10(2² / mean squared difference)

    Example:
        >>> psnr(torch.zeros(1, 1, 8, 8), torch.full((1, 1, 8, 8), 0.2))
        20.0
    """
    if images.shape != truth.shape:
        raise ValueError(
            f"truth: expected shape {tuple(images.shape)}, but got {tuple(truth.shape)}; one for each picture"
        )
    error = (images - truth).square().mean()
    return (10 * torch.log10(4 / error)).item()


def sharpness(images: Tensor) -> float:
    """Mean squared step from a pixel to its neighbor, along both axes: small where pictures are blurred.

    Example:
        >>> sharpness(torch.tensor([[[[-1.0, 1.0], [-1.0, 1.0]]]]))
        4.0
    """
    along, down = images.diff(dim=-1).square().mean(), images.diff(dim=-2).square().mean()
    return (along + down).item()


def slant(images: Tensor) -> Tensor:
    """How far the ink of each picture leans to the right for each pixel upward.

    The slope of the line x = slope * height that fits the ink best: cov(x, height) / var(height).

    Args:
        images: (n, 1, H, W) in [-1, 1], bright ink on black.

    Returns:
        (n,)
    """
    paint = (images[:, 0] + 1).clamp_min(0) + 1e-9
    share = paint / paint.sum((1, 2), keepdim=True)  # (n, H, W)
    rows, columns = (torch.arange(float(n), device=images.device) for n in share.shape[1:])
    height = (share.sum(2) * rows).sum(1, keepdim=True) - rows  # (n, H), upward from the center
    x = columns - (share.sum(1) * columns).sum(1, keepdim=True)  # (n, W)
    return torch.einsum("nyx,ny,nx->n", share, height, x) / (share.sum(2) * height.square()).sum(1)


def _power(images):
    """Mean squared size of each Fourier coefficient, each picture's mean taken off: (H, H)."""
    x = images.detach().float().squeeze(1)
    return torch.fft.fft2(x - x.mean((1, 2), keepdim=True)).abs().square().mean(0)


def _check_square(images):
    ok = torch.is_tensor(images) and images.dim() == 4 and images.shape[1] == 1 and len(images) > 0
    if not ok or images.shape[2] != images.shape[3]:
        raise ValueError(f"images: expected square gray pictures (n, 1, H, H), but got {describe(images)}")
