"""Pictures put together."""

from PIL import Image

__all__ = ["below", "beside"]


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
