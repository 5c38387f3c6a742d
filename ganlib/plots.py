"""Figures that read well from the back row: functions draw on an `ax` and return it; `show` adds the words."""

import io
import textwrap
from inspect import signature

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from PIL import Image

from ganlib.errors import expect

# Okabe and Ito's palette, told apart with any kind of color vision; its orange and sky blue are darkened, so that each color
# has a contrast of 3 to 1 on white at least. Real is blue, fake is vermilion, everywhere.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#C48800"
SKY, PURPLE, BLACK = "#3A9BD9", "#CC79A7", "#000000"
YELLOW = "#F0E442"  # for areas with an outline or a label only
PALETTE = [BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK]
REAL, FAKE = BLUE, VERMILION
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]


def use_style():
    """Large type, no frame on the right and top, each line with a color and a dash pattern of its own."""
    plt.rcParams.update(
        {
            "font.size": 14, "axes.titlesize": 15, "axes.labelsize": 14, "legend.fontsize": 13,
            "xtick.labelsize": 12, "ytick.labelsize": 12, "lines.linewidth": 2.2,
            "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
            "axes.prop_cycle": plt.cycler(color=PALETTE, linestyle=DASHES), "legend.frameon": False,
            "figure.constrained_layout.use": True, "savefig.dpi": 100,
            "agg.path.chunksize": 500,  # a curve of 5,000 points in one piece takes twice the time and 20 MB
        }
    )  # fmt: skip


def canvas(rows=1, columns=1, size=None):
    """-> (figure, ax or array of axes), 11 inches wide by default: it fills a slide of 1280 pixels.

    The figure is not pyplot's, so that it is never drawn twice nor kept in memory.
    """
    figure = Figure(size or (11, 4.2 * rows))
    return figure, figure.subplots(rows, columns)


def png(picture, small=True):
    """A Figure or a PIL image as PNG bytes: small ones to store in a notebook, or quick ones for a live widget."""
    if isinstance(picture, Figure):
        picture = pixels(picture)
    if small and picture.mode == "RGB":
        picture = picture.quantize(256, dither=Image.Dither.NONE)  # a third of the size
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=small, **({} if small else {"compress_level": 1}))
    return buffer.getvalue()


class Painter:
    """Figures drawn one after another, quickly: laying one out costs as much as drawing it, so a layout is kept while it fits."""

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
            if outline(figure) == self.outline:
                return image
            figure.set_layout_engine("constrained")
        image = pixels(figure)
        self.outline, self.places = outline(figure), [ax.get_position(original=True) for ax in figure.axes]
        return image

    def png(self, picture):
        """A Figure or a PIL image as PNG bytes, encoded for speed."""
        return png(self.draw(picture) if isinstance(picture, Figure) else picture, small=False)


def pixels(figure):
    """A Figure, laid out as it says, as a PIL image."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")


def outline(figure):
    """What the layout depends on: the figure's size, and for each ax how much text stands around it."""
    texts = [text for ax in figure.axes for text in (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel())]
    ticks = [
        max((len(tick.label1.get_text()) for tick in axis.get_major_ticks()), default=0)
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
    ]
    return tuple(figure.get_size_inches()), [len(text.splitlines()) for text in texts], ticks


def show(picture, caption):
    """Display a Figure or PIL image; the caption says what it shows, below it and as its text alternative."""
    bundle, metadata = picture_bundle(picture, caption)
    display(bundle, metadata=metadata, raw=True)
    say(caption)


def say(text):
    """Print text in lines that a page shows whole."""
    print(
        "\n".join(textwrap.fill(line, 100, subsequent_indent=" " * (len(line) - len(line.lstrip()))) for line in text.split("\n"))
    )


def picture_bundle(picture, alt):
    """(data, metadata) of a picture for IPython's display, with its text alternative."""
    return {"image/png": png(picture), "text/plain": alt}, {"image/png": {"alt": alt}}


