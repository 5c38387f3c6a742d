"""PacGAN: D judges several samples together. Notebook 04."""

from torch import Tensor, nn

__all__ = ["Packed", "pack"]


def pack(x: Tensor, m: int) -> Tensor:
    """Lay m samples side by side, so that D judges them together: (B, ...) -> (B / m, m * features).

    Lin et al., 2018, arXiv:1712.04086. Notebook 04.
    """
    if len(x) % m:
        raise ValueError(f"x: expected a multiple of m = {m} samples, but got {len(x)}; draw more")
    return x.flatten(1).unflatten(0, (-1, m)).flatten(1)


class Packed(nn.Module):
    """PacGAN's discriminator: D over packs of m samples, x (B, ...) -> logits (B / m,).

    D's input is m times as wide.
    """

    def __init__(self, D: nn.Module, m: int = 2):
        super().__init__()
        self.D, self.m = D, m

    def forward(self, x: Tensor) -> Tensor:
        return self.D(pack(x, self.m))
