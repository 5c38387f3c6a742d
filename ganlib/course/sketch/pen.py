"""Strokes of a pen as a picture, as sketch.js draws them."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

__all__ = ["EXAMPLES", "HALF_WIDTH", "SIDE", "raster"]

EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
SIDE = 28
HALF_WIDTH = 1.0  # of a line, in pixels: as thick as the lines of `ganlib.data.pairs.outline`


def raster(strokes: Sequence[Sequence[Sequence[float]]]) -> Tensor:
    """White lines on black, (1, 1, 28, 28) in {-1, 1}: a pixel is white if its middle lies near a line.

    Args:
        strokes: each a list of points (x, y) in pixels, x to the right and y down; a line joins neighbors,
            and a single point is a dot.

    Raises:
        ValueError: for anything else; a browser may send what it likes.

    Example:
        >>> raster([[[14, 14]]]).gt(0).sum()
        tensor(4)
    """
    ticks = torch.arange(SIDE) + 0.5
    middles = torch.stack(torch.meshgrid(ticks, ticks, indexing="xy"), -1)  # (28, 28, 2)
    picture = torch.full((SIDE, SIDE), -1.0)
    for stroke in strokes:
        points = _points(stroke)
        for a, b in zip(points, points[1:] if len(points) > 1 else points):
            share = ((middles - a) @ (b - a) / (b - a).square().sum().clamp_min(1e-9)).clamp(0, 1)
            distance = (middles - a - share[..., None] * (b - a)).norm(dim=-1)
            picture[distance < HALF_WIDTH] = 1.0
    return picture[None, None]


def _points(stroke):
    """A stroke as a tensor (n, 2)."""
    try:
        points = torch.tensor(stroke, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        points = torch.empty(0)
    if points.dim() != 2 or points.shape[1] != 2 or not len(points) or not points.isfinite().all():
        raise ValueError(
            f"strokes: expected lists of points (x, y), but got {stroke!r:.60}; [[14, 14]] is a dot"
        )
    return points
