"""How sure a number is: bootstrap intervals, the bias of few samples and its limit. Notebook 08."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

__all__ = ["Extrapolation", "bootstrap", "bootstrap_interval", "extrapolate", "value_at_sizes"]


def bootstrap(
    statistic: Callable[[Tensor], float], sample: Tensor, repeats: int = 200, seed: int = 0
) -> Tensor:
    """The statistic of `repeats` samples, each drawn from the rows of `sample` with replacement. Efron, 1979.

    Returns:
        (repeats,), in float64.
    """
    if len(sample) < 2 or repeats < 2:
        raise ValueError(
            f"sample, repeats: expected 2 rows and 2 repeats or more, but got {len(sample)} and {repeats}"
        )
    generator = torch.Generator().manual_seed(seed)
    draws = (torch.randint(len(sample), (len(sample),), generator=generator) for _ in range(repeats))
    values = [float(statistic(sample[rows.to(sample.device)])) for rows in draws]
    return torch.tensor(values, dtype=torch.double)


def bootstrap_interval(
    statistic: Callable[[Tensor], float],
    sample: Tensor,
    repeats: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """A confidence interval that reflects the bootstrap's deviations at the estimate (the "basic" interval).

        (2 t - q_high, 2 t - q_low),   t = statistic(sample), q the quantiles of the bootstrapped values

    A Fréchet distance grows when samples repeat, so each bootstrapped value lies above t, and an interval of
    the plain quantiles would not even contain t. The reflection takes that bias out once. Davison and
    Hinkley, 1997, chapter 5.

    Args:
        statistic: rows (n, ...) -> a number.
        sample: (n, ...), features for instance.
        repeats: how many bootstrapped values.
        level: share of such intervals that should hold the true value.

    Example:
        >>> low, high = bootstrap_interval(lambda x: x.mean(), torch.arange(100.0))
        >>> low < 49.5 < high
        True
    """
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1, but got {level!r}; 0.95 is usual")
    values = bootstrap(statistic, sample, repeats, seed)
    tail = (1 - level) / 2
    low, high = values.quantile(tail).item(), values.quantile(1 - tail).item()
    estimate = float(statistic(sample))
    return 2 * estimate - high, 2 * estimate - low


def value_at_sizes(
    statistic: Callable[[Tensor], float], sample: Tensor, sizes: Sequence[int], seed: int = 0
) -> list[float]:
    """The statistic of random subsets, without replacement: the mean of up to ten of each size."""
    generator = torch.Generator().manual_seed(seed)
    values = []
    for n in sizes:
        if not 1 < n <= len(sample):
            raise ValueError(f"sizes: expected 2 to {len(sample)} samples, but got {n}")
        order = torch.randperm(len(sample), generator=generator).to(sample.device)
        parts = [part for part in order.split(n) if len(part) == n][:10]
        values.append(float(np.mean([float(statistic(sample[part])) for part in parts])))
    return values


@dataclass(frozen=True)
class Extrapolation:
    """A line in 1/n through measured values.

    limit: its value at 1/n = 0. slope: its slope. r2: R², the share of the variance that it explains.
    """

    limit: float
    slope: float
    r2: float


def extrapolate(sizes: Sequence[int], values: Sequence[float]) -> Extrapolation:
    """Least squares of value = limit + slope / n.

    FID and the Inception Score are nearly such lines: Chong and Forsyth, 2019, arXiv:1911.07023.

    Example:
        >>> extrapolate([1, 2, 4], [3.0, 2.0, 1.5])
        Extrapolation(limit=1.0, slope=2.0, r2=1.0)
    """
    if len(sizes) != len(values) or len(set(sizes)) < 2:
        raise ValueError(
            "sizes, values: expected as many of one as of the other, two sizes or more, but got "
            f"{len(sizes)} and {len(values)}"
        )
    x, y = 1 / np.asarray(sizes, float), np.asarray(values, float)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    limit = y.mean() - slope * x.mean()
    spread = ((y - y.mean()) ** 2).sum()
    r2 = 1 - ((y - limit - slope * x) ** 2).sum() / spread if spread else 1.0
    return Extrapolation(*(round(float(v), 12) for v in (limit, slope, r2)))
