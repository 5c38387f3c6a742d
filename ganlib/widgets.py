"""What moves: a live view of training, sliders over any picture, walks in latent space, a scrubber over snapshots.

Only what ipywidgets 7.7 (Colab) and 8 share is used. Every widget also leaves a static picture in the notebook.
"""

import time

import ipywidgets as widgets
import torch
from IPython.display import display

from ganlib import plots
from ganlib.errors import expect

WIDE = widgets.Layout(width="min(640px, 95%)")
LABEL = {"description_width": "160px"}


class LiveView:
    """Samples and losses while training runs: `update(snapshot)` in the loop, redrawn every `seconds` at most.

    draw(snapshot) -> (picture, words) replaces the default, a sheet of 64 samples at a fixed z beside the losses.
    """

    def __init__(self, trainer, draw=None, seconds=0.7, y=None):
        self.trainer, self.seconds, self.drawn, self.y = trainer, seconds, -float("inf"), y
        self.draw, self.handles = draw or self.sheet_and_losses, None
        if draw is None:
            self.z = torch.randn(64, trainer.gan.z_dim, generator=torch.Generator().manual_seed(0))

    def update(self, snapshot):
        """Redraw if it is time, and always at the end; words say how far, how fast and how long still."""
        now = time.monotonic()
        if now - self.drawn < self.seconds and snapshot.step < snapshot.total:
            return
        picture, words = self.draw(snapshot)
        pace = f"step {snapshot.step:,} of {snapshot.total:,}, {snapshot.images_per_second:,.0f} images a second"
        left = f", {snapshot.seconds_left:.0f} s left" if snapshot.step < snapshot.total else f", {snapshot.seconds:.0f} s in all"
        said = f"{pace}{left}. {words}"
        data, metadata = plots.picture_bundle(picture, said)
        if self.handles is None:
            text = display({"text/plain": said}, raw=True, display_id=True)
            self.handles = text, display(data, metadata=metadata, raw=True, display_id=True)
        else:
            self.handles[0].update({"text/plain": said}, raw=True)
            self.handles[1].update(data, metadata=metadata, raw=True)
        self.drawn = time.monotonic()

    def sheet_and_losses(self, snapshot):
        """64 samples of the EMA generator on the left, the terms of the losses on the right."""
        figure, (left, right) = plots.canvas(1, 2, (12, 5))
        sheet = plots.image_grid(self.trainer.gan.generate(z=self.z, y=self.y), scale=1)
        left.imshow(sheet, cmap="gray", vmin=0, vmax=255)
        left.set_axis_off()
        left.set_title(f"Samples after {snapshot.step:,} steps")
        plots.loss_curves(right, self.trainer.history)
        terms = ", ".join(f"{name} {value:.2f}" for name, value in snapshot.terms.items())
        right.set_title("What each player minimizes")
        return figure, f"Losses: {terms}."


class Explorer:
    """Sliders over a picture: draw(**values) -> (Figure or PIL image, read-out in words), drawn anew at each move.

    controls: name -> an ipywidgets control (see `slider`, `choice`, `play`); the question is shown above them.
    A cell that runs without a live kernel's page still holds the first picture and its read-out.
    """

    def __init__(self, draw, controls, question=""):
        self.draw, self.controls = draw, controls
        self.image = widgets.Image(format="png", layout=widgets.Layout(max_width="100%", align_self="flex-start"))
        self.words = widgets.HTML()
        for control in controls.values():
            value_of(control).observe(lambda change: self.redraw(), "value")
        self.redraw()
        heading = [widgets.HTML(f"<b>{question}</b>")] if question else []
        self.box = widgets.VBox([*heading, *controls.values(), self.words, self.image])
        self.show(question)

    def values(self):
        """The present value of each control."""
        return {name: value_of(control).value for name, control in self.controls.items()}

    def set(self, **values):
        """Move controls from code, as a student would by hand."""
        for name, value in values.items():
            expect(name in self.controls, "control", name, f"one of {', '.join(self.controls)}", "check the spelling")
            value_of(self.controls[name]).value = value

    def redraw(self):
        """Draw for the present values."""
        self.picture, self.text = self.draw(**self.values())
        self.image.value = plots.png(self.picture, small=False)
        self.words.value = f'<div style="font-size:16px;line-height:1.4">{self.text}</div>'

    def show(self, question):
        """Display the live widget, with a still picture for pages without a kernel."""
        data, metadata = plots.picture_bundle(self.picture, f"{question}\n{self.text}".strip())
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        display({"application/vnd.jupyter.widget-view+json": view, **data}, metadata=metadata, raw=True)


