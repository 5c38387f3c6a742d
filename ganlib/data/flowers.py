"""Small color pictures to practice on, drawn by a script, so nobody else has rights in them. Notebook 13."""

from math import cos, pi, sin
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["KINDS", "draw_flowers"]

KINDS = {  # name -> (petals, their length and width in radii, how they are colored, center)
    "daisy": ((9, 13), 1.0, 0.30, [(250, 250, 245), (245, 225, 240)], (240, 190, 40)),
    "poppy": ((4, 6), 0.8, 0.75, [(215, 40, 35), (235, 90, 40)], (45, 30, 40)),
    "sunflower": ((14, 20), 1.1, 0.26, [(250, 195, 30), (245, 165, 20)], (95, 55, 25)),
    "violet": ((5, 6), 0.8, 0.6, [(110, 70, 190), (70, 90, 205)], (250, 220, 90)),
}
SKIES = [(150, 200, 240), (190, 215, 240), (245, 205, 180), (120, 160, 220)]
FINE = 4  # drawn so many times as large, then made smaller: smooth edges


def draw_flowers(folder: str | Path, n: int = 1000, size: int = 32, seed: int = 0) -> None:
    """n pictures of four kinds of flowers as folder/KIND/0000.png, each with its own sky, place and colors.

    Args:
        folder: is made where it is missing.
        n: how many in all, equally many of each kind.
        size: the side, in pixels.
        seed: equal seeds draw equal pictures.

    Raises:
        ValueError: for fewer pictures than kinds, or a side below 16.

    Example:
        >>> import tempfile
        >>> draw_flowers(tempfile.mkdtemp(), n=4)
    """
    if n < len(KINDS) or size < 16:
        raise ValueError(
            f"n, size: expected {len(KINDS)} pictures or more, of 16 pixels or more, but got n={n} and "
            f"size={size}; draw_flowers(folder) draws 1,000 of 32"
        )
    rng = np.random.default_rng(seed)
    for i in range(n):
        kind = list(KINDS)[i % len(KINDS)]
        home = Path(folder) / kind
        home.mkdir(parents=True, exist_ok=True)
        _flower(kind, size * FINE, rng).resize((size, size), Image.Resampling.LANCZOS).save(
            home / f"{i:04}.png"
        )


def _flower(kind, side, rng):
    """One picture: sky, ground, stem, petals, center."""
    (few, many), length, width, colors, center = KINDS[kind]
    picture = Image.new("RGB", (side, side), _near(SKIES[rng.integers(len(SKIES))], 12, rng))
    draw = ImageDraw.Draw(picture)
    ground = side * rng.uniform(0.72, 0.85)
    draw.rectangle((0, ground, side, side), fill=_near((85, 150, 65), 15, rng))
    x, y = side * rng.uniform(0.4, 0.6), side * rng.uniform(0.33, 0.46)
    radius = side * rng.uniform(0.24, 0.3)
    draw.line((x, y, side / 2, side), fill=_near((50, 115, 45), 10, rng), width=side // 16)
    petal, petals, turn = _near(colors[rng.integers(2)], 10, rng), rng.integers(few, many), rng.uniform(0, pi)
    for k in range(petals):
        angle = turn + 2 * pi * k / petals
        draw.polygon(_petal(x, y, radius * length, radius * width, angle), fill=petal, outline=_dark(petal))
    inner = radius * (0.42 if kind == "sunflower" else 0.28)
    draw.ellipse((x - inner, y - inner, x + inner, y + inner), fill=_near(center, 8, rng))
    return picture


def _petal(x, y, length, width, angle):
    """Points of an ellipse from the center of the flower outward."""
    around = np.linspace(0, 2 * pi, 24)
    along, across = length / 2 * (1 + np.cos(around)), width / 2 * np.sin(around)
    right = x + along * cos(angle) - across * sin(angle)
    down = y + along * sin(angle) + across * cos(angle)
    return list(zip(right.tolist(), down.tolist()))


def _near(color, spread, rng):
    """A color that differs by a few levels."""
    return tuple(int(c) for c in np.clip(np.array(color) + rng.normal(0, spread, 3), 0, 255))


def _dark(color):
    """The line around a petal."""
    return tuple(int(0.85 * c) for c in color)
