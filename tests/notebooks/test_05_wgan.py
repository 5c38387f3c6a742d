"""Notebook 05: what the page writes is what ganlib holds, and its exercises tell right from wrong."""

import numpy as np
import pytest
import torch
from scipy import optimize, stats

from ganlib import losses, metrics, nets, penalties
from ganlib.course.exercises.wgan import book
from ganlib.course.results import Record
from tests.support.pages import page_function

PAGE = "05_wgan"


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Solve exercises in a folder of the test's own."""
    monkeypatch.setenv("GANLIB_HOME", str(tmp_path))


def random_critic():
    """A critic of small pictures with random weights."""
    return nets.MLPDiscriminator(widths=(16, 8), shape=(1, 4, 4))


@pytest.mark.parametrize("seed", range(5))
def test_losses_on_the_page_are_those_of_the_library(seed):
    torch.manual_seed(seed)
    real, fake = torch.randn(7), torch.randn(9)
    assert torch.equal(
        page_function(PAGE, "wasserstein_d_loss")(real, fake), losses.wasserstein.d_loss(real, fake)
    )
    assert torch.equal(page_function(PAGE, "wasserstein_g_loss")(fake), losses.wasserstein.g_loss(fake))


@pytest.mark.parametrize("seed", range(5))
def test_penalty_on_the_page_is_that_of_the_library_with_its_gradients(seed):
    torch.manual_seed(seed)
    critic, real, fake = random_critic(), torch.randn(6, 1, 4, 4), torch.randn(6, 1, 4, 4)
    found = []
    for penalty in (page_function(PAGE, "gradient_penalty"), penalties.gradient_penalty):
        torch.manual_seed(seed)
        value = penalty(critic, real, fake, 3.0)
        gradients = torch.autograd.grad(value, critic.parameters(), allow_unused=True, materialize_grads=True)
        found.append((value, *gradients))
    for page, library in zip(*found):
        torch.testing.assert_close(page, library)


@pytest.mark.parametrize("limit", [0.01, 0.3])
def test_clipping_on_the_page_is_that_of_the_library(limit):
    one, two = random_critic(), random_critic()
    two.load_state_dict(one.state_dict())
    page_function(PAGE, "clip_weights")(one, limit)
    penalties.clip_weights(two, limit)
    for p, q in zip(one.parameters(), two.parameters()):
        assert torch.equal(p, q) and p.abs().max() <= limit


def test_program_on_the_page_agrees_with_scipy_and_with_sorting():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=25), rng.normal(1, 2, 25)
    distance, dual = page_function(PAGE, "w1_by_program")(a, b)
    assert distance == pytest.approx(stats.wasserstein_distance(a, b), abs=1e-9)
    assert distance == pytest.approx(metrics.wasserstein_1d(torch.tensor(a), torch.tensor(b)), abs=1e-9)
    assert dual.sum() / 25 == pytest.approx(distance, abs=1e-9)


def test_matching_distance_on_the_page_agrees_with_sorting_and_with_the_program():
    rng = np.random.default_rng(0)
    a, b = torch.tensor(rng.normal(size=(30, 1))), torch.tensor(rng.normal(1, 2, (30, 1)))
    distance = page_function(PAGE, "matching_distance")(a, b)
    assert distance == pytest.approx(metrics.wasserstein_1d(a[:, 0], b[:, 0]), abs=1e-9)
    shifted = page_function(PAGE, "matching_distance")(torch.zeros(5, 1, 2, 2), torch.ones(5, 1, 2, 2))
    assert shifted == pytest.approx(2)  # the norm of a picture of four ones


def test_divergence_on_the_page_is_the_textbook_one():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(9)), rng.dirichlet(np.ones(9))
    m = (p + q) / 2
    expected = (p * np.log(p / m)).sum() / 2 + (q * np.log(q / m)).sum() / 2
    assert page_function(PAGE, "jsd")(p, q) == pytest.approx(expected)


