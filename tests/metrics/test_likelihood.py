"""The kernel estimate against scipy's densities, summed by hand."""

import numpy as np
import pytest
import scipy.stats
import torch

from ganlib import metrics


def test_parzen_against_scipys_normals():
    rng = np.random.default_rng(0)
    samples, points, sd = rng.normal(size=(30, 3)), rng.normal(size=(7, 3)), 0.4
    densities = [np.mean([scipy.stats.multivariate_normal(s, sd**2).pdf(p) for s in samples]) for p in points]
    found = metrics.parzen_log_likelihood(torch.from_numpy(samples), torch.from_numpy(points), sd)
    assert found == pytest.approx(np.log(densities).mean(), abs=1e-4)


def test_the_density_integrates_to_one():
    samples, x = torch.tensor([[-1.0], [0.5]]), torch.linspace(-9, 9, 2001)
    density = [np.exp(metrics.parzen_log_likelihood(samples, point.view(1, 1), 0.7)) for point in x]
    assert np.trapezoid(density, x) == pytest.approx(1, abs=1e-4)


def test_small_distances_far_from_0_are_not_lost():
    generator = torch.Generator().manual_seed(0)
    samples, points = torch.randn(60, 3, generator=generator), torch.randn(40, 3, generator=generator)
    samples, points = (x.mul(1024).round() / 1024 for x in (samples, points))  # exact beside 1024
    near, far = (metrics.parzen_log_likelihood(samples + s, points + s, 0.1) for s in (0, 1024))
    assert far == pytest.approx(near, rel=1e-6)


def test_bad_arguments_are_named():
    x = torch.zeros(4, 2)
    with pytest.raises(ValueError, match="sd: expected a positive number"):
        metrics.parzen_log_likelihood(x, x, 0.0)
    with pytest.raises(ValueError, match="points: expected the shape of the samples"):
        metrics.parzen_log_likelihood(x, torch.zeros(4, 3), 1.0)
