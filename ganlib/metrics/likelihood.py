"""The kernel estimate of a likelihood, and why it is no measure of quality. Notebook 08.

Early papers reported it for GANs.
"""

import math

import torch
from torch import Tensor

from ganlib.engine.checks import describe
from ganlib.engine.exact import pairwise_distances

__all__ = ["parzen_log_likelihood"]


def parzen_log_likelihood(samples: Tensor, points: Tensor, sd: float) -> float:
    """Mean log density of the points under a Gaussian around each sample.

        1/m sum_j log( 1/n sum_i N(point_j; sample_i, sd² I) ),   in nats

    A generator has samples but no density; this gives it one, which depends on sd more than on the generator.
    Theis et al., 2015, arXiv:1511.01844.

    Args:
        samples: what the kernels sit on, (n, ...).
        points: where the density is wanted, (m, ...).
        sd: width of the kernels, per coordinate.

    Example:
        >>> round(parzen_log_likelihood(torch.zeros(5, 1), torch.zeros(1, 1), sd=1.0), 4)  # log N(0; 0, 1)
        -0.9189
    """
    if not (torch.is_tensor(samples) and torch.is_tensor(points) and samples.shape[1:] == points.shape[1:]):
        raise ValueError(
            f"points: expected the shape of the samples, {describe(samples)}, but got {describe(points)}"
        )
    if not sd > 0:
        raise ValueError(f"sd: expected a positive number, but got {sd!r}; choose it on held-out data")
    samples, points = samples.flatten(1).float(), points.flatten(1).float()
    d = samples.shape[1]
    parts = (pairwise_distances(part, samples).double() for part in points.split(500))  # (500, n) each
    exponents = torch.cat([(-distance.square() / (2 * sd**2)).logsumexp(1) for distance in parts])
    return (exponents.mean() - math.log(len(samples)) - d / 2 * math.log(2 * math.pi * sd**2)).item()
