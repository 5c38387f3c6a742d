"""PacGAN: D judges several samples together. Notebook 04."""

import torch  # noqa: F401, for the example
from torch import Tensor, nn

__all__ = ["Packed", "pack"]


def pack(x: Tensor, m: int) -> Tensor:
    """Lay m samples side by side, so that D judges them together: (B, ...) -> (B / m, m * features).

    Lin et al., 2018, arXiv:1712.04086.

    Raises:
        ValueError: if m does not divide B.

    Example:
        >>> pack(torch.arange(8).reshape(4, 2), 2).tolist()
        [[0, 1, 2, 3], [4, 5, 6, 7]]
    """
    if len(x) % m:
        raise ValueError(f"x: expected a multiple of m = {m} samples, but got {len(x)}; draw more")
    return x.flatten(1).unflatten(0, (-1, m)).flatten(1)


class Packed(nn.Module):
    """PacGAN's discriminator: D over packs of m samples, x (B, ...) -> logits (B / m,).

    Args:
        D: takes packs, so its input is m times as wide as a sample.
        m: samples in a pack.

    Example:
        >>> from ganlib.nets import MLPDiscriminator
        >>> D = Packed(MLPDiscriminator(shape=(2 * 784,)), 2)
        >>> D(torch.zeros(6, 1, 28, 28)).shape
        torch.Size([3])
    """

    def __init__(self, D: nn.Module, m: int = 2):
        super().__init__()
        self.D, self.m = D, m

    def forward(self, x: Tensor) -> Tensor:
        return self.D(pack(x, self.m))
