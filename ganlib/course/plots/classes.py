"""Sheets of samples with a name beside each row."""

from collections.abc import Sequence

from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganlib.takeaway import image_grid

__all__ = ["named_rows"]


def named_rows(images: Tensor, names: Sequence[str], scale: int | None = None) -> Image.Image:
    """Images (rows * columns, 1 or 3, H, W) in [-1, 1] as a sheet with one row for each name.

    scale: as for `image_grid`.

    Raises:
        ValueError: unless the images fill the rows.
    """
    if not names or len(images) % len(names):
        raise ValueError(f"images: expected a multiple of {len(names)} rows, but got {len(images)}")
    columns = len(images) // len(names)
    sheet = image_grid(images, columns, scale).convert("RGB")
    scale = sheet.width // (columns * (images.shape[-1] + 2) + 2)
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 9 * scale)
    margin = round(max(map(font.getlength, names))) + 6 * scale
    page = Image.new("RGB", (margin + sheet.width, sheet.height), "white")
    page.paste(sheet, (margin, 0))
    pen, height = ImageDraw.Draw(page), sheet.height / len(names)
    for i, name in enumerate(names):
        place = (margin - 3 * scale, (i + 0.5) * height)
        pen.text(place, name, fill="black", font=font, anchor="rm")
    return page
