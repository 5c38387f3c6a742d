"""Pictures of samples on the modes of a mixture, and recorded trainings behind some of them. Notebook 04."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import torch
from matplotlib.figure import Figure
from torch import Tensor

from ganlib.course import plots
from ganlib.data.toys import Mixture
from ganlib.engine.checkpoint import load_tensors, save_tensors
from ganlib.engine.files import asset
from ganlib.metrics import mode_coverage
from ganlib.trainer import Snapshot
from ganlib.variants import SeedEnsemble

__all__ = ["Recording", "answers", "clouds", "packs", "recording", "verdicts"]

SHOWN = 400  # samples of each cloud that are drawn
COUNTS = ("covered", "high_quality", "kl")


@dataclass
class Recording:
    """What several seeds, trained side by side, draw and cover at some moments of a training.

    Each list has an entry for a moment. points: (S, n, 2) samples of the averaged G.
    covered, high_quality, kl: a number for each seed, see ganlib.metrics.Coverage.
    """

    label: str
    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    points: list[Tensor] = field(default_factory=list)
    covered: list[list[int]] = field(default_factory=list)
    high_quality: list[list[float]] = field(default_factory=list)
    kl: list[list[float]] = field(default_factory=list)

    def add(self, snapshot: Snapshot, ensemble: SeedEnsemble, mixture: Mixture, n: int = 2_500) -> None:
        """Count n samples of each seed now; the caller's random stream is left alone."""
        with torch.random.fork_rng():
            torch.manual_seed(1)
            points = ensemble.samples(n, ema=True)  # (S, n, 2)
        found = [mode_coverage(cloud, mixture) for cloud in points]
        self.steps.append(snapshot.step)
        self.seconds.append(snapshot.seconds)
        self.points.append(points[:, :SHOWN].cpu())
        for name in COUNTS:
            getattr(self, name).append([getattr(one, name) for one in found])

    def median(self, name: str, moment: int = -1) -> float:
        """The median over the seeds of "covered", "high_quality" or "kl"."""
        return median(getattr(self, name)[moment])

    def at(self, step: int) -> int:
        """The moment after that many steps."""
        return self.steps.index(step)

    def within(self, seconds: float) -> int:
        """The last moment within that many seconds of training."""
        return max(i for i, spent in enumerate(self.seconds) if spent <= seconds)

    def labels(self, moment: int = -1) -> list[str]:
        """A short line for each seed: how many modes it covers."""
        return [f"{count} mode{'s' * (count != 1)}" for count in self.covered[moment]]

    def row(self, moment: int = -1) -> tuple[str, ...]:
        """Of a table: label, steps, seconds, medians of the modes covered and of the high-quality share."""
        at = self.label, f"{self.steps[moment]:,}", f"{self.seconds[moment]:.0f} s"
        return *at, f"{self.median('covered', moment):g}", f"{self.median('high_quality', moment):.2f}"

    def words(self, moment: int = -1) -> str:
        """What stands at a moment, in a sentence."""
        label, steps, seconds, covered, _ = self.row(moment)
        share = self.median("high_quality", moment)
        medians = f"medians: modes covered {covered}, high quality {share:.0%}"
        return f"{label}: step {steps}, after {seconds}; {medians}"

    def save(self, path: str | Path, shown: int = SHOWN // 2) -> None:
        """Write the counts, and as many samples of each seed as shown says, as float16."""
        tensors = {name: torch.tensor(getattr(self, name)) for name in COUNTS}
        tensors["points"] = torch.stack(self.points)[:, :, :shown].half()
        save_tensors(path, tensors, label=self.label, steps=self.steps, seconds=self.seconds)


def recording(name: str) -> Recording:
    """A bundled recording, such as "unrolled-5"; assets/record_mode_collapse.py made it."""
    tensors, metadata = load_tensors(asset(f"results/{name}.safetensors"))
    counts = {name: tensors[name].tolist() for name in COUNTS}
    about = {key: metadata[key] for key in ("label", "steps", "seconds")}
    return Recording(**about, points=list(tensors["points"].float()), **counts)


def clouds(points: Tensor, mixture: Mixture, labels: Sequence[str], columns: int = 5) -> Figure:
    """Several clouds of samples in one drawing, row by row, each over the modes as open circles.

    One drawing is quick to redraw.

    Args:
        points: (S, n, 2), one cloud for each label; what lies outside its field is left out.
        labels: a line or two for each cloud, in its middle where no mode is, else above it.
    """
    centers = mixture.centers.cpu()
    side = 1.42 * centers.abs().max().item()  # half of a field's
    middle = centers.norm(dim=1).min() > side / 3
    columns = min(columns, len(points))
    rows, head = -(-len(points) // columns), 0 if middle else 0.35 * side
    wide, high = 2 * side * columns, (2 * side + head) * rows
    fig, ax = plots.canvas(size=(11, 11 * high / wide))
    for i, (cloud, label) in enumerate(zip(points.cpu().float(), labels)):
        corner = torch.tensor([2 * side * (i % columns), -(2 * side + head) * (i // columns)])
        ax.plot(*(centers + corner).T, "o", color=plots.REAL, ms=24 / columns**0.5, mfc="none", mew=1.8)
        inside = corner + cloud[:SHOWN][(cloud[:SHOWN].abs() < side).all(1)]
        ax.plot(*inside.T, "^", color=plots.FAKE, ms=3.2, alpha=0.4, mew=0)
        x, y = corner.tolist()
        place = dict(y=y, va="center") if middle else dict(y=y + side, va="bottom")
        ax.text(x, s=label, ha="center", fontsize=14, **place)
    ax.set(xlim=(-side, wide - side), ylim=(side + head - high, side + head), aspect="equal")
    ax.axis("off")
    return fig


def packs(shares: Mapping[str, Tensor], distances: Mapping[str, Sequence[float]]) -> Figure:
    """PacGAN's argument: how often a pack of two holds the modes i and j, and its distance to real packs.

    Args:
        shares: name -> (K,), how often a sample has each mode; a pack has i and j with share_i share_j.
        distances: name -> the total variation distance of packs of 1, 2, 3 ... samples to real packs.
    """
    fig = Figure((13, 3.9))
    axes = fig.subplots(1, len(shares) + 1, width_ratios=[1] * len(shares) + [1.25])
    for ax, (name, share) in zip(axes, shares.items()):
        ax.imshow(torch.outer(share, share), cmap="Blues", vmin=0, vmax=0.045)
        ax.set(title=name, xlabel="first sample's mode", ylabel="second sample's mode")
        ax.set(xticks=range(len(share)), xticklabels=range(1, len(share) + 1))
        ax.set(yticks=range(len(share)), yticklabels=range(1, len(share) + 1))
    for (name, values), marker in zip(distances.items(), plots.MARKERS):
        axes[-1].plot(range(1, len(values) + 1), values, marker=marker, label=name)
    sizes = range(1, len(values) + 1)
    axes[-1].set(title="Distance to real packs", xlabel="samples in a pack", xticks=sizes, ylim=(0, None))
    axes[-1].legend(loc="lower right")
    return fig


def verdicts(games: dict, real: Tensor, span: float = 3.0) -> Figure:
    """One moment of several games side by side.

    games: name -> (D's probability of real on the square [-span, span]² (n, n), x first; samples (m, 2)).
    """
    square = (-span, span, -span, span)
    fig, axes = plots.canvas(1, len(games), (2.9 * len(games), 3.1))
    for ax, (name, (ground, fake)) in zip(axes, games.items()):
        flat = (ground.T * 4).round() / 4  # few levels: a film of gradients would be many times as large
        ax.imshow(flat, cmap="RdBu", vmin=0, vmax=1, alpha=0.4, origin="lower", extent=square)
        ax.plot(*real.T, "o", color=plots.REAL, ms=4, mew=0, antialiased=False)
        ax.plot(*fake.T, "^", color=plots.FAKE, ms=4, mew=0, antialiased=False)
        ax.set(xlim=(-span, span), ylim=(-span, span), xticks=(), yticks=(), title=name)
    return fig


def answers(s: Tensor, still: Tensor, answered: Sequence[Tensor], price: Sequence[Tensor]) -> Figure:
    """What G descends: left over the share of mode A, right over the number of modes kept.

    Left there are two curves, for a D that stands still and for one that answers.
    """
    fig, (left, right) = plots.canvas(1, 2, (12, 4.8))
    left.plot(s, still - still.mean(), color=plots.BLUE, ls="-", label="D stands still (shifted)")
    right.axhline(0, color="0.7", lw=1)
    modes = torch.arange(len(price[0])) + 1
    for ax, x, curves, marker in ((left, s, answered, ""), (right, modes, price, "o")):
        ax.plot(x, curves[0], color=plots.VERMILION, ls="--", marker=marker, label="D answers, saturating")
        ax.plot(x, curves[1], color=plots.GREEN, ls="-.", marker=marker, label="D answers, non-saturating")
    left.set(title="D still: a slope. D answers: a bowl", xlabel="s, the share of samples on mode A")
    left.set(ylabel="what G descends")
    left.legend(loc="upper center")
    right.set(xlabel="modes that G draws, of 8", title="The price of missing modes: one costs little")
    right.legend()
    return fig
