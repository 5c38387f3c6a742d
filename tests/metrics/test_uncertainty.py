"""Intervals against scipy's bootstrap and normal theory; extrapolation against numpy's polyfit."""

import numpy as np
import pytest
import scipy.stats
import torch

from ganlib import metrics


def test_the_interval_of_a_mean_against_scipys_basic_bootstrap():
    x = torch.from_numpy(np.random.default_rng(0).exponential(size=300))
    oracle = scipy.stats.bootstrap(
        (x.numpy(),), np.mean, method="basic", n_resamples=4000, rng=0
    ).confidence_interval
    low, high = metrics.bootstrap_interval(lambda rows: rows.mean(), x, repeats=4000)
    assert low == pytest.approx(oracle.low, abs=0.02) and high == pytest.approx(oracle.high, abs=0.02)


def test_ninety_five_of_a_hundred_intervals_hold_the_truth():
    rng, hits = np.random.default_rng(1), 0
    for seed in range(200):
        x = torch.from_numpy(rng.normal(3, 2, 60))
        low, high = metrics.bootstrap_interval(lambda rows: rows.mean(), x, repeats=200, seed=seed)
        hits += low < 3 < high
    assert 0.88 <= hits / 200 <= 0.99


def test_bootstrapped_values_keep_their_digits():
    x = torch.arange(50.0, dtype=torch.double)
    values = metrics.bootstrap(lambda rows: 1 + 1e-12 * rows.sum().item(), x, repeats=20)
    assert values.dtype == torch.double and values.unique().numel() > 10


def test_the_bootstrapped_distance_is_too_large_and_the_interval_is_not():
    torch.manual_seed(0)
    x = torch.randn(300, 8)
    reference = torch.zeros(8), torch.eye(8)

    def distance(rows):
        return metrics.frechet_distance(*reference, *metrics.moments(rows))

    low, high = metrics.bootstrap_interval(distance, x)
    assert metrics.bootstrap(distance, x).quantile(0.03) > distance(x)  # repeated samples look farther away
    assert low < high < distance(x)


def test_extrapolation_against_polyfit_and_linregress():
    sizes, values = [100, 200, 400, 1000], [5.2, 2.9, 1.4, 0.7]
    slope, limit = np.polyfit(1 / np.array(sizes), values, 1)
    found = metrics.extrapolate(sizes, values)
    assert found.limit == pytest.approx(limit) and found.slope == pytest.approx(slope)
    assert found.r2 == pytest.approx(scipy.stats.linregress(1 / np.array(sizes), values).rvalue ** 2)
    with pytest.raises(ValueError, match="two sizes or more"):
        metrics.extrapolate([100, 100], [1.0, 2.0])


def test_the_distance_of_a_gaussian_sample_to_itself_vanishes_at_infinity():
    sample = torch.randn(20_000, 6, generator=torch.Generator().manual_seed(0))

    def distance(rows):
        return metrics.frechet_distance(torch.zeros(6), torch.eye(6), *metrics.moments(rows))

    sizes = [200, 400, 800, 1600]
    values = metrics.value_at_sizes(distance, sample, sizes)
    found = metrics.extrapolate(sizes, values)
    assert abs(found.limit) < 0.35 * values[-1] and found.r2 > 0.98


def test_values_at_sizes_use_different_rows():
    means = metrics.value_at_sizes(lambda rows: float(len(rows.unique())), torch.arange(100.0), [10, 100])
    assert means == [10, 100]
    with pytest.raises(ValueError, match="sizes: expected 2 to 100 samples"):
        metrics.value_at_sizes(lambda rows: 0.0, torch.arange(100.0), [101])
