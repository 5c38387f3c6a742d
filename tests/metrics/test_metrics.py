"""Metrics against scipy, closed forms and cheats whose order is known."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import torch
from torch.nn.functional import avg_pool2d

from ganlib import metrics
from ganlib.data import toys


def random_covariance(d, seed):
    a = np.random.default_rng(seed).normal(size=(d, 2 * d))
    return torch.from_numpy(a @ a.T / d)


def test_frechet_distance_against_scipys_sqrtm():
    a, b = random_covariance(12, 0), random_covariance(12, 1)
    mean_a, mean_b = torch.randn(2, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    root = scipy.linalg.sqrtm(a.numpy() @ b.numpy()).real
    oracle = (mean_a - mean_b).square().sum().item() + np.trace(a.numpy() + b.numpy() - 2 * root)
    assert metrics.frechet_distance(mean_a, a, mean_b, b) == pytest.approx(oracle, rel=1e-9)


def test_frechet_distance_of_lines_and_of_equals():
    one = torch.ones(1, 1, dtype=torch.float64)
    found = metrics.frechet_distance(0 * one[0], 4 * one, 3 * one[0], 9 * one)
    assert found == pytest.approx(3**2 + (2 - 3) ** 2)
    c = random_covariance(5, 2)
    assert metrics.frechet_distance(c[0], c, c[0], c) == pytest.approx(0, abs=1e-9)
    flat = torch.zeros(3, 3, dtype=torch.float64)  # a set of one repeated image has no spread at all
    assert metrics.frechet_distance(flat[0], flat, flat[0], flat) == 0


def test_moments_against_numpy():
    x = torch.randn(50, 4)
    mean, cov = metrics.moments(x)
    np.testing.assert_allclose(mean, x.double().mean(0))
    np.testing.assert_allclose(cov, np.cov(x.double().numpy().T))


def test_classifier_score_at_its_limits():
    sure = torch.eye(10).repeat(5, 1)
    assert metrics.classifier_score(sure) == pytest.approx(10)
    assert metrics.classifier_score(torch.full((8, 10), 0.1)) == pytest.approx(1)
    p = torch.rand(40, 10).softmax(1).double()
    kl = scipy.stats.entropy(p.numpy(), np.broadcast_to(p.mean(0).numpy(), p.shape), axis=1)
    assert metrics.classifier_score(p) == pytest.approx(math.exp(kl.mean()))


def test_precision_recall_of_shapes_that_are_known():
    torch.manual_seed(0)
    real = torch.randn(400, 2)
    assert metrics.precision_recall(real, real.clone()) == (1, 1)
    assert metrics.precision_recall(real, real + 100) == (0, 0)
    narrow = 0.1 * torch.randn(400, 2)  # inside, but covering little
    precision, recall = metrics.precision_recall(real, narrow)
    assert precision > 0.95 and recall < 0.2
    with pytest.raises(
        ValueError, match="k: expected .*below 400, the number of samples in real, but got 400"
    ):
        metrics.precision_recall(real, narrow, k=400)


def test_precision_against_a_loop_by_hand():
    torch.manual_seed(1)
    real, fake = torch.randn(30, 3), torch.randn(20, 3)
    inside = 0
    for f in fake:
        radii = [sorted((r - o).norm().item() for o in real)[3] for r in real]
        inside += any((f - r).norm().item() <= radius for r, radius in zip(real, radii))
    assert metrics.precision_recall(real, fake)[0] == pytest.approx(inside / 20)


def test_wasserstein_1d_against_scipy():
    a, b = torch.randn(200), torch.randn(200) + 1
    assert metrics.wasserstein_1d(a, b) == pytest.approx(scipy.stats.wasserstein_distance(a, b), abs=1e-6)
    with pytest.raises(ValueError, match="b: expected 200 finite numbers"):
        metrics.wasserstein_1d(a, b[:5])


def test_mode_coverage():
    torch.manual_seed(0)
    ring = toys.ring()
    full = metrics.mode_coverage(ring.batch(8000)[0], ring)
    assert (
        full.covered == 8 and full.high_quality > 0.98 and full.kl < 0.01
    )  # P(|x| > 3 sd) in the plane is exp(-4.5) = 0.011
    one = metrics.mode_coverage(ring.centers[2] + 0.01 * torch.randn(500, 2), ring)
    assert one.covered == 1 and one.high_quality == 1 and one.kl == pytest.approx(math.log(8))
    assert metrics.mode_coverage(torch.randn(500, 2) * 0.01, ring).covered == 0


def test_nearest_neighbors_finds_itself(digits):
    x, _ = digits[torch.arange(100)]
    index, distance = metrics.nearest_neighbors(x[[5, 70]], x)
    assert index.tolist() == [5, 70] and distance.max() < 0.01
    _, distance = metrics.nearest_neighbors(x[:1] * 0 + 1, x[:1] * 0)
    assert distance.item() == pytest.approx(1)


def test_the_classifier_is_good_and_the_floor_is_low(digits, judge):
    from ganlib.engine.checkpoint import load_tensors
    from ganlib.engine.files import asset

    _, facts = load_tensors(asset("checkpoints/mnist-reference.safetensors"))
    assert facts["test_accuracy"] >= 0.99
    report = judge(digits[:][0])
    assert report.relative_fd < 0.2 and report.score > 9.7 and report.precision > 0.8 and report.recall > 0.8
    assert report.classes == 10 and report.class_entropy == pytest.approx(math.log(10), abs=0.01)
    assert "relative Fréchet distance" in str(report)


def test_cheats_are_seen_in_their_order(digits, judge):
    torch.manual_seed(0)
    x, y = digits[:]
    blur = avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    repeated = x[:100].repeat(100, 1, 1, 1)
    cheats = {
        "real": x,
        "memorizer of 100": repeated,
        "blur": blur,
        "half": x[y < 5].repeat(2, 1, 1, 1),
        "one class": x[y == 1].repeat(10, 1, 1, 1),
        "noise": torch.rand_like(x) * 2 - 1,
    }
    reports = {name: judge(images) for name, images in cheats.items()}
    fd = {name: report.relative_fd for name, report in reports.items()}
    assert fd["real"] < fd["memorizer of 100"] < min(fd["blur"], fd["half"]), fd
    assert max(fd["blur"], fd["half"]) < min(fd["one class"], fd["noise"]), fd
    assert reports["memorizer of 100"].recall < 0.1 < 0.8 < reports["memorizer of 100"].precision
    assert reports["one class"].classes == 1 and reports["half"].classes == 5
    assert reports["noise"].precision == reports["noise"].recall == 0


def test_bad_images_are_named(judge):
    good = torch.zeros(4, 1, 28, 28)
    for bad, part in (
        (good[0], r"a float tensor \(n, 1, 28, 28\)"),
        (good.byte(), "a float tensor"),
        (good + 5, r"values in \[-1, 1\]"),
    ):
        with pytest.raises(ValueError, match=f"images: expected {part}"):
            judge(bad)
    with pytest.raises(ValueError, match="x: expected a finite float tensor"):
        metrics.moments(torch.full((3, 3), math.nan))


def test_precision_recall_far_from_the_origin():
    torch.manual_seed(0)
    real, fake = 1e-6 * torch.rand(2, 40, 3, dtype=torch.double)
    assert metrics.precision_recall(1e4 + real, 1e4 + fake) == metrics.precision_recall(real, fake)
