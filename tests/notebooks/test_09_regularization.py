"""Notebook 09: the page is what ganlib and torch hold, the comparison is whole, the last exercise judges.

It changes a game, and is judged by what comes of it.
"""

import json
import math

import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils.parametrizations import spectral_norm

from ganlib.course import plots
from ganlib.course.exercises.regularization import book
from ganlib.engine.files import asset
from ganlib.losses import non_saturating
from ganlib.penalties import r1_penalty
from tests.support.pages import page_function

PAGE = "09_regularization"


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Solve exercises in a folder of the test's own."""
    monkeypatch.setenv("GANLIB_HOME", str(tmp_path))


@pytest.mark.parametrize(("theta", "psi"), [(1.0, 0.3), (2.5, -0.7), (2.0, 0.0)])
def test_the_flow_on_the_page_is_minus_the_gradients_of_ganlibs_losses(theta, psi):
    places = torch.tensor([theta, psi], dtype=torch.double, requires_grad=True)
    real, fake = 0 * places[1:], places[1:] * (places[:1] - 2)
    (g_way,) = torch.autograd.grad(non_saturating.g_loss(fake), places, retain_graph=True)
    (d_way,) = torch.autograd.grad(non_saturating.d_loss(real, fake), places)
    found = page_function(PAGE, "flow")(*places.detach())
    assert [way.item() for way in found] == pytest.approx([-g_way[0].item(), -d_way[1].item()])


@pytest.mark.parametrize("gamma", [0.0, 0.4, 1.0, 2.5])
@pytest.mark.parametrize("price", ["r1", "r2"])
def test_eigenvalues_on_the_page_are_those_of_the_paper(price, gamma):
    priced, one = page_function(PAGE, "priced"), page_function(PAGE, price)
    scope = page_function(PAGE, "eigenvalues").__globals__
    found = scope["eigenvalues"](d_loss=priced(gamma, one))
    root = torch.tensor(gamma**2 / 4 - 0.25, dtype=torch.cdouble).sqrt()
    expected = torch.stack([-gamma / 2 + root, -gamma / 2 - root])
    distance = (found[:, None] - expected).abs()
    assert distance.min(1).values.max() < 1e-6 and distance.min(0).values.max() < 1e-6


def test_the_price_on_the_page_is_r1_of_the_library():
    psi, theta = torch.tensor([0.7]), torch.tensor([1.2])
    critic = lambda x: psi * (x[:, 0] - 2)  # noqa: E731
    torch.testing.assert_close(
        page_function(PAGE, "r1")(theta, psi)[0], r1_penalty(critic, torch.tensor([[2.0]]), weight=1.0)
    )


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_the_power_iteration_on_the_page_is_that_of_torch_and_finds_the_largest_singular_value(shape):
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(*shape))
    W = layer.parametrizations.weight.original.detach()
    v = layer.parametrizations.weight[0]._v.clone()
    power_iteration = page_function(PAGE, "power_iteration")
    torch.testing.assert_close(layer.weight, W / power_iteration(W, v)[0])
    sigma, v = power_iteration(W, torch.randn(shape[0]), steps=2_000)
    torch.testing.assert_close(sigma, torch.linalg.matrix_norm(W, 2), rtol=1e-4, atol=1e-4)


def test_the_smoothed_answer_is_the_best_on_a_grid():
    d = torch.linspace(0.001, 0.999, 999, dtype=torch.double)
    for _ in range(5):
        p, g, eps, beta = book.best_smoothed.cases()
        for one_p, one_g, answer in zip(p, g, book.best_smoothed.reference(p, g, eps, beta)):
            for_real = (1 - eps) * d.log() + eps * (1 - d).log()
            for_fake = beta * d.log() + (1 - beta) * (1 - d).log()
            paid = -one_p * for_real - one_g * for_fake
            assert abs(d[paid.argmin()] - answer) < 2e-3


