"""Sheets of small images, and such a sheet as a PNG that knows where it comes from."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from ganlib.engine.checks import describe
from ganlib.engine.files import atomic_write

__all__ = ["fitting_scale", "image_grid", "save_sheet", "square_columns"]

ROOM, LARGEST = (1100, 640), 4  # width and height in pixels


def image_grid(images: Tensor, columns: int = 8, scale: int | None = None, gap: int = 2) -> Image.Image:
    """Images (n, 1 or 3, H, W) in [-1, 1] as one PIL image, row by row.

    Args:
        scale: each pixel is drawn scale x scale; None for what fills a slide, 4 at most: see `fitting_scale`.
        gap: pixels around each image, before scaling.
    """
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
    scale = scale or fitting_scale(*picture.size)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def fitting_scale(width: int, height: int) -> int:
    """How large a picture's pixels may be drawn, from 1 to 4, for it to fit a slide or a notebook's window.

    Example:
        >>> fitting_scale(12 * 30 + 2, 2 * 30 + 2), fitting_scale(8 * 30 + 2, 8 * 30 + 2)
        (3, 2)
    """
    return max(1, min(LARGEST, ROOM[0] // width, ROOM[1] // height))


def square_columns(n: int) -> int:
    """Columns that make a sheet of n images about square.

    Example:
        >>> square_columns(64), square_columns(3)
        (8, 1)
    """
    return max(int(n**0.5), 1)


def save_sheet(images: Tensor, path: str | Path, **facts: object) -> None:
    """Images (n, 1 or 3, H, W) in [-1, 1] as one PNG; the facts, such as the seed, go into its metadata.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "sheet.png")
        >>> save_sheet(torch.zeros(4, 1, 8, 8), path, seed=3)
        >>> Image.open(path).text
        {'seed': '3'}
    """
    info = PngInfo()
    for name, value in facts.items():
        info.add_text(name, str(value))
    with atomic_write(path) as temporary:
        image_grid(images, square_columns(len(images)), scale=1).save(temporary, "PNG", pnginfo=info)