def value_of(control):
    """The widget that holds a control's value: the slider of a `play` row, else the control itself."""
    return control.children[1] if isinstance(control, widgets.HBox) else control


def slider(low, high, value=None, step=0.1, label=""):
    """A slider over real numbers, or whole ones when low, high and step are; arrow keys move it by one step."""
    whole = all(isinstance(x, int) for x in (low, high, step))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    value = low if value is None else value
    return kind(value=value, min=low, max=high, step=step, description=label, style=LABEL, layout=WIDE)


def choice(options, value=None, label=""):
    """A drop-down list; options are names, or (name, value) pairs."""
    first = options[0][1] if isinstance(options[0], tuple) else options[0]
    value = first if value is None else value
    return widgets.Dropdown(options=options, value=value, description=label, style=LABEL, layout=WIDE)


def play(low, high, value=None, step=1, interval=150, label=""):
    """A slider over whole numbers with a play button that moves it in the browser, without threads."""
    bar = slider(low, high, value, step, label)
    button = widgets.Play(value=bar.value, min=low, max=high, step=step, interval=interval)
    widgets.jslink((button, "value"), (bar, "value"))
    return widgets.HBox([button, bar])


class Scrubber(Explorer):
    """Go back and forth over pictures recorded in training: frames is a list of (step, picture, words)."""

    def __init__(self, frames, question="Drag, or press play: when does it happen?"):
        expect(len(frames) > 0, "frames", frames, "at least one (step, picture, words)", "record some while training")
        self.frames = frames
        super().__init__(self.frame, {"i": play(0, len(frames) - 1, label="snapshot")}, question)

    def frame(self, i):
        """The i-th picture with its step."""
        step, picture, words = self.frames[i]
        return picture, f"step {step:,}: {words}"


def lerp(a, b, t):
    """The straight line a + t (b - a); halfway between independent normal vectors it is too short by 1/√2."""
    return a + t * (b - a)


def slerp(a, b, t):
    """Along the great circle: (sin((1-t)ω) a + sin(tω) b) / sin ω, ω the angle between a and b. White, 2016, arXiv:1609.04468."""
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=-1).clamp(-1, 1)
    omega = torch.arccos(cosine)
    if omega.sin().abs() < 1e-4:
        return lerp(a, b, t)
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / omega.sin()


PATHS = {"lerp (straight line)": lerp, "slerp (great circle)": slerp}


class LatentExplorer(Explorer):
    """Walk from one sample to another: choose two of 64 by number, the path and t; the strip shows the whole way.

    gan: a trained ganlib GAN. labels: class names of a conditional one.
    """

    def __init__(self, gan, question="Which digits does the path pass through?", labels=None, seed=0):
        self.gan = gan
        self.z = torch.randn(64, gan.z_dim, generator=torch.Generator().manual_seed(seed))
        controls = {
            "start": slider(0, 63, 1, 1, "from sample"),
            "end": slider(0, 63, 7, 1, "to sample"),
            "path": choice(list(PATHS), label="path"),
            "t": play(0, 20, 10, label="t in twentieths"),
        }
        if labels:
            controls["label"] = choice([(name, i) for i, name in enumerate(labels)], label="class")
        super().__init__(self.strip, controls, question)

    def strip(self, start, end, path, t, label=None):
        """Eleven stops of the path above, the sample at t, three times as large, below."""
        a, b = self.z[start], self.z[end]
        stops = torch.stack([PATHS[path](a, b, i / 10) for i in range(11)])
        here = PATHS[path](a, b, t / 20)
        images = self.gan.generate(z=torch.cat([stops, here[None]]), y=label)
        row, large = plots.image_grid(images[:11], columns=11), plots.image_grid(images[11:], scale=6)
        picture = plots.Image.new("L", (row.width, row.height + large.height + 8), 255)
        picture.paste(row, (0, 0))
        picture.paste(large, ((row.width - large.width) // 2, row.height + 8))
        ratio = here.norm() / ((a.norm() + b.norm()) / 2)
        return picture, f"t = {t / 20:.2f}: |z| = {here.norm():.2f}, {ratio:.2f} of the ends' mean length"
