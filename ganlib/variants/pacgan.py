"""PacGAN: D judges several samples together. Notebook 04."""

from torch import Tensor

__all__ = ["pack"]


def pack(x: Tensor, m: int) -> Tensor:
    """Lay m samples side by side, so that D judges them together: (B, ...) -> (B / m, m * features).

    Lin et al., 2017, arXiv:1712.04086.

    Raises:
        ValueError: if m does not divide B.

    Example:
        >>> import torch
        >>> pack(torch.arange(8).reshape(4, 2), 2).tolist()
        [[0, 1, 2, 3], [4, 5, 6, 7]]
    """
    if len(x) % m:
        raise ValueError(f"x: expected a multiple of m = {m} samples, but got {len(x)}; draw more")
    return x.flatten(1).unflatten(0, (-1, m)).flatten(1)