@pytest.mark.parametrize("key", list(book.exercises))
def test_exercise_accepts_its_solution_and_names_each_misconception(key, capsys):
    exercise = book.exercises[key]
    assert exercise.check(exercise.reference) == "solved"
    assert exercise.check(lambda *arguments: ...) == exercise.check(...) == "not attempted"
    capsys.readouterr()
    messages = []
    for wrong, message in exercise.misconceptions:
        assert exercise.check(wrong) == "wrong"
        assert message in " ".join(capsys.readouterr().out.split())  # printed text is wrapped
        messages.append(message)
    assert len(set(messages)) == len(messages) >= 2 and len(exercise.hints) >= 2


def test_solutions_and_hints_can_be_read(capsys):
    for exercise in book.exercises.values():
        exercise.solution()
        assert f"def {exercise.key}" in capsys.readouterr().out
        for _ in exercise.hints:
            exercise.hint()


def test_solutions_agree_with_scipy_and_with_a_bisection():
    torch.manual_seed(0)
    for _ in range(5):
        p, g, width = book.w_of_histograms.cases()
        cells = width * np.arange(len(p))
        expected = stats.wasserstein_distance(cells, cells, p, g)
        assert book.w_of_histograms.reference(p, g, width).item() == pytest.approx(expected, rel=1e-5)
        a, b, f_a, f_b = book.lower_bound.cases()
        assert book.lower_bound.reference(a, b, f_a, f_b) <= metrics.wasserstein_1d(a, b) + 1e-6
        gap, weight = book.w_from_gap.cases()
        root = optimize.brentq(
            lambda w, gap, weight: w * (1 + w / (2 * weight)) - gap, 0, gap, args=(gap, weight)
        )
        assert book.w_from_gap.reference(gap, weight) == pytest.approx(root, rel=1e-6)
    a, b = torch.randn(40), 3 + torch.randn(40)
    assert book.lower_bound.reference(a, b, -5 * a, -5 * b).item() == pytest.approx(
        (b.mean() - a.mean()).item(), rel=1e-5
    )


def test_the_lower_bound_is_one_and_never_below_what_the_steepest_slope_gives():
    torch.manual_seed(1)
    better = 0
    for _ in range(200):
        a, b, f_a, f_b = (torch.randn(8) for _ in range(4))
        bound = book.lower_bound.reference(a, b, f_a, f_b).item()
        slope = ((f_a[:, None] - f_b).abs() / (a[:, None] - b).abs()).max()
        plain = ((f_a.mean() - f_b.mean()).abs() / slope).item()
        assert plain - 1e-6 <= bound <= metrics.wasserstein_1d(a, b) + 1e-5
        better += bound > plain + 1e-6
    assert better > 50


def test_a_lipschitz_penalty_may_work_in_other_ways():
    def linear(critic, real, fake):
        x = real + torch.rand(len(real), 1) * (fake - real)
        return 10 * (penalties.input_gradient(critic, x).norm(dim=1) - 1).clamp_min(0).mean()

    def harder(critic, real, fake):
        x = real + torch.rand(len(real), 1) * (fake - real)
        return 50 * (penalties.input_gradient(critic, x).norm(dim=1) - 1).clamp_min(0).square().mean()

    assert book.lipschitz.check(linear) == book.lipschitz.check(harder) == "solved"
    assert book.lipschitz.check(lambda critic, real, fake: 0.0) == "wrong"
    assert book.lipschitz.check(lambda critic, real, fake: "found W") == "wrong"


@pytest.mark.parametrize("name", ["five critic steps", "one critic step", "loss of notebook 03"])
def test_the_recorded_correlations_are_those_of_the_recorded_numbers(name):
    runs = Record("wgan").of(name)
    assert [run["seed"] for run in runs] == [0, 1, 2, 3, 4]
    for run in runs:
        ranks = np.argsort(np.argsort([run["gap"], run["rfd"]]))
        assert len(run["gap"]) == 11  # every 20 steps, without the first
        assert np.corrcoef(ranks)[0, 1] == pytest.approx(run["correlation"], abs=0.02)  # ties apart
