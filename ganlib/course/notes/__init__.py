"""The counterfeiter and the inspector of notebooks 01 and 02: the exact game and its pictures."""

from ganlib.course.notes.game import best_value, density, line_game, losses
from ganlib.course.notes.pictures import (
    arrows,
    by_hand,
    line_film,
    opening_film,
    phase,
    scene,
    sorting,
    thermometer,
    value_line,
)

__all__ = [
    "arrows",
    "best_value",
    "by_hand",
    "density",
    "line_film",
    "line_game",
    "losses",
    "opening_film",
    "phase",
    "scene",
    "sorting",
    "thermometer",
    "value_line",
]
