"""Charts: functions that draw on an `ax` and return it."""

from inspect import signature

import numpy as np
import torch
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ganlib.course.plots.style import BLUE, DASHES, FAKE, MARKERS, ORANGE, PALETTE, REAL

__all__ = [
    "critic_field",
    "game_field",
    "histogram",
    "loss_curves",
    "rows_of_dots",
    "scatter",
    "strip",
    "values_at_a_draw",
]

AT_A_DRAW = (2 * np.log(2), np.log(2))  # of the original game's losses
NAMES = {2 * np.log(2): "2 log 2", np.log(2): "log 2", -np.log(2): "-log 2", 0.0: "0", 2.0: "2"}


def values_at_a_draw(loss):
    """The values of d_loss and g_loss where D answers logit 0 to everything."""
    logits = torch.zeros(2)
    takes = len(signature(loss.g_loss).parameters)  # a relativistic one takes the real logits too
    return sorted({loss.d_loss(logits, logits).item(), loss.g_loss(*takes * [logits]).item()})


def loss_curves(ax, history, draws=AT_A_DRAW):
    """Each term of a Trainer's history against the step.

    draws: values at which the players are even, as dotted lines.
    """
    names = [name for name in history[-1] if name != "step"] if history else []
    for i, name in enumerate(names):
        ax.plot(
            [row["step"] for row in history],
            [row[name] for row in history],
            color=PALETTE[i],
            ls=DASHES[i],
            label=name,
        )
    for value in draws:
        text = next((name for known, name in NAMES.items() if abs(value - known) < 1e-6), f"{value:.2f}")
        ax.axhline(value, color="0.5", lw=1, ls=":")
        ax.annotate(
            text,
            (1.01, value),  # beside the chart, where no curve runs through it
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=12,
            color="0.35",
        )
    ax.set(xlabel="step", ylabel="loss")
    if names:
        ax.legend(loc="best")
    return ax


def histogram(ax, real, fake, bins=40, span=None, labels=("real", "fake")):
    """Two samples on the line as outlined histograms of equal area, real blue, fake vermilion and hatched."""
    span = span or (min(real.min(), fake.min()).item(), max(real.max(), fake.max()).item())
    for x, color, hatch, label in ((real, REAL, "", labels[0]), (fake, FAKE, "//", labels[1])):
        ax.hist(
            np.asarray(x.detach().cpu()),
            bins,
            span,
            density=True,
            histtype="stepfilled",
            alpha=0.45,
            hatch=hatch,
            color=color,
            edgecolor=color,
            lw=1.5,
            label=label,
        )
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
    """One moment of a game in the square [-span, span]².

    It shows D's verdict, both samples, and arrows where G's loss pulls fakes.

    grid: D's probability of real (n, n), x first. real, fake: (n, 2). pull: (n, 2); arrows end at half a
        unit, however strong.
    """
    ax.imshow(
        grid.T.numpy(),
        cmap="RdBu",
        vmin=0,
        vmax=1,
        alpha=0.4,
        origin="lower",
        interpolation="bilinear",
        extent=(-span, span, -span, span),
    )
    for points, color, marker in ((real, REAL, "o"), (fake, FAKE, "^")):
        ax.scatter(*points.T.numpy(), s=26, c=color, marker=marker, edgecolor="white", lw=0.5)
    steps = 0.5 * pull / (1 + pull.norm(dim=1, keepdim=True))
    ax.quiver(
        *fake[::4].T.numpy(),
        *steps[::4].T.numpy(),
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.005,
        zorder=3,
    )
    handles = [
        *ax.collections[:2],
        Patch(color="#a8bfd3"),
        Patch(color="#dfa3a9"),
        Line2D([], [], color="black", marker=">", lw=2),
    ]
    names = ["real", "fake", "D says real", "D says fake", "pull of G's loss"]
    ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1.02, 1), markerscale=1.5)
    ax.set(xticks=(-2, 0, 2), yticks=(-2, 0, 2), xlim=(-span, span), ylim=(-span, span))
    return ax


def strip(ax, groups, ylabel):
    """One column of dots for each name in groups (name -> values), a bar at each median.

    Equal values lie side by side.
    """
    rng = np.random.default_rng(0)
    for i, values in enumerate(map(list, groups.values())):
        ties = [values.count(value) for value in values]
        places = [values[:j].count(value) - (ties[j] - 1) / 2 for j, value in enumerate(values)]
        jitter = np.where(np.array(ties) > 1, 0.075 * np.array(places), rng.uniform(-0.15, 0.15, len(values)))
        ax.plot(i + jitter, values, MARKERS[i % 7], color=PALETTE[i % 7], ms=7, alpha=0.75, ls="")
        ax.hlines(np.median(values), i - 0.3, i + 0.3, color="black", lw=2.5)
    ax.set_xticks(
        range(len(groups)),
        groups,
        rotation=20 if len(groups) > 4 else 0,
        ha="right" if len(groups) > 4 else "center",
    )
    ax.set_ylabel(ylabel)
    return ax


def rows_of_dots(ax, groups, title, marked=()):
    """One row of dots for each name in groups (name -> values), the first below, a bar at each mean.

    Marked rows are blue squares, the others orange discs; equal values lie one above the other.
    """
    for i, (name, values) in enumerate(groups.items()):
        color, marker = (BLUE, "s") if name in marked else (ORANGE, "o")
        places = [
            i + 0.16 * (list(values[:j]).count(v) - (values.count(v) - 1) / 2) for j, v in enumerate(values)
        ]
        ax.plot(values, places, marker, color=color, ms=9, alpha=0.85, ls="")
        if len(values) > 1:
            ax.plot(2 * [np.mean(values)], [i - 0.4, i + 0.4], color="black", ls="-", lw=2.5)
        ax.axhline(i, color="0.88", lw=1, ls="-", zorder=0)
    ax.set_yticks(range(len(groups)), groups, fontsize=14)
    ax.set(title=title, ylim=(-0.6, len(groups) - 0.4))  # so that rows of neighboring charts line up
    return ax
