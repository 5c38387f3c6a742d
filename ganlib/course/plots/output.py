"""Pictures, tables and words as outputs: small when stored, quick when live, with a text alternative."""

import base64
import io
import textwrap
from collections.abc import Sequence

from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ganlib.course import cards
from ganlib.course.facts import mark
from ganlib.takeaway import gif_bytes

__all__ = ["Painter", "animation", "picture_bundle", "pixels", "png", "say", "show", "table"]


def png(picture: Figure | Image.Image, small: bool = True) -> bytes:
    """A Figure or a PIL image as PNG bytes: small ones to store, or quick ones for a live widget."""
    if isinstance(picture, Figure):
        picture = pixels(picture)
    if small and picture.mode == "RGB":
        picture = picture.quantize(256, dither=Image.Dither.NONE)  # a third of the size
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=small, **({} if small else {"compress_level": 1}))
    return buffer.getvalue()


class Painter:
    """Figures drawn one after another, quickly: a layout is kept while it fits.

    Laying a figure out costs as much as drawing it.
    """

    def __init__(self):
        self.outline, self.places = None, []

    def draw(self, figure):
        """A Figure as a PIL image."""
        if len(self.places) == len(figure.axes):
            figure.set_layout_engine("none")
            for ax, place in zip(figure.axes, self.places):
                ax.set_position(place)
                ax.set_in_layout(True)  # setting a position ends that
            image = pixels(figure)
            if _outline(figure) == self.outline:
                return image
            figure.set_layout_engine("constrained")
        image = pixels(figure)
        self.outline, self.places = _outline(figure), [ax.get_position(original=True) for ax in figure.axes]
        return image

    def png(self, picture):
        """A Figure or a PIL image as PNG bytes, encoded for speed."""
        return png(self.draw(picture) if isinstance(picture, Figure) else picture, small=False)


def pixels(figure: Figure) -> Image.Image:
    """A Figure, laid out as it says, as a PIL image."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")


def _outline(figure):
    """What the layout depends on: the figure's size, and for each ax how much text stands around it."""
    texts = [
        text for ax in figure.axes for text in (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel())
    ]
    ticks = [
        max((len(tick.label1.get_text()) for tick in axis.get_major_ticks()), default=0)
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
    ]
    return tuple(figure.get_size_inches()), [len(text.splitlines()) for text in texts], ticks


def show(picture: Figure | Image.Image, caption: str) -> None:
    """Display a Figure or PIL image; the caption says what it shows, below it and as its text alternative."""
    bundle, metadata = picture_bundle(picture, caption)
    display(bundle, metadata=metadata, raw=True)
    _show_caption(caption)


def _show_caption(caption):
    """The words under a picture; pages and slides take them from the picture itself."""
    style = "margin:0 0 10px;max-width:60em;line-height:1.4;opacity:0.85"
    shown = f'<p style="{style}">{cards.inline(caption)}</p>'
    display({**mark("caption"), "text/html": shown, "text/plain": cards.plain(caption)}, raw=True)


def say(text: str) -> None:
    """Print text in lines that a page shows in full."""
    print("\n".join(_filled(line) for line in text.split("\n")))


def _filled(line: str) -> str:
    """A line broken at 100 letters, its continuation indented as far as its beginning."""
    return textwrap.fill(line, 100, subsequent_indent=" " * (len(line) - len(line.lstrip())))


def table(header: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> None:
    """Display a table with its caption; numbers are shown as they are, so format them first."""
    lines = [list(map(str, row)) for row in (header, *rows)]
    if any(len(line) != len(header) for line in lines):
        raise ValueError(
            f"rows: expected {len(header)} cells each, as the header has, but got "
            f"{[len(line) for line in lines[1:]]}"
        )
    facts = {"header": lines[0], "rows": lines[1:], "caption": caption}
    bundle = {
        **mark("table", **facts),
        "text/html": f"<style>{cards.style()}</style>{cards.table(**facts)}",
        "text/plain": cards.as_text(**facts),
    }
    display(bundle, raw=True)


def animation(pictures: Sequence[Figure | Image.Image], caption: str, milliseconds: int = 120) -> None:
    """Display pictures of equal size as a looping GIF of 300 kB at most; the last one stays a while."""
    if len(pictures) < 2:
        raise ValueError(f"pictures: expected 2 or more, but got {len(pictures)}; record some while training")
    frames = [pixels(p) if isinstance(p, Figure) else p.convert("RGB") for p in pictures]
    gif = gif_bytes(frames, [milliseconds] * (len(frames) - 1) + [1500], colors=64)
    if len(gif) > 300_000:
        raise ValueError(
            f"pictures: expected an animation of 300 kB at most, but got {len(gif) // 1000} kB; fewer "
            "or smaller ones"
        )
    data = {"image/gif": base64.b64encode(gif).decode(), "text/plain": cards.plain(caption)}
    display(data, metadata={"image/gif": {"alt": caption}}, raw=True)
    _show_caption(caption)


def picture_bundle(picture: Figure | Image.Image, alt: str) -> tuple[dict, dict]:
    """(data, metadata) of a picture for IPython's display, with its words.

    They are plain beside the picture, and as they are for pages, which keep what is bold.
    """
    return {"image/png": png(picture), "text/plain": cards.plain(alt)}, {"image/png": {"alt": alt}}
