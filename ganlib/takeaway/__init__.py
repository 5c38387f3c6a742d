"""What you take away from a training, each by one call, as files that other programs open.

    python -m ganlib.takeaway run1        all of them for a run of ganlib.train

The generator as a web page that draws is `ganlib.course.walk.save`.
"""

from ganlib.takeaway.animation import gif_bytes, save_animation, save_walk
from ganlib.takeaway.card import save_card
from ganlib.takeaway.onnx_file import save_onnx
from ganlib.takeaway.sheets import image_grid, save_sheet

__all__ = [
    "gif_bytes",
    "image_grid",
    "save_animation",
    "save_card",
    "save_onnx",
    "save_sheet",
    "save_walk",
]
