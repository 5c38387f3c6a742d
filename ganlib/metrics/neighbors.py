"""What nearest neighbors tell: density and coverage, and whether a generator copies. Notebook 08."""

from dataclasses import dataclass

from torch import Tensor

from ganlib.engine.exact import pairwise_distances
from ganlib.metrics.distances import check_neighbors, check_same_width, nearest_neighbors

__all__ = ["Memorization", "density_coverage", "memorization"]


def density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> tuple[float, float]:
    """Density: how many reals' k-NN balls a fake lies in, over k.

    Coverage: share of reals whose ball holds a fake.

        density = 1 / (k m) * #{(i, j): |fake_j - real_i| <= radius_i},   coverage = 1 / n * #{i: some j does}

    Only the balls of reals count, so that one outlier among the fakes makes no large ball. Density may exceed
    1. Naeem et al., 2020, arXiv:2002.09797.

    Args:
        real, fake: features (n, d) and (m, d).
        k: which neighbor sets the radius of a ball.

    Example:
        >>> import torch
        >>> real = torch.arange(8.0)[:, None]
        >>> density_coverage(real, torch.full((4, 1), 3.0), k=1)  # inside of three balls
        (3.0, 0.375)
    """
    check_same_width(real, fake)
    check_neighbors(k, real=real)  # only the reals have balls
    real, fake = real.double(), fake.double()
    radius = pairwise_distances(real, real).kthvalue(k + 1).values  # (n,); the first is itself
    inside = pairwise_distances(fake, real) <= radius  # (m, n)
    return inside.double().sum(1).mean().item() / k, inside.any(0).double().mean().item()


@dataclass(frozen=True)
class Memorization:
    """Do fakes lie nearer to the training set than to pictures that the generator never saw?

    share: of fakes whose nearest neighbor is a training sample; 1/2 if none is copied. z: how many standard
    errors that is above 1/2, if each fake were drawn independently.
    """

    share: float
    z: float

    def __str__(self) -> str:
        return f"{100 * self.share:.0f} % of the samples are nearer to the training set (z = {self.z:.1f})"


def memorization(fake: Tensor, train: Tensor, held_out: Tensor) -> Memorization:
    """Count whose nearest neighbor is in the training set and not in an equally large held-out set.

    Both sets are draws of the same distribution, so a generator that has learned the distribution, and not
    the draw, is as near to one as to the other. Ties count half. Related tests: Lopez-Paz and Oquab, 2016,
    arXiv:1610.06545; Meehan et al., 2020, arXiv:2004.05675.

    Args:
        fake, train, held_out: images or features (m, ...), (n, ...) and (n, ...).

    Example:
        >>> import torch
        >>> train, held_out = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.4], [1.4]])
        >>> memorization(train, train, held_out).share
        1.0
    """
    if len(train) != len(held_out):
        raise ValueError(
            f"held_out: expected {len(train)} samples, as many as train has, but got {len(held_out)}; the "
            "larger set would win by its size"
        )
    _, to_train = nearest_neighbors(fake, train)
    _, to_held_out = nearest_neighbors(fake, held_out)
    nearer = (to_train < to_held_out).double() + 0.5 * (to_train == to_held_out).double()
    share = nearer.mean().item()
    return Memorization(share, (share - 0.5) / (0.25 / len(fake)) ** 0.5)
