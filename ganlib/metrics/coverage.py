"""How many modes of a toy mixture samples cover. Notebook 04."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganlib.data.toys import Mixture
from ganlib.engine.exact import pairwise_distances
from ganlib.metrics.distances import check_features

__all__ = ["Coverage", "mode_coverage"]


@dataclass(frozen=True)
class Coverage:
    """Which modes of a mixture samples reach.

    covered: modes with at least a fifth of their fair share within 3 standard deviations.
    high_quality: share of samples within 3 standard deviations of a mode.
    kl: KL(shares of the samples ‖ equal shares), in nats.
    """

    covered: int
    high_quality: float
    kl: float


def mode_coverage(x: Tensor, mixture: Mixture) -> Coverage:
    """Which modes of a mixture with equal weights the samples x (n, d) reach.

    One mode of K alone has kl = log K.

    Example:
        >>> from ganlib.data import toys
        >>> mode_coverage(torch.tensor([[2.0, 0.0]] * 4), toys.ring()).covered
        1
    """
    check_features(x=x)
    centers = mixture.centers.to(x.device, torch.double)
    if x.shape[1] != centers.shape[1]:
        raise ValueError(
            f"x: expected {centers.shape[1]} numbers a sample, as the mixture has, but got {x.shape[1]}"
        )
    distance, mode = pairwise_distances(x.double(), centers).min(1)
    near = distance <= 3 * mixture.sd  # (n,)
    modes = len(mixture.centers)
    counts = torch.bincount(mode[near], minlength=modes).double()
    share = torch.bincount(mode, minlength=modes).double() / len(x)
    kl = (torch.special.xlogy(share, share * modes)).sum().item()
    return Coverage(int((counts >= len(x) / modes / 5).sum()), near.float().mean().item(), kl)
