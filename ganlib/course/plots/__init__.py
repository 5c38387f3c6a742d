"""Figures that read well from the back row, and the words that go with them."""

from ganlib.course.plots.charts import (
    critic_field,
    game_field,
    histogram,
    loss_curves,
    scatter,
    strip,
    values_at_a_draw,
)
from ganlib.course.plots.classes import named_rows
from ganlib.course.plots.output import Painter, animation, picture_bundle, pixels, png, say, show, table
from ganlib.course.plots.sheets import below, beside
from ganlib.course.plots.style import (
    BLACK,
    BLUE,
    DASHES,
    FAKE,
    GREEN,
    MARKERS,
    ORANGE,
    PALETTE,
    PURPLE,
    REAL,
    SKY,
    VERMILION,
    YELLOW,
    canvas,
    use_style,
)
from ganlib.takeaway import image_grid

__all__ = [
    "BLACK",
    "BLUE",
    "DASHES",
    "FAKE",
    "GREEN",
    "MARKERS",
    "ORANGE",
    "PALETTE",
    "PURPLE",
    "REAL",
    "SKY",
    "VERMILION",
    "YELLOW",
    "Painter",
    "animation",
    "below",
    "beside",
    "canvas",
    "critic_field",
    "game_field",
    "histogram",
    "image_grid",
    "loss_curves",
    "named_rows",
    "picture_bundle",
    "pixels",
    "png",
    "say",
    "scatter",
    "show",
    "strip",
    "table",
    "use_style",
    "values_at_a_draw",
]
