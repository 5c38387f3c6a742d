"""Notebook 10: what the page writes is what ganlib holds; its exercises tell right from wrong."""

import random

import numpy as np
import pytest
import torch
from scipy import stats

from ganlib import generative
from ganlib.course.exercises.generative_models import book
from tests.support.pages import page_function

PAGE = "10_generative_models"


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Solve exercises in a folder of the test's own."""
    monkeypatch.setenv("GANLIB_HOME", str(tmp_path))


def test_divergences_on_the_page_are_those_of_two_bells_in_closed_form():
    scope = page_function(PAGE, "kl").__globals__
    line = np.linspace(-14, 14, 1401)
    scope |= {"line": line, "dx": line[1] - line[0]}
    p, q = scope["bell"](-1, 0.7), scope["bell"](0.5, 1.2)
    expected = np.log(1.2 / 0.7) + (0.49 + 1.5**2) / (2 * 1.44) - 0.5
    assert scope["kl"](p, q) == pytest.approx(expected, rel=1e-4)
    assert scope["kl"](p, p) == pytest.approx(0, abs=1e-9)


def test_the_best_bell_for_likelihood_has_the_mean_and_sd_of_the_data():
    best_bell = page_function(PAGE, "best_bell")
    scope = best_bell.__globals__
    line = np.linspace(-14, 14, 1401)
    scope |= {"line": line, "dx": line[1] - line[0]}
    p = 0.3 * stats.norm.pdf(line, -1, 0.5) + 0.7 * stats.norm.pdf(line, 2, 1)
    mean, sd, _ = best_bell(scope["kl"], p)
    assert mean == pytest.approx(1.1, abs=1e-2)
    assert sd == pytest.approx((0.3 * 0.25 + 0.7 + 0.21 * 9) ** 0.5, abs=1e-2)


def test_edges_on_the_page_fall_with_blur_and_rise_with_noise():
    edges = page_function(PAGE, "edges")
    torch.manual_seed(0)
    x = (torch.rand(8, 1, 28, 28) > 0.8).float()
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    assert edges(blurred) < 0.5 * edges(x) < edges(x + 0.3 * torch.randn_like(x))


@pytest.mark.parametrize("seed", range(3))
def test_solutions_agree_with_the_library(seed):
    torch.manual_seed(seed)
    mean, log_variance, log_likelihood = torch.randn(5, 3), torch.randn(5, 3), torch.randn(5)
    expected = log_likelihood - generative.gaussian_kl(mean, log_variance)
    torch.testing.assert_close(book.bound.reference(log_likelihood, mean, log_variance), expected)
    for see_center in (False, True):
        layer = generative.MaskedConv2d(1, 1, 5, see_center=see_center)
        assert torch.equal(book.mask.reference(5, see_center), layer.mask)
    rbm, v = generative.RBM(6, 4), torch.rand(3, 6).round()
    with torch.no_grad():
        torch.testing.assert_close(book.free_energy.reference(v, rbm.W, rbm.b, rbm.c), rbm.free_energy(v))


def test_another_right_pair_is_accepted():
    """A training is judged by where its samples lie, so other paths from noise to data may pass."""

    def on_an_arc(noise, data, t):
        angle = torch.pi / 2 * t
        velocity = torch.pi / 2 * (angle.cos() * data - angle.sin() * noise)
        return angle.cos() * noise + angle.sin() * data, velocity

    torch.manual_seed(0)
    random.seed(0)
    assert book.training_pair.check(on_an_arc) == "solved"


def test_a_pair_with_a_blank_is_not_attempted():
    assert book.training_pair.check(lambda noise, data, t: (..., ...)) == "not attempted"
