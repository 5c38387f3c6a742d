"""Walks in latent space."""

import base64

import ipywidgets as widgets
import torch

from ganlib.course import plots
from ganlib.course.widgets.controls import choice, play, slider
from ganlib.course.widgets.explorer import Explorer
from ganlib.interpolation import lerp, slerp

COLUMNS, ROWS = 16, 4


PATHS = {"lerp (straight line)": lerp, "slerp (great circle)": slerp}


class LatentExplorer(Explorer):
    """Walk from one of 64 samples to another.

    Choose both by number or with a click, the path and t; a strip shows the way.

    gan: a trained ganlib GAN. labels: class names of a conditional one. `explorer.strip_image` is the strip
        as a PIL image.
    """

    def __init__(self, gan, question="Which digits does the path pass through?", labels=None):
        self.gan = gan
        self.z = torch.randn(COLUMNS * ROWS, gan.z_dim, generator=torch.Generator().manual_seed(0))
        controls = {
            "start": slider(0, 63, 1, 1, "from sample (blue)"),
            "end": slider(0, 63, 7, 1, "to sample (orange)"),
            "path": choice(list(PATHS), label="path"),
            "t": play(0, 20, 10, label="t in twentieths"),
        }
        if labels:
            controls["label"] = choice([(name, i) for i, name in enumerate(labels)], label="class")
        self.sheet, self.link = Sheet(lambda end, i: self.set(**{end: i})), widgets.HTML()
        super().__init__(self.walk, controls, question, [self.sheet.box, self.link])

    def walk(self, start, end, path, t, label=None):
        """Eleven stops of the path above, the sample at t, larger, below."""
        a, b = self.z[start], self.z[end]
        stops = torch.stack([PATHS[path](a, b, i / 10) for i in range(11)])
        here = PATHS[path](a, b, t / 20)
        images = self.gan.generate(z=torch.cat([stops, here[None]]), y=label)
        self.strip_image, large = (
            plots.image_grid(images[:11], columns=11),
            plots.image_grid(images[11:], scale=5),
        )
        self.sheet.mark(start, end)
        self.sheet.fill(lambda: self.gan.generate(z=self.z, y=label), (label, self.gan.ema.steps.item()))
        self.link.value = download("walk.png", self.strip_image)
        ratio = here.norm() / ((a.norm() + b.norm()) / 2)
        words = f"t = {t / 20:.2f}: |z| = {here.norm():.2f}, {ratio:.2f} of the ends' mean length"
        return plots.below(self.strip_image, large), words


class Sheet:
    """64 small pictures that can be clicked, or reached with the tab key.

    `pick(end, i)` hears which end is to be sample i.
    """

    def __init__(self, pick):
        self.end = widgets.ToggleButtons(
            options=[("start", "start"), ("end", "end")],
            description="A click picks the",
            style={"description_width": "initial", "button_width": "80px"},
        )
        self.pictures, self.marks, self.filled = widgets.HTML(), widgets.HTML(), ()
        side = widgets.Layout(width="32px", height="32px", margin="1px", padding="0")
        buttons = [widgets.Button(tooltip=f"sample {i}", layout=side) for i in range(COLUMNS * ROWS)]
        for i, button in enumerate(buttons):
            button.on_click(lambda _, i=i: pick(self.end.value, i))
        grid = widgets.GridBox(
            buttons, layout=widgets.Layout(grid_template_columns=f"repeat({COLUMNS}, 34px)")
        )
        self.name = f"samples-{grid.model_id}"
        grid.add_class(self.name)
        self.box = widgets.VBox([self.end, self.pictures, self.marks, grid])

    def fill(self, draw, key):
        """Put the images that draw() gives on the buttons, unless they show those of this key already."""
        if self.filled == (key,):
            return
        self.filled = (key,)
        sheet = plots.image_grid(draw(), columns=COLUMNS, scale=1, gap=0)
        rules = [
            f".{self.name} button "
            f"{{background-image: url({data_url(sheet)}); background-size: {COLUMNS}00% {ROWS}00%}}"
        ]
        for i in range(COLUMNS * ROWS):
            x, y = i % COLUMNS / (COLUMNS - 1), i // COLUMNS / (ROWS - 1)
            rules.append(f".{self.name} button:nth-child({i + 1}) {{background-position: {x:.4%} {y:.4%}}}")
        self.pictures.value = style(rules)

    def mark(self, start, end):
        """Frame the two samples that are chosen."""
        self.marks.value = style(
            f".{self.name} button:nth-child({i + 1}) "
            f"{{outline: 3px {line} {color}; outline-offset: -1px; z-index: 1}}"
            for i, line, color in ((start, "solid", plots.BLUE), (end, "dashed", plots.VERMILION))
        )


def style(rules):
    """Rules of CSS as the value of an HTML widget."""
    return f"<style>{' '.join(rules)}</style>"


def data_url(picture):
    """A PIL image as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(plots.png(picture, small=False)).decode()


def download(name, picture):
    """A link that saves the picture from the browser."""
    look = f"color: {plots.BLUE}; text-decoration: underline"
    return f'<a download="{name}" style="{look}" href="{data_url(picture)}">Save the strip as a PNG file</a>'
