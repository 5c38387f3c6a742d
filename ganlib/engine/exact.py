"""Distances between points that stay exact far from 0."""

import torch
from torch import Tensor

__all__ = ["pairwise_distances"]


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (n, m) between the rows of a (n, d) and those of b (m, d).

    torch.cdist by itself takes a² + b² - 2ab for large sets, which loses small distances far from 0.

    Example:
        >>> pairwise_distances(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))
        tensor([[5.]])
    """
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
