"""What models are trained on: bundled images, and toy distributions in one and two dimensions."""

from ganlib.data import toys
from ganlib.data.images import CLOTHES, DIGITS, ImageSet, load

__all__ = ["CLOTHES", "DIGITS", "ImageSet", "load", "toys"]
