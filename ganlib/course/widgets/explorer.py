"""Sliders over any picture, and a scrubber over pictures recorded before."""

import ipywidgets as widgets
from IPython.display import display
from traitlets import Unicode

from ganlib.course import plots
from ganlib.course.widgets.controls import play, value_of


class Explorer:
    """Sliders over a picture: draw(**values) -> (Figure or PIL image, read-out in words), at each move anew.

    controls: name -> an ipywidgets control (see `slider`, `choice`, `play`); the question is shown above
        them.
    below: more widgets under the picture. A page without a kernel still holds the first picture and its
        read-out.
    """

    def __init__(self, draw, controls, question="", below=()):
        self.draw, self.controls, self.painter = draw, controls, plots.Painter()
        self.image, self.words = Picture(question), widgets.HTML()
        for control in controls.values():
            value_of(control).observe(lambda change: self.redraw(), "value")
        self.redraw()
        heading = [widgets.HTML(f"<b>{question}</b>")] if question else []
        self.box = widgets.VBox([*heading, *controls.values(), self.words, self.image, *below])
        show_widget(self.box, self.picture, f"{question}\n{self.text}".strip())

    def values(self):
        """The present value of each control."""
        return {name: value_of(control).value for name, control in self.controls.items()}

    def set(self, **values):
        """Move controls from code, as a student would by hand."""
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(
                    f"control: expected one of {', '.join(self.controls)}, but got {name!r}; check the "
                    "spelling"
                )
            value_of(self.controls[name]).value = value

    def redraw(self):
        """Draw for the present values."""
        self.picture, self.text = self.draw(**self.values())
        self.image.value = self.painter.png(self.picture)
        self.words.value = spoken(self.text)


class Scrubber(Explorer):
    """Go back and forth over pictures recorded in training: frames is a list of (step, picture, words).

    It opens at the last.
    """

    def __init__(self, frames, question="Drag, or press play: when does it happen?"):
        if not frames:
            raise ValueError(
                "frames: expected at least one (step, picture, words), but got none; record some while "
                "training"
            )
        self.frames, last = frames, len(frames) - 1
        super().__init__(self.frame, {"i": play(0, last, last, label="snapshot")}, question)

    def frame(self, i):
        """The i-th picture with its step."""
        step, picture, words = self.frames[i]
        return picture, f"step {step:,}: {words}"


class Picture(widgets.Image):
    """A picture that can be replaced quickly, with a name for screen readers, which no plain Image has."""

    tooltip = Unicode("").tag(sync=True)
    description = Unicode("").tag(sync=True)  # Jupyter's view shows a tooltip only beside a description

    def __init__(self, name):
        layout = widgets.Layout(max_width="100%", align_self="flex-start")
        super().__init__(format="png", layout=layout, tooltip=name or "picture, described above")


def spoken(text):
    """Read-out as HTML, large enough for a projector."""
    return f'<div style="font-size:16px;line-height:1.4">{text}</div>'


def show_widget(box, picture, alt):
    """Display a live widget, with a still picture and its text alternative for pages without a kernel."""
    data, metadata = plots.picture_bundle(picture, alt)
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display({"application/vnd.jupyter.widget-view+json": view, **data}, metadata=metadata, raw=True)