def test_the_comparison_is_whole():
    entries = json.loads(asset("results/regularization.json").read_text())
    for game, seeds in (("ring", 5), ("digits", 3)):
        names = [entry["name"] for entry in entries if entry["game"] == game]
        assert len(set(names)) == 15 and all(names.count(name) == seeds for name in names)
        assert len({entry["steps"] for entry in entries if entry["game"] == game}) == 1


def test_the_long_run_that_the_page_repeats_is_recorded_on_three_seeds():
    entries = [e for e in json.loads(asset("results/regularization.json").read_text()) if e["game"] == "long"]
    names = ("nothing", "R1", "equal rates", "spectral norm")
    found = {name: [e["distance"] for e in entries if e["name"] == name] for name in names}
    assert all(len(values) == 3 for values in found.values())
    assert max(found["spectral norm"]) < min(min(found[name]) for name in names[:3])
    assert max(found["spectral norm"]) < 4


def test_a_row_of_dots_shows_each_value_and_the_mean():
    ax = plots.rows_of_dots(Figure().subplots(), {"a": [1, 1, 4], "b": []}, "title", marked=["a"])
    dots, bar = ax.lines[:2]
    assert list(dots.get_xdata()) == [1, 1, 4] and dots.get_ydata()[0] != dots.get_ydata()[1]
    assert list(bar.get_xdata()) == [2, 2] and [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]


def test_other_right_answers_pass():
    divided = book.best_smoothed.judge(lambda p, g, eps, beta: (1 - eps + beta * g / p) / (1 + g / p))
    assert divided[0] == "solved"
    assert book.price.judge(lambda theta, psi: 0.4 * (psi**2).sum())[0] == "solved"

    def by_vector_product(critic, real, fake, weight):
        x = real.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(x), x, torch.ones(len(x)), create_graph=True)
        return weight * gradient.pow(2).sum() / (2 * len(x))

    assert book.r1.judge(by_vector_product)[0] == "solved"

    def by_trace_and_determinant(jacobians):
        words = []
        for (a, b), (c, d) in jacobians.tolist():
            root = complex((a + d) ** 2 / 4 - (a * d - b * c)) ** 0.5
            slowest = (a + d) / 2 + root.real
            words.append("turns" if abs(slowest) < 1e-9 else "runs away" if slowest > 0 else "comes home")
        return words

    assert book.verdicts.judge(by_trace_and_determinant)[0] == "solved"


def test_a_price_that_grows_too_large_is_told_so():
    status, message = book.price.judge(lambda theta, psi: 8 * psi**2)
    assert status == "wrong" and "overshoots" in message
    for seed in range(5):
        torch.manual_seed(seed)
        assert "Charge less" in book.price.judge(lambda theta, psi: 3 * psi**2)[1]
        for weight in (4.2, 4.8, 5.0):
            message = book.price.judge(lambda theta, psi, weight=weight: weight * psi**2)[1]
            assert "Charge less" in message or "overshoots" in message
        status, message = book.price.judge(lambda theta, psi: 0.217 * psi**2)  # it depends on the start
        assert status == "solved" or "Charge more" in message
    status, message = book.price.judge(lambda theta, psi: torch.tensor(1.0))
    assert status == "wrong" and "feels nothing" in message


def test_the_game_of_the_exercise_is_the_page_s_game():
    """Its step is one of plain gradient descent on the two losses."""
    theta, psi = torch.tensor(1.0), torch.tensor(0.0)
    seen = []
    book.price.play(lambda t, p: seen.append((t, p.detach())) or 0 * p.sum(), math.pi)
    theta, psi = seen[0][0][0].requires_grad_(), seen[0][1][0].requires_grad_()
    (g_way,) = torch.autograd.grad(softplus(-psi * (theta - 2)), theta)
    (d_way,) = torch.autograd.grad(softplus(psi * (theta - 2)), psi)
    torch.testing.assert_close(seen[1][0][0], theta.detach() - 0.2 * g_way)
    torch.testing.assert_close(seen[1][1][0], psi.detach() - 0.2 * d_way)
