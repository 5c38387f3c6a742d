"""A layer that lets D see whether the samples of a batch are too much alike. Notebook 04."""

import torch
from torch import Tensor, nn

__all__ = ["GROUP", "MinibatchStdDev", "append_stddev"]

GROUP = 8  # how many pictures the D of a growing or a style-based generator compares


def append_stddev(h: Tensor, group: int | None = None) -> Tensor:
    """Append to each row of h how far the rows of its group spread.

    A collapsed batch has a small spread, and D sees it.

        spread = mean over features of sqrt(variance over the group)

    Karras et al., 2017, arXiv:1710.10196.

    Args:
        h: (..., B, n), hidden units of a batch.
        group: how many rows are compared; None takes the whole batch.

    Returns:
        (..., B, n + 1).

    Raises:
        ValueError: if group does not divide the batch.

    Example:
        >>> append_stddev(torch.tensor([[0.0, 1.0], [4.0, 1.0]])).round(decimals=3).tolist()
        [[0.0, 1.0, 1.0], [4.0, 1.0, 1.0]]
    """
    _check_group(h, group)
    rows = h.unflatten(-2, (-1, group or h.shape[-2]))  # (..., B / group, group, n)
    deviation = (rows.var(-2, unbiased=False) + 1e-8).sqrt()  # 1e-8 keeps the root smooth at 0
    spread = deviation.mean(-1).repeat_interleave(rows.shape[-2], -1)  # (..., B)
    return torch.cat([h, spread[..., None]], -1)


class MinibatchStdDev(nn.Module):
    """`append_stddev` as a layer for D, before its last linear layer: (B, n) -> (B, n + 1)."""

    def __init__(self, group: int | None = None):
        super().__init__()
        self.group = group

    def forward(self, h: Tensor) -> Tensor:
        return append_stddev(h, self.group)


def _check_group(h, group):
    if group is not None and (group < 1 or h.shape[-2] % group):
        raise ValueError(
            f"group: expected a divisor of the batch, {h.shape[-2]}, but got {group}; draw a batch that it "
            "divides, or let group=None compare the whole batch"
        )
