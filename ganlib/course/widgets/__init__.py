"""What moves: a live view of training, sliders over any picture, latent walks, a live field, a game.

Only what ipywidgets 7.7 (Colab) and 8 share is used. Every widget also leaves a static picture in the
notebook, can be worked by keyboard, and has words beside its picture.
"""

from ganlib.course.widgets.controls import choice, play, slider, value_of
from ganlib.course.widgets.explorer import Explorer, Scrubber
from ganlib.course.widgets.field import Field
from ganlib.course.widgets.game import RealOrFake
from ganlib.course.widgets.latent import LatentExplorer
from ganlib.course.widgets.live import LiveView

__all__ = [
    "Explorer",
    "Field",
    "LatentExplorer",
    "LiveView",
    "RealOrFake",
    "Scrubber",
    "choice",
    "play",
    "slider",
    "value_of",
]
