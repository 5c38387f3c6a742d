"""Two paths between latent vectors. Notebook 03."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

__all__ = ["lerp", "slerp"]


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Linear interpolation, a + t (b - a).

    Halfway between two independent normal vectors of many dimensions its norm is too small by a factor of
    about 1/√2.

    Example:
        >>> lerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
        tensor([0.5000, 0.5000])
    """
    return a + t * (b - a)


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical linear interpolation along the great circle, for vectors (..., d).

        (sin((1-t)ω) a + sin(tω) b) / sin ω,    ω the angle between a and b

    Where a and b have the same or opposite directions there is no single circle, and lerp is returned. White,
    2016, arXiv:1609.04468.

    Example:
        >>> slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
        tensor([0.7071, 0.7071])
    """
    cosine = cosine_similarity(a, b, dim=-1).clamp(-1, 1)[..., None]
    on_a_line = 1 - cosine.square() < 1e-6  # sin² ω, which float32 knows up to 4e-7
    omega = torch.where(on_a_line, 0.0, cosine).arccos()  # there arccos has no slope, and sin ω is 0
    arc = (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / omega.sin()
    return torch.where(on_a_line, lerp(a, b, t), arc)
