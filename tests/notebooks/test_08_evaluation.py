"""Notebook 08: what the page writes is what ganlib holds, and its exercises tell right from wrong."""

import numpy as np
import pytest
import scipy.stats
import torch

from ganlib import metrics
from ganlib.course.exercises.evaluation import book
from tests.support.pages import code_cells, page_function

PAGE = "08_evaluation"


@pytest.mark.parametrize("seed", range(3))
def test_the_score_on_the_page_is_that_of_the_library_and_of_scipy(seed):
    torch.manual_seed(seed)
    p = (4 * torch.randn(50, 10)).double().softmax(1)
    found = page_function(PAGE, "score")(p)
    kl = [scipy.stats.entropy(row, p.mean(0)) for row in p.numpy()]
    assert found == pytest.approx(metrics.classifier_score(p)) == pytest.approx(np.exp(np.mean(kl)))


def test_the_score_on_the_page_takes_certainty():
    sure = torch.eye(10).double().repeat(3, 1)
    assert page_function(PAGE, "score")(sure) == pytest.approx(10)


@pytest.mark.parametrize("seed", range(3))
def test_the_distance_on_the_page_is_that_of_the_library(seed):
    torch.manual_seed(seed)
    moments = [metrics.moments(torch.randn(40, 6) @ torch.randn(6, 6)) for _ in range(2)]
    found = page_function(PAGE, "frechet")(*moments[0], *moments[1])
    assert found == pytest.approx(metrics.frechet_distance(*moments[0], *moments[1]))


@pytest.mark.parametrize("k", [1, 3])
def test_the_neighbors_on_the_page_are_those_of_the_library(k):
    torch.manual_seed(k)
    real, fake = torch.randn(70, 5), 0.7 * torch.randn(60, 5) + 0.2
    library = metrics.precision_recall(real, fake, k) + metrics.density_coverage(real, fake, k)
    assert page_function(PAGE, "neighbors")(real, fake, k) == pytest.approx(library)


def test_the_kernel_estimate_on_the_page_is_that_of_the_library():
    torch.manual_seed(0)
    samples, points = torch.rand(20, 1, 28, 28), torch.rand(9, 1, 28, 28)
    found = page_function(PAGE, "parzen")(samples, points, 0.3)
    assert found == pytest.approx(metrics.parzen_log_likelihood(samples, points, 0.3), rel=1e-5)


def test_no_cell_hides_what_a_student_should_see():
    text = "\n".join(code_cells(PAGE))
    for part in ("precision_recall", "density_coverage", "classifier_score", "memorization", "bootstrap"):
        assert f"metrics.{part}" in text


def test_other_right_answers_pass():
    assert book.score_of_shares.judge(lambda p: torch.prod(p**-p))[0] == "solved"
    assert book.frechet_on_a_line.judge(
        lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var() - 2 * (a.var() * b.var()).sqrt()
    )[0] == "solved"  # fmt: skip
    for by_n in (
        lambda a, b: (a.numpy().mean() - b.numpy().mean()) ** 2 + (a.numpy().std() - b.numpy().std()) ** 2,
        lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std(correction=0) - b.std(correction=0)) ** 2,
    ):
        assert book.frechet_on_a_line.judge(by_n)[0] == "solved", "variances divided by n"
    assert book.coverage.judge(lambda d, r: (d.min(1).values <= r).double().mean())[0] == "solved"
    assert book.notices.judge(["recall", "Coverage", "distance"])[0] == "solved"


def nearest_centroid(real, fake):
    """Another test of two samples: no training, but the same split."""
    half = len(real) // 2
    a, b = real[:half].mean(0), fake[:half].mean(0)
    test = torch.cat([real[half:], fake[half:]])
    is_real = (test - a).norm(dim=1) < (test - b).norm(dim=1)
    return (is_real == torch.arange(len(test)).lt(len(test) / 2)).float().mean()


def test_the_two_sample_exercise_judges_what_comes_of_a_training():
    assert book.two_sample_test.judge(nearest_centroid)[0] == "solved"
    status, message = book.two_sample_test.judge(lambda real, fake: 1.0)
    assert status == "wrong" and "two draws of one distribution" in message
    status, message = book.two_sample_test.judge(lambda real, fake: float("nan"))
    assert status == "wrong" and "returned nan" in message
