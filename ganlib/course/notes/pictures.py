"""The pictures of notebooks 01 and 02: scene, line of V, thermometer, phase picture and two films."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from PIL import Image
from torch import Tensor, nn

from ganlib.course import plots
from ganlib.course.notes.game import DRAW, MIDDLE, best_value, density, line_game, losses
from ganlib.gan import GAN
from ganlib.losses import non_saturating

__all__ = [
    "arrows",
    "by_hand",
    "line_film",
    "opening_film",
    "phase",
    "scene",
    "sorting",
    "thermometer",
    "value_line",
]


def scene(ax: Axes, x, p, g, d=None, *, best=None, legend: bool = True) -> Axes:
    """The picture to which both notebooks return: real notes p, forged notes g, and D's verdict.

    Args:
        ax: where to draw.
        x: thicknesses (n,); p, g, d, best: densities and verdicts there, d and best may be left out.
        legend: whether to name the curves.
    """
    ax.fill_between(x, p, color=plots.REAL, alpha=0.35, lw=0, label="real p")
    ax.plot(x, g, color=plots.FAKE, ls="--", label="forged g")
    if d is not None:
        ax.plot(x, d, color=plots.BLACK, ls="-.", label="D(x)")
    if best is not None:
        ax.plot(x, best, color=plots.GREEN, ls="-", lw=1.6, label="best D")
    top = min(max(1.4, 1.25 * float(g.max())), 2.6)  # room for the legend above a narrow hill
    ax.set(xlabel="thickness x", xlim=(float(x[0]), float(x[-1])), ylim=(0, top), yticks=[0, 0.5, 1])
    ax.xaxis.set_major_locator(MultipleLocator(2))
    if legend:
        ax.legend(loc="upper left", ncols=4, frameon=True, framealpha=1, edgecolor="white", columnspacing=1)
    return ax


def arrows(ax: Axes, places, lengths, height: float, color: str, label: str) -> Axes:
    """How strongly some notes are pulled: from a dot at each place an arrow as long as the pull."""
    rows = height - 0.07 * np.arange(len(places))
    ax.plot(places, rows, "o", color=color, ms=6, label=label)
    ax.quiver(places, rows, lengths, 0 * rows, color=color, angles="xy",
              scale_units="xy", scale=1, width=0.003, headwidth=5)  # fmt: skip
    ax.set(ylim=(-1.05, 1.75))
    ax.legend(loc="upper left", ncols=3, frameon=False)
    return ax


def value_line(ax: Axes, yours: float, best: float | None = None) -> Axes:
    """V as a place on a line from -4 to 0, with the draw marked; below -4 an arrow says so."""
    ax.axvline(DRAW, color="0.4", ls=":")
    place = {"xycoords": ("data", "axes fraction"), "ha": "right", "va": "top"}
    ax.annotate("a draw ", (DRAW, 0.95), **place, color="0.35")
    ax.plot(max(yours, -3.95), 0, "<" if yours < -3.95 else "o", ms=13, color=plots.BLACK)
    ax.annotate("yours", (max(yours, -3.95), 0), (0, -14), textcoords="offset points", ha="center", va="top")
    if best is not None:
        ax.plot(best, 0, "D", ms=11, color=plots.GREEN)
        ax.annotate("best D", (best, 0), (0, 14), textcoords="offset points", ha="center", color=plots.GREEN)
    ax.set(xlim=(-4.1, 0.1), ylim=(-1, 1), yticks=[], xlabel="V")
    ax.spines["left"].set_visible(False)
    return ax


def sorting(theta: float, c: float) -> tuple[Figure, str]:
    """The scene for a D that only sorts: what is thicker than the cut c passes. How often is it right?"""
    figure, ax = plots.canvas(size=(11, 3.4))
    x = torch.linspace(-6, 7, 261)
    scene(ax, x, density(x, MIDDLE, 1.0), density(x, theta, 1.0), d=(x > c).float())
    ax.set(title="Left of the cut D says forged, right of it real")
    on_real, on_fake = (torch.special.ndtr(torch.tensor(z)).item() for z in (MIDDLE - c, c - theta))
    words = f"right about <b>{on_real:.0%}</b> of the real notes and <b>{on_fake:.0%}</b> of the forged ones"
    return figure, words


def by_hand(theta: float, s: float, psi: float, c: float) -> tuple[Figure, str]:
    """The scene for four numbers, with V on its line, and a read-out of V."""
    figure, (left, right) = plots.canvas(1, 2, (11, 3.7))
    x = torch.linspace(-5, 7, 241)
    scene(left, x, density(x, MIDDLE, 1.0), density(x, theta, s), torch.sigmoid(psi * (x - c)))
    left.set(title="Verdicts by thickness")
    value, best = -losses(theta, s, psi, c)[0][0], best_value(theta, s)
    value_line(right, value, best).set(title="V: D climbs, G descends")
    return figure, f"V = <b>{value:.3f}</b> (the best D of all: {best:.3f})"


READINGS = (  # D's loss from, to, color, words
    (0, 0.35, plots.ORANGE, "D far\nahead"),
    (0.35, 1.25, plots.SKY, "D ahead"),
    (1.25, 1.5, plots.GREEN, "a draw"),
    (1.5, 3, plots.YELLOW, "worse than saying ½"),
)


def thermometer(ax: Axes, answer: float, guess: float | None = None) -> Axes:
    """D's loss from 0 to 3, in words, with the answer and, if there is one, the student's guess below it."""
    for start, end, color, words in READINGS:
        ax.barh(0, end - start, left=start, color=color, alpha=0.55)
        ax.text((start + end) / 2, 0, words, ha="center", va="center")
    marks = [(answer, f"answer {answer:.3f}", plots.GREEN)]
    if guess is not None:
        marks.append((min(max(guess, 0.0), 3.0), f"you: {guess:.3g}", plots.PURPLE))
    for row, (place, words, color) in enumerate(marks):
        ax.plot(place, -0.52, "^", ms=13, color=color)
        shift, side = ((12, 0), "left") if row == 0 else ((-12, 0), "right")
        ax.annotate(
            words, (place, -0.52), shift, textcoords="offset points", va="center", ha=side, color=color
        )
    ax.set(xlim=(0, 3), ylim=(-0.75, 0.45), yticks=[], xticks=[0, 0.5, 1, 1.5, 2, 2.5, 3], xlabel="D's loss")
    ax.spines["left"].set_visible(False)
    return ax


def phase(ax: Axes, paths: dict[str, np.ndarray], flow: Callable | None = None, span: float = 2.5) -> Axes:
    """The phase picture: G's θ to the right, D's slope ψ upward, the goal (2, 0) as a cross.

    Args:
        ax: where to draw.
        paths: name -> places (n, 2) of (θ, ψ), a line each, from a square to a dot.
        flow: flow(θ, ψ) -> the directions in which both players move, drawn as gray arrows.
        span: how far the picture reaches from the goal.
    """
    if flow is not None:
        grid = np.meshgrid(np.linspace(MIDDLE - span, MIDDLE + span, 15), np.linspace(-span, span, 15))
        arrows = np.array(flow(*grid))
        ax.quiver(*grid, *(arrows / np.hypot(*arrows).clip(1e-9)), color="0.72", scale=26, width=0.004)
    for (name, path), color, dash in zip(
        paths.items(), (plots.VERMILION, plots.BLUE, plots.GREEN), ("--", "-", "-.")
    ):
        ax.plot(*path.T, color=color, ls=dash, lw=1.5, marker=".", ms=4, label=name)
        ax.plot(*path[0], "s", ms=7, color=plots.BLACK)
        ax.plot(*path[-1], "o", ms=10, color=color)
    ax.plot(MIDDLE, 0, "+", color=plots.BLACK, ms=16, mew=3)
    ax.set(xlim=(MIDDLE - span, MIDDLE + span), ylim=(-span, span), aspect="equal")
    ax.set(xlabel="θ, G's mean", ylabel="ψ, D's slope")
    return ax


def opening_film(rounds: int = 580, every: int = 29) -> list[Image.Image]:
    """The picture at the top of notebook 01: a small GAN on notes learns from θ = -4; the scene, and V."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G = nn.Linear(1, 1)
        D = nn.Sequential(nn.Linear(1, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2),
                          nn.Linear(32, 1), nn.Flatten(0))  # fmt: skip
        nn.init.constant_(G.bias, -4.0)
        nn.init.constant_(G.weight, 1.0)
        gan = GAN(G, D, non_saturating, lr=2e-2, d_lr=5e-3, betas=(0.5, 0.999), z_dim=1)
        x, values, pictures, painter = torch.linspace(-8, 7, 200), [], [], plots.Painter()
        for i in range(rounds + 1):
            terms = gan.step(MIDDLE + torch.randn(256, 1))
            if i % every == 0:
                values.append(-terms["d_loss"].item())
                verdict = D(x[:, None]).sigmoid().detach()
                figure = _opening_frame(x, G, verdict, values, every, rounds)
                pictures.append(painter.draw(figure))
    return pictures


