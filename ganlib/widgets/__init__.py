"""What moves: a live view of training, sliders over any picture, latent walks, a live field, a game for the eye.

Only what ipywidgets 7.7 (Colab) and 8 share is used. Every widget also leaves a static picture in the notebook, can be worked
by keyboard, and has words beside its picture.
"""

from ganlib.widgets.controls import choice, play, slider, value_of
from ganlib.widgets.explorer import Explorer, Scrubber
from ganlib.widgets.field import Field
from ganlib.widgets.game import RealOrFake
from ganlib.widgets.latent import LatentExplorer, lerp, slerp
from ganlib.widgets.live import LiveView

__all__ = ["Explorer", "Field", "LatentExplorer", "LiveView", "RealOrFake", "Scrubber", "choice", "lerp", "play", "slerp", "slider",
           "value_of"]  # fmt: skip
