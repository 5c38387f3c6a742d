"""Sheets of small images, and such a sheet as a PNG that knows where it comes from."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from ganlib.engine.checks import describe
from ganlib.engine.files import atomic_write

__all__ = ["image_grid", "save_sheet", "square_columns"]


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
