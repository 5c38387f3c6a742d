"""Distributions in one and two dimensions, drawn anew for every batch.

`batch(n)` -> (x (n, d), component (n,)).
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ganlib.engine.checks import describe
from ganlib.engine.exact import pairwise_distances

__all__ = ["Curve", "Mixture", "grid", "ring", "swiss_roll", "two_moons"]


class Mixture:
    """Equally or differently weighted Gaussians of one width: p(x) = sum_k w_k N(x; center_k, sd² I).

    Args:
        centers: (K, d).
        sd: a positive number.
        weights: (K,) shares, or None for equal ones.

    Example:
        >>> x, component = Mixture([[0.0, 0.0], [4.0, 0.0]], sd=0.1).batch(5)
        >>> x.shape, component.shape
        (torch.Size([5, 2]), torch.Size([5]))
    """

    def __init__(self, centers: Tensor | list, sd: float, weights: Tensor | list | None = None):
        centers = torch.as_tensor(centers, dtype=torch.float32)
        weights = (
            torch.ones(len(centers)) if weights is None else torch.as_tensor(weights, dtype=torch.float32)
        )
        _check_mixture(centers, sd, weights)
        self.centers, self.sd, self.weights = centers, sd, weights / weights.sum()

    def to(self, device: str | torch.device) -> "Mixture":
        """Move centers and weights to a device; batches are drawn there."""
        self.centers, self.weights = self.centers.to(device), self.weights.to(device)
        return self

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n fresh samples (n, d) and the component each came from (n,)."""
        component = torch.multinomial(self.weights, n, replacement=True)
        mean = self.centers[component]  # (n, d)
        return mean + self.sd * torch.randn_like(mean), component

    def log_prob(self, x: Tensor) -> Tensor:
        """The log density, natural log, at x (n, d) -> (n,)."""
        squared = pairwise_distances(x, self.centers.to(x)).square() / self.sd**2  # (n, K)
        log_norm = x.shape[1] * math.log(self.sd * math.sqrt(2 * math.pi))
        return (self.weights.log().to(x) - squared / 2).logsumexp(1) - log_norm


def ring(modes: int = 8, radius: float = 2.0, sd: float = 0.05) -> Mixture:
    """Gaussians evenly spaced on a circle."""
    angle = torch.arange(modes) * 2 * math.pi / modes
    return Mixture(radius * torch.stack([angle.cos(), angle.sin()], 1), sd)


def grid(sd: float = 0.05) -> Mixture:
    """5 x 5 Gaussians on a square lattice around 0, neighbors 1 apart."""
    ticks = torch.arange(-2.0, 3.0)
    return Mixture(torch.cartesian_prod(ticks, ticks), sd)


class Curve:
    """Points along plane curves with noise of width sd.

    `trace` maps u (n,) in [0, 1] and a branch (n,) to (n, 2).
    """

    def __init__(
        self, trace: Callable[[Tensor, Tensor], Tensor], branches: int, sd: float, device: str | None = None
    ):
        if not sd >= 0:
            raise ValueError(f"sd: expected 0 or a positive number, but got {sd!r}; 0.05, say")
        self.trace, self.branches, self.sd, self.device = trace, branches, sd, device

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n fresh samples (n, 2) and the branch each lies on (n,)."""
        branch = torch.randint(self.branches, (n,), device=self.device)
        points = self.trace(torch.rand(n, device=self.device), branch)
        return points + self.sd * torch.randn_like(points), branch


def swiss_roll(turns: float = 1.5, radius: float = 2.0, sd: float = 0.05, device: str | None = None) -> Curve:
    """A spiral from the middle out to the radius."""

    def trace(u, branch):
        r, angle = radius * (0.25 + 0.75 * u), 2 * math.pi * turns * u
        return torch.stack([r * angle.cos(), r * angle.sin()], 1)

    return Curve(trace, 1, sd, device)


def two_moons(radius: float = 1.0, sd: float = 0.05, device: str | None = None) -> Curve:
    """Two interleaved half circles."""

    def trace(u, branch):
        x, y = radius * (math.pi * u).cos(), radius * (math.pi * u).sin()
        upper, lower = torch.stack([x - radius / 2, y], 1), torch.stack([radius / 2 - x, radius / 2 - y], 1)
        return torch.where(branch[:, None] == 0, upper, lower)

    return Curve(trace, 2, sd, device)


def _check_mixture(centers, sd, weights):
    if centers.dim() != 2 or len(centers) == 0:
        raise ValueError(
            f"centers: expected shape (K, d), but got {describe(centers)}; one row for each mode"
        )
    if not sd > 0:
        raise ValueError(f"sd: expected a positive number, but got {sd!r}; 0.05, say")
    if weights.shape != (len(centers),) or bool((weights < 0).any()):
        raise ValueError(
            f"weights: expected {len(centers)} shares, none negative, but got {describe(weights)}; one for "
            "each center"
        )
