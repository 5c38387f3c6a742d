"""Density, coverage and memorization against loops by hand and scipy."""

import pytest
import scipy.spatial
import scipy.stats
import torch

from ganlib import metrics


def test_density_and_coverage_against_a_tree():
    torch.manual_seed(0)
    real, fake, k = torch.randn(80, 3), 0.8 * torch.randn(60, 3) + 0.3, 4
    tree = scipy.spatial.cKDTree(real.double().numpy())
    radii = tree.query(real.double().numpy(), k + 1)[0][:, -1]
    balls = [
        [i for i in range(80) if (f - real[i]).double().norm().item() <= radii[i]] for f in fake.double()
    ]  # of each fake: the reals in whose ball it lies
    density, coverage = metrics.density_coverage(real, fake, k)
    assert density == pytest.approx(sum(map(len, balls)) / (k * 60))
    assert coverage == pytest.approx(len(set().union(*balls)) / 80)


def test_density_and_coverage_of_cases_that_are_known():
    torch.manual_seed(0)
    real = torch.randn(500, 2)
    density, coverage = metrics.density_coverage(real, torch.randn(500, 2))
    assert density == pytest.approx(1, abs=0.1)  # its expectation for equal distributions is 1
    assert coverage == pytest.approx(
        1 - 2**-5, abs=0.03
    )  # 1 - 2^-k for as many fakes as reals (Naeem et al.)
    assert metrics.density_coverage(real, real + 100) == (0, 0)
    copies = real[:1].repeat(500, 1)
    density, coverage = metrics.density_coverage(real, copies)
    assert density > 0.5 and coverage < 0.05  # one picture, repeated


def test_few_fakes_have_a_density_but_the_reals_need_neighbors():
    real = torch.arange(8.0)[:, None]
    density, coverage = metrics.density_coverage(real, torch.full((4, 1), 3.0), k=5)
    assert density == pytest.approx(8 / 5) and coverage == 1
    with pytest.raises(ValueError, match="k: expected .* below 4, the number of samples in real, but got 5"):
        metrics.density_coverage(real[:4], real, k=5)


def test_an_outlier_among_the_fakes_buys_recall_and_no_coverage():
    torch.manual_seed(0)
    real = torch.randn(300, 2)
    fake = torch.cat([0.01 * torch.randn(200, 2), 6 * torch.randn(10, 2)])  # a collapse and ten stray points
    recall = metrics.precision_recall(real, fake, k=3)[1]
    coverage = metrics.density_coverage(real, fake, k=3)[1]
    assert recall > 0.8 > 0.2 > coverage


def test_memorization_against_scipys_distances():
    torch.manual_seed(0)
    train, held_out, fake = torch.randn(3, 50, 4).unbind()
    fake[:35] = train[:35] + 0.01
    to_train, to_held_out = (scipy.spatial.distance.cdist(fake, x).min(1) for x in (train, held_out))
    nearer = int((to_train < to_held_out).sum())
    found = metrics.memorization(fake, train, held_out)
    assert found.share == pytest.approx(nearer / 50)
    assert found.z == pytest.approx((nearer - 25) / 50**0.5 * 2)
    assert scipy.stats.binomtest(nearer, 50).pvalue < 0.01 and found.z > 2.6  # the same verdict, exact


def test_an_honest_generator_is_as_near_to_either_and_ties_count_half():
    torch.manual_seed(0)
    train, held_out, fresh = torch.randn(3, 1000, 2).unbind()
    assert abs(metrics.memorization(fresh, train, held_out).z) < 4
    assert metrics.memorization(train, train, held_out).share == pytest.approx(1)
    assert metrics.memorization(held_out, train, held_out).share == pytest.approx(0)
    assert metrics.memorization(fresh, train, train).share == 0.5
    assert "100 % of the samples" in str(metrics.memorization(train, train, held_out))
    with pytest.raises(ValueError, match="held_out: expected 1000 samples"):
        metrics.memorization(fresh, train, held_out[:500])
