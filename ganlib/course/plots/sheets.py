"""Sheets of small images."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlib.engine.checks import describe

__all__ = ["below", "beside", "image_grid"]


def image_grid(images: Tensor, columns: int = 8, scale: int = 2, gap: int = 2) -> Image.Image:
    """Images (n, 1 or 3, H, W) in [-1, 1] as one PIL image, row by row, each pixel drawn scale x scale."""
    ok = torch.is_tensor(images) and images.dim() == 4 and len(images) > 0 and images.shape[1] in (1, 3)
    if not ok:
        raise ValueError(
            f"images: expected a non-empty tensor (n, 1 or 3, H, W), but got {describe(images)}; "
            "gan.generate(64)"
        )
    pixels = images.detach().float().cpu().add(1).mul(127.5).clamp(0, 255).round().byte().numpy()
    n, channels, height, width = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    sheet = np.full((channels, rows * (height + gap) + gap, columns * (width + gap) + gap), 96, np.uint8)
    for i, image in enumerate(pixels):
        top, left = gap + i // columns * (height + gap), gap + i % columns * (width + gap)
        sheet[:, top : top + height, left : left + width] = image
    picture = Image.fromarray(sheet[0] if channels == 1 else sheet.transpose(1, 2, 0))
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two PIL images in one row, on white."""
    gap = 12
    sheet = Image.new("RGB", (left.width + gap + right.width, max(left.height, right.height)), "white")
    for picture, x in ((left, 0), (right, left.width + gap)):
        sheet.paste(picture, (x, (sheet.height - picture.height) // 2))
    return sheet


def below(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """Two PIL images, one under the other, on white."""
    gap = 8
    sheet = Image.new(upper.mode, (max(upper.width, lower.width), upper.height + gap + lower.height), "white")
    for picture, y in ((upper, 0), (lower, upper.height + gap)):
        sheet.paste(picture, ((sheet.width - picture.width) // 2, y))
    return sheet
