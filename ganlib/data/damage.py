"""Pictures damaged on purpose, from hardly visible to hopeless. Notebook 08.

A classifier that has learned to say how much a picture was damaged tells noise and blur from good pictures.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

__all__ = ["DAMAGES", "KINDS", "add_noise", "box_blur", "damage", "gaussian_blur"]

KINDS = ("noise", "blur", "mixture")  # what a damage is counted as; the order of a classifier's features


def add_noise(x: Tensor, sd: float | Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Gaussian pixel noise on images x (B, C, H, W), cut off at -1 and 1.

    Example:
        >>> add_noise(torch.zeros(1, 1, 2, 2), sd=0.0).abs().max()
        tensor(0.)
    """
    return (x + sd * torch.randn(x.shape, generator=generator, device=x.device)).clamp(-1, 1)


def box_blur(x: Tensor, size: int = 3) -> Tensor:
    """Each pixel becomes the mean of the size x size pixels around it; beyond the border lies the border.

    Example:
        >>> box_blur(torch.tensor([[[[0.0, 9.0, 0.0]]]]), size=3).flatten()
        tensor([3., 3., 3.])
    """
    left, right = (size - 1) // 2, size // 2
    return avg_pool2d(pad(x, (left, right, left, right), mode="replicate"), size, stride=1)


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """Convolve images x (B, C, H, W) with a Gaussian of standard deviation sigma, in pixels.

    With sigma 0 they stay as they are.

    Example:
        >>> gaussian_blur(torch.ones(1, 1, 8, 8), sigma=1.0).allclose(torch.ones(1))
        True
    """
    if not sigma >= 0:
        raise ValueError(f"sigma: expected 0 or a positive number of pixels, but got {sigma!r}; sigma=1.0")
    if sigma == 0:
        return x
    radius = max(1, math.ceil(2.5 * sigma))
    t = torch.arange(-radius, radius + 1.0, device=x.device)
    kernel = torch.exp(-t.square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).repeat(x.shape[1], 1, 1, 1)  # (C, 1, 1, 2 radius + 1), one a channel
    x = pad(x, (radius,) * 4, mode="replicate")
    return conv2d(conv2d(x, kernel, groups=x.shape[1]), kernel.mT, groups=x.shape[1])


def _noise(x: Tensor) -> Tensor:
    """Gaussian noise with a standard deviation from 0 to 0.8, small ones more often; one for each image."""
    return add_noise(x, 0.8 * _uniform(x) ** 1.5)


def _toward_noise(x: Tensor) -> Tensor:
    """Part of the way to uniform pixels, for a third of the images all the way."""
    part = (1.5 * _uniform(x)).clamp(max=1)
    return torch.lerp(x, 2 * torch.rand_like(x) - 1, part)


def _specks(x: Tensor) -> Tensor:
    """Up to 40 % of the pixels become black or white."""
    hit = torch.rand_like(x) < 0.4 * _uniform(x).square()
    return torch.where(hit, torch.rand_like(x).round() * 2 - 1, x)


def _gaussian_blur(x: Tensor) -> Tensor:
    return gaussian_blur(x, 0.35 + 2.2 * torch.rand(()).item() ** 1.5)


def _box_blurs(x: Tensor) -> Tensor:
    """One, two or three blurs of the same size, from 2 to 5."""
    size = int(torch.randint(2, 6, ()))
    for _ in range(int(torch.randint(1, 4, ()))):
        x = box_blur(x, size)
    return x


def _mixture(x: Tensor) -> Tensor:
    """Another image of the batch shines through, up to equal parts."""
    return torch.lerp(x, x.roll(1, 0), 0.5 * _uniform(x))


def _uniform(x: Tensor) -> Tensor:
    """A random number for each image: (B, 1, 1, 1)."""
    return torch.rand(len(x), 1, 1, 1, device=x.device)


# A way of damaging and the kind it counts as.
DAMAGES = (
    (_noise, "noise"),
    (_gaussian_blur, "blur"),
    (_toward_noise, "noise"),
    (_mixture, "mixture"),
    (_specks, "noise"),
    (_box_blurs, "blur"),
)


def damage(x: Tensor, way: int) -> tuple[Tensor, Tensor]:
    """Damage images x (B, C, H, W) in way number `way` of DAMAGES, each by a random amount.

    Returns:
        The damaged images, and (B, len(KINDS)): under the damage's kind the root mean square change of a
        pixel, 0 elsewhere.
    """
    function, kind = DAMAGES[way % len(DAMAGES)]
    damaged = function(x)
    amount = torch.zeros(len(x), len(KINDS), device=x.device)
    amount[:, KINDS.index(kind)] = (damaged - x).square().mean((1, 2, 3)).sqrt()
    return damaged, amount
