"""Distributions in one and two dimensions, drawn anew for every batch: `batch(n)` -> (x (n, d), component (n,))."""

import math

import torch

from ganlib.errors import expect


class Mixture:
    """Equally or differently weighted Gaussians of one width: p(x) = sum_k w_k N(x; center_k, sd² I).

    centers: (K, d), sd: a positive number, weights: (K,) or None for equal shares.
    """

    def __init__(self, centers, sd, weights=None):
        centers = torch.as_tensor(centers, dtype=torch.float32)
        expect(centers.dim() == 2 and len(centers) > 0, "centers", centers, "shape (K, d)", "one row for each mode")
        expect(sd > 0, "sd", sd, "a positive number", "0.05, say")
        self.centers, self.sd = centers, sd
        self.weights = torch.ones(len(centers)) if weights is None else torch.as_tensor(weights, dtype=torch.float32)
        expect(self.weights.shape == (len(centers),) and bool((self.weights >= 0).all()), "weights", weights,
               f"{len(centers)} shares, none negative", "one share for each center")  # fmt: skip
        self.weights = self.weights / self.weights.sum()

    def to(self, device):
        """Move centers and weights to a device; batches are drawn there."""
        self.centers, self.weights = self.centers.to(device), self.weights.to(device)
        return self

    def batch(self, n):
        """n fresh samples (n, d) and the component each came from (n,)."""
        component = torch.multinomial(self.weights, n, replacement=True)
        mean = self.centers[component]  # (n, d)
        return mean + self.sd * torch.randn_like(mean), component

    def log_prob(self, x):
        """The log density, natural log, at x (n, d) -> (n,)."""
        distance = torch.cdist(x, self.centers.to(x), compute_mode="donot_use_mm_for_euclid_dist")  # exact far from 0, too
        squared = distance.square() / self.sd**2  # (n, K)
        log_norm = x.shape[1] * math.log(self.sd * math.sqrt(2 * math.pi))
        return (self.weights.log().to(x) - squared / 2).logsumexp(1) - log_norm


def ring(modes=8, radius=2.0, sd=0.05):
    """Gaussians evenly spaced on a circle."""
    angle = torch.arange(modes) * 2 * math.pi / modes
    return Mixture(radius * torch.stack([angle.cos(), angle.sin()], 1), sd)


def grid(side=5, spacing=1.0, sd=0.05):
    """side x side Gaussians on a square lattice around 0."""
    ticks = (torch.arange(side) - (side - 1) / 2) * spacing
    return Mixture(torch.cartesian_prod(ticks, ticks), sd)


def mixture_1d(means, sd=0.2, weights=None):
    """Gaussians on the line: samples (n, 1)."""
    return Mixture(torch.as_tensor(means, dtype=torch.float32).reshape(-1, 1), sd, weights)


class Curve:
    """Points along plane curves with noise of width sd: `trace` maps u (n,) in [0, 1] and a branch (n,) to (n, 2)."""

    def __init__(self, trace, branches, sd, device=None):
        expect(sd >= 0, "sd", sd, "0 or a positive number", "0.05, say")
        self.trace, self.branches, self.sd, self.device = trace, branches, sd, device

    def batch(self, n):
        """n fresh samples (n, 2) and the branch each lies on (n,)."""
        branch = torch.randint(self.branches, (n,), device=self.device)
        points = self.trace(torch.rand(n, device=self.device), branch)
        return points + self.sd * torch.randn_like(points), branch


def swiss_roll(turns=1.5, radius=2.0, sd=0.05, device=None):
    """A spiral from the middle out to the radius."""

    def trace(u, branch):
        r, angle = radius * (0.25 + 0.75 * u), 2 * math.pi * turns * u
        return torch.stack([r * angle.cos(), r * angle.sin()], 1)

    return Curve(trace, 1, sd, device)


def two_moons(radius=1.0, sd=0.05, device=None):
    """Two interleaved half circles."""

    def trace(u, branch):
        x, y = radius * (math.pi * u).cos(), radius * (math.pi * u).sin()
        upper, lower = torch.stack([x - radius / 2, y], 1), torch.stack([radius / 2 - x, radius / 2 - y], 1)
        return torch.where(branch[:, None] == 0, upper, lower)

    return Curve(trace, 2, sd, device)
