"""A layer that lets D see whether the samples of a batch are too much alike. Notebook 04."""

import torch
from torch import Tensor, nn

__all__ = ["MinibatchStdDev", "append_stddev"]


def append_stddev(h: Tensor, group: int | None = None) -> Tensor:
    """Append to each row of h how far the rows of its group spread: (..., B, n) -> (..., B, n + 1).

        spread = mean over features of sqrt(variance over the group)

    group: how many rows are compared, the whole batch by default. A collapsed batch has a small spread, and
        D sees it.
    Karras et al., 2018, arXiv:1710.10196. Notebook 04.
    """
    size = h.shape[-2]
    group = group or size
    if size % group:
        raise ValueError(f"group: expected a divisor of the batch, {size}, but got {group}; group=4")
    rows = h.unflatten(-2, (-1, group))  # (..., B / group, group, n)
    spread = (
        (rows.var(-2, unbiased=False) + 1e-8).sqrt().mean(-1)
    )  # (..., B / group); 1e-8 keeps the root smooth at 0
    return torch.cat([h, spread.repeat_interleave(group, -1)[..., None]], -1)


class MinibatchStdDev(nn.Module):
    """`append_stddev` as a layer for D, before its last linear layer: (B, n) -> (B, n + 1)."""

    def __init__(self, group: int | None = None):
        super().__init__()
        self.group = group

    def forward(self, h: Tensor) -> Tensor:
        return append_stddev(h, self.group)