def image_grid(images, columns=8, scale=2, gap=2):
    """Images (n, 1 or 3, H, W) in [-1, 1] as one PIL image, row by row, each pixel drawn scale x scale."""
    ok = torch.is_tensor(images) and images.dim() == 4 and len(images) > 0 and images.shape[1] in (1, 3)
    expect(ok, "images", images, "a non-empty tensor (n, 1 or 3, H, W)", "gan.generate(64)")
    pixels = images.detach().float().cpu().add(1).mul(127.5).clamp(0, 255).round().byte().numpy()
    n, channels, height, width = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    sheet = np.full((channels, rows * (height + gap) + gap, columns * (width + gap) + gap), 96, np.uint8)
    for i, image in enumerate(pixels):
        top, left = gap + i // columns * (height + gap), gap + i % columns * (width + gap)
        sheet[:, top : top + height, left : left + width] = image
    picture = Image.fromarray(sheet[0] if channels == 1 else sheet.transpose(1, 2, 0))
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def beside(left, right):
    """Two PIL images in one row, on white."""
    gap = 12
    sheet = Image.new("RGB", (left.width + gap + right.width, max(left.height, right.height)), "white")
    for picture, x in ((left, 0), (right, left.width + gap)):
        sheet.paste(picture, (x, (sheet.height - picture.height) // 2))
    return sheet


def below(upper, lower):
    """Two PIL images, one under the other, on white."""
    gap = 8
    sheet = Image.new(upper.mode, (max(upper.width, lower.width), upper.height + gap + lower.height), "white")
    for picture, y in ((upper, 0), (lower, upper.height + gap)):
        sheet.paste(picture, ((sheet.width - picture.width) // 2, y))
    return sheet


AT_A_DRAW = (2 * np.log(2), np.log(2))  # of the original game's losses
NAMES = {2 * np.log(2): "2 log 2", np.log(2): "log 2", -np.log(2): "-log 2", 0.0: "0", 2.0: "2"}


def values_at_a_draw(loss):
    """The values of d_loss and g_loss where D answers logit 0 to everything."""
    logits = torch.zeros(2)
    takes = len(signature(loss.g_loss).parameters)  # a relativistic one takes the real logits too
    return sorted({loss.d_loss(logits, logits).item(), loss.g_loss(*takes * [logits]).item()})


def loss_curves(ax, history, draws=AT_A_DRAW):
    """Each term of a Trainer's history against the step; draws: values where the players are even, as dotted lines."""
    names = [name for name in history[-1] if name != "step"] if history else []
    for i, name in enumerate(names):
        ax.plot([row["step"] for row in history], [row[name] for row in history], color=PALETTE[i], ls=DASHES[i], label=name)
    for value in draws:
        text = next((name for known, name in NAMES.items() if abs(value - known) < 1e-6), f"{value:.2f}")
        ax.axhline(value, color="0.5", lw=1, ls=":")
        ax.annotate(text, (1, value), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=12, color="0.35")
    ax.set(xlabel="step", ylabel="loss")
    if names:
        ax.legend(loc="best")
    return ax


def histogram(ax, real, fake, bins=40, span=None, labels=("real", "fake")):
    """Two samples on the line as outlined histograms of equal area, real blue, fake vermilion and hatched."""
    span = span or (min(real.min(), fake.min()).item(), max(real.max(), fake.max()).item())
    for x, color, hatch, label in ((real, REAL, "", labels[0]), (fake, FAKE, "//", labels[1])):
        ax.hist(np.asarray(x.detach().cpu()), bins, span, density=True, histtype="stepfilled", alpha=0.45, hatch=hatch,
                color=color, edgecolor=color, lw=1.5, label=label)  # fmt: skip
    ax.legend()
    return ax


def scatter(ax, real, fake, span=None, labels=("real", "fake")):
    """Two samples in the plane: real as blue discs, fake as vermilion triangles, equal scales."""
    for x, color, marker, label in ((real, REAL, "o", labels[0]), (fake, FAKE, "^", labels[1])):
        points = x.detach().cpu()
        ax.scatter(points[:, 0], points[:, 1], s=14, c=color, marker=marker, alpha=0.5, lw=0, label=label)
    if span:
        ax.set(xlim=(-span, span), ylim=(-span, span))
    ax.set_aspect("equal")
    ax.legend(loc="upper right", markerscale=2)
    return ax


@torch.no_grad()
def critic_field(ax, critic):
    """critic(x), logits, over the square [-3, 3]² as filled contours, blue where it says real."""
    ticks = torch.linspace(-3, 3, 80)
    values = critic(torch.cartesian_prod(ticks, ticks)).unflatten(0, (80, 80)).T  # y first
    limit = max(values.abs().max().item(), 1e-6)
    ax.contourf(ticks, ticks, values, 20, cmap="RdBu", vmin=-limit, vmax=limit, alpha=0.6)
    ax.set_aspect("equal")
    return ax


def game_field(ax, grid, real, fake, pull, span):
    """One moment of a game in the square [-span, span]²: D's verdict, both samples, and arrows where G's loss pulls fakes.

    grid: D's probability of real (n, n), x first. real, fake: (n, 2). pull: (n, 2); arrows end at half a unit, however strong.
    """
    ax.imshow(grid.T.numpy(), cmap="RdBu", vmin=0, vmax=1, alpha=0.4, origin="lower", interpolation="bilinear",
              extent=(-span, span, -span, span))  # fmt: skip
    for points, color, marker in ((real, REAL, "o"), (fake, FAKE, "^")):
        ax.scatter(*points.T.numpy(), s=26, c=color, marker=marker, edgecolor="white", lw=0.5)
    steps = 0.5 * pull / (1 + pull.norm(dim=1, keepdim=True))
    ax.quiver(*fake[::4].T.numpy(), *steps[::4].T.numpy(), angles="xy", scale_units="xy", scale=1, width=0.005, zorder=3)
    handles = [*ax.collections[:2], Patch(color="#a8bfd3"), Patch(color="#dfa3a9"),
               Line2D([], [], color="black", marker=">", lw=2)]  # fmt: skip
    names = ["real", "fake", "D says real", "D says fake", "pull of G's loss"]
    ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1.02, 1), markerscale=1.5)
    ax.set(xticks=(-2, 0, 2), yticks=(-2, 0, 2), xlim=(-span, span), ylim=(-span, span))
    return ax


def strip(ax, groups, ylabel):
    """One column of dots for each name in groups (name -> values), a bar at each median; equal values lie side by side."""
    rng = np.random.default_rng(0)
    for i, values in enumerate(map(list, groups.values())):
        ties = [values.count(value) for value in values]
        places = [values[:j].count(value) - (ties[j] - 1) / 2 for j, value in enumerate(values)]
        jitter = np.where(np.array(ties) > 1, 0.075 * np.array(places), rng.uniform(-0.15, 0.15, len(values)))
        ax.plot(i + jitter, values, MARKERS[i % 7], color=PALETTE[i % 7], ms=7, alpha=0.75, ls="")
        ax.hlines(np.median(values), i - 0.3, i + 0.3, color="black", lw=2.5)
    ax.set_xticks(range(len(groups)), groups, rotation=20 if len(groups) > 4 else 0, ha="right" if len(groups) > 4 else "center")
    ax.set_ylabel(ylabel)
    return ax
