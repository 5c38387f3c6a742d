"""What models are trained on: bundled images, folders of your own, toys in one and two dimensions."""

from ganlib.data import toys
from ganlib.data.flowers import draw_flowers
from ganlib.data.images import CLOTHES, DIGITS, ImageSet, load
from ganlib.data.pictures import folder, from_dataset

__all__ = ["CLOTHES", "DIGITS", "ImageSet", "draw_flowers", "folder", "from_dataset", "load", "toys"]