def _opening_frame(
    x: Tensor, G: nn.Linear, verdict: Tensor, values: list[float], every: int, rounds: int
) -> Figure:
    figure, (left, right) = plots.canvas(1, 2, (8, 2.7))
    scene(left, x, density(x, MIDDLE, 1.0), density(x, G.bias.item(), abs(G.weight.item())), verdict)
    left.set(ylim=(0, 1.9))  # the same in all frames
    right.axhline(DRAW, color="0.4", ls=":")
    right.plot(range(0, every * len(values), every), values, color=plots.BLACK, ls="-")
    right.annotate("a draw", (0, DRAW), (4, 4), textcoords="offset points", color="0.35")
    right.set(xlim=(0, rounds), ylim=(-2, 0.05), yticks=[-2, -1, 0], xlabel="round", title="V")
    return figure


def line_film(rounds: int = 120, every: int = 4) -> list[Image.Image]:
    """The picture at the top of notebook 02: the game of two numbers, as scene and as path."""
    path = line_game(n=rounds, h=0.3)
    x, painter, pictures = torch.linspace(-2, 6, 200), plots.Painter(), []
    for i in range(0, rounds + 1, every):
        theta, psi = path[i]
        figure, (left, right) = plots.canvas(1, 2, (8, 2.9))
        scene(left, x, density(x, MIDDLE, 0.5), density(x, theta, 0.5), torch.sigmoid(psi * (x - MIDDLE)))
        phase(right, {"": path[: i + 1]}, span=2.4)
        pictures.append(painter.draw(figure))
    return pictures
