"""Pictures moved a little, so that few labels go further. Notebook 13."""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

__all__ = ["random_affine"]


def random_affine(x: Tensor, degrees: float = 12.0, shift: float = 0.1, scale: float = 0.1) -> Tensor:
    """Turn, move and resize each picture by a little, each by another amount, all uniform.

    Args:
        x: (B, C, H, W).
        degrees: turned by -degrees to degrees.
        shift: moved by up to this share of the side.
        scale: resized by a factor from 1 - scale to 1 + scale.

    Returns:
        (B, C, H, W), read off between the pixels bilinearly; beyond the border lies the border.

    Example:
        >>> x = torch.randn(2, 1, 8, 8)
        >>> random_affine(x, degrees=0, shift=0, scale=0).allclose(x, atol=1e-5)
        True
    """
    angle, size, right, down = (2 * torch.rand(4, len(x), device=x.device, dtype=x.dtype) - 1).unbind()
    angle, size = angle * math.radians(degrees), 1 / (1 + scale * size)
    cos, sin = size * angle.cos(), size * angle.sin()
    rows = torch.stack([cos, -sin, 2 * shift * right]), torch.stack([sin, cos, 2 * shift * down])
    grid = affine_grid(torch.stack(rows).permute(2, 0, 1), list(x.shape), align_corners=False)  # (B, H, W, 2)
    return grid_sample(x, grid, padding_mode="border", align_corners=False)
