"""Notebook 02: the page's steps and formulas against ganlib and independent oracles; its exercises."""

import copy

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import expit
from torch import nn

from ganlib import losses
from ganlib.course.exercises.minimax import book
from ganlib.gan import GAN
from ganlib.nets import mlp
from ganlib.penalties import r1_penalty
from tests.support.pages import page_function

PAGE = "02_minimax"


def page(name, **values):
    """A function of the page; values stand in for what other cells assign."""
    function = page_function(PAGE, name)
    function.__globals__.update(values)
    return function


def nets():
    torch.manual_seed(3)
    return nn.Linear(1, 1), nn.Sequential(mlp(1, 16, 1), nn.Flatten(0))


def test_ds_turn_of_the_page_equals_ganlib():
    _, D = nets()
    twin = copy.deepcopy(D)
    gan = GAN(nn.Linear(1, 1), twin, lr=1e-2, z_dim=1)
    real, fake = torch.randn(32, 1) + 2, torch.randn(32, 1)
    by_loss = losses.binary_d_loss(D(real), D(fake)).item()
    found = page("d_turn")(D, torch.optim.Adam(D.parameters(), 1e-2, betas=(0.5, 0.999)), real, fake)
    terms = gan.d_objective(real, fake)
    gan.d_optimizer.zero_grad()
    terms["d_loss"].backward()
    gan.d_optimizer.step()
    assert found == pytest.approx(terms["d_loss"].item(), rel=1e-6)
    assert found == pytest.approx(by_loss, rel=1e-6)
    for a, b in zip(D.parameters(), twin.parameters()):
        torch.testing.assert_close(a, b)


def whole_round_of_the_page(G, D, g_optimizer, d_optimizer, real):
    return page("game_round")(G, D, g_optimizer, d_optimizer, real)


def whole_round_of_the_solution(G, D, g_optimizer, d_optimizer, real):
    return book.whole_round.reference(G, D, g_optimizer, d_optimizer, real, torch.randn(len(real), 1))


@pytest.mark.parametrize("played", [whole_round_of_the_page, whole_round_of_the_solution])
def test_rounds_of_the_page_and_of_the_solution_equal_gan_step(played):
    G, D = nets()
    twins = copy.deepcopy((G, D))
    gan = GAN(*twins, losses.non_saturating, lr=5e-3, z_dim=1)
    optimizers = [torch.optim.Adam(net.parameters(), 5e-3, betas=(0.5, 0.999)) for net in (G, D)]
    for _ in range(6):
        real = torch.randn(64, 1) + 3
        state = torch.get_rng_state()
        d_loss, g_loss = played(G, D, *optimizers, real)
        torch.set_rng_state(state)
        terms = gan.step(real)
        assert d_loss == pytest.approx(terms["d_loss"].item(), rel=1e-5)
        assert g_loss == pytest.approx(terms["g_loss"].item(), rel=1e-5)
    for a, b in zip([*G.parameters(), *D.parameters()], [*twins[0].parameters(), *twins[1].parameters()]):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mean, sd", [(0.0, 1.0), (2.0, 0.5), (6.0, 0.3)])
def test_jsd_of_the_page_equals_scipy(mean, sd):
    x = np.linspace(-40, 40, 8001)
    log_normal = page("log_normal", x=x)
    log_p, log_g = log_normal(x, mean, sd), log_normal(x, 0.0)
    p, g = (np.where(log > -600, np.exp(log), 0.0) for log in (log_p, log_g))  # scipy stumbles over denormals
    oracle = jensenshannon(p, g) ** 2  # of the two histograms over the grid
    assert page("jsd", x=x)(log_p, log_g) == pytest.approx(oracle, abs=1e-7)
    best = page("value", x=x)(log_p, log_g, log_p - log_g)
    assert best == pytest.approx(-np.log(4) + 2 * oracle, abs=1e-7)


def test_value_of_the_page_is_minus_ganlib_d_loss():
    x = np.linspace(-40, 40, 8001)
    log_normal, value = page("log_normal", x=x), page("value", x=x)
    torch.manual_seed(0)
    real, fake = 1 + torch.randn(400_000).double(), torch.randn(400_000).double()
    sampled = -losses.binary_d_loss(1.3 * real - 0.4, 1.3 * fake - 0.4).item()
    assert value(log_normal(x, 1), log_normal(x, 0), 1.3 * x - 0.4) == pytest.approx(sampled, abs=0.01)


GAMES = {
    "saturating": losses.minimax,
    "non-saturating": losses.non_saturating,
    "Wasserstein": losses.wasserstein,
}
SLOPES = {
    "saturating": (expit, expit),
    "non-saturating": (lambda logit: expit(-logit), expit),
    "Wasserstein": (np.ones_like, np.ones_like),
}


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_dirac_flow_of_the_page_is_minus_the_gradients_of_ganlib(name, gamma):
    velocity = page("velocity", SLOPES=SLOPES)
    for theta_value, psi_value in torch.randn(5, 2, dtype=torch.double).tolist():
        theta = torch.tensor(theta_value, requires_grad=True, dtype=torch.double)
        psi = torch.tensor(psi_value, requires_grad=True, dtype=torch.double)
        at_zero = torch.zeros(1, 1, dtype=torch.double)
        loss = GAMES[name]
        d_loss = loss.d_loss(psi * at_zero[:, 0], (psi * theta)[None])
        d_loss = d_loss + r1_penalty(lambda x, psi=psi: psi * x[:, 0], at_zero, weight=gamma)
        (d_psi,) = torch.autograd.grad(d_loss, psi)
        (d_theta,) = torch.autograd.grad(loss.g_loss((psi * theta)[None]), theta)
        found = velocity(np.float64(theta_value), np.float64(psi_value), name, gamma)
        assert found == pytest.approx((-d_theta.item(), -d_psi.item()), abs=1e-9)


@pytest.mark.parametrize("alternate", [False, True])
@pytest.mark.parametrize("gamma", [0.0, 0.4])
def test_two_players_of_the_page_are_a_matrix_power(alternate, gamma):
    h = 0.3
    g_moves = np.array([[1, h], [0, 1]])  # in (θ - 2, ψ)
    d_moves = np.array([[1, 0], [-h, 1 - h * gamma]])
    together = np.array([[1, h], [-h, 1 - h * gamma]])
    step = g_moves @ d_moves if alternate else together
    places = page("play")(h, 12, alternate, gamma)
    assert np.allclose(places[-1], [2, 0] + np.linalg.matrix_power(step, 12) @ [-1, 0])
    assert page("from_the_goal")(places)[0] == 1


@pytest.mark.parametrize("exercise", book.exercises.values(), ids=lambda exercise: exercise.key)
def test_exercise(exercise):
    assert exercise.judge(exercise.reference)[0] == "solved"
    assert exercise.judge(lambda *arguments: ...)[0] == "not attempted"
    assert exercise.judge(...)[0] == "not attempted"
    assert len(exercise.hints) >= 2 and len(exercise.misconceptions) >= 2
    verdicts = [exercise.judge(wrong) for wrong, _ in exercise.misconceptions]
    assert all(status == "wrong" for status, _ in verdicts)
    assert [message for _, message in exercise.misconceptions] == [
        text.removeprefix("not yet. ") for _, text in verdicts
    ]


@pytest.mark.parametrize("gamma, c", [(0.0, 1.0), (0.7, 0.0), (0.4, -1.5)])
def test_the_jacobian_is_that_of_the_losses_of_ganlib(gamma, c):
    data = torch.full((1, 1), c, dtype=torch.double)

    def flow(players):
        theta, psi = players
        d_loss = losses.minimax.d_loss(psi * data[:, 0], (psi * theta)[None])
        d_loss = d_loss + r1_penalty(lambda x: psi * x[:, 0], data, weight=gamma)
        (d_psi,) = torch.autograd.grad(d_loss, psi, create_graph=True)
        (d_theta,) = torch.autograd.grad(losses.minimax.g_loss((psi * theta)[None]), theta, create_graph=True)
        return -torch.stack([d_theta, d_psi])

    place = torch.tensor([c, 0.0], dtype=torch.double)
    torch.testing.assert_close(
        flow(place.requires_grad_()), torch.zeros(2, dtype=torch.double), atol=1e-12, rtol=0
    )
    oracle = torch.autograd.functional.jacobian(flow, place)
    torch.testing.assert_close(book.jacobian.reference(gamma, c).double(), oracle, atol=1e-6, rtol=0)


def test_best_value_of_two_histograms_holds_scipy_s_jsd():
    p, g = np.array([0.0, 0.5, 0.3, 0.2]), np.array([0.6, 0.0, 0.1, 0.3])
    found = book.best_value.reference(torch.tensor(p), torch.tensor(g)).item()
    assert found == pytest.approx(-np.log(4) + 2 * jensenshannon(p, g) ** 2, abs=1e-9)


def test_fake_density_undoes_the_best_d_of_any_share():
    p, g, share = torch.rand(6) + 0.1, torch.rand(6) + 0.1, 0.3
    logit = torch.logit(book.best_d.reference(p, g, share))
    torch.testing.assert_close(book.fake_density.reference(p, logit, share), g)


def test_extragradient_brings_the_players_home():
    theta, psi, h = 2.0, 1.0, 0.1
    for _ in range(100):
        theta, psi = book.extragradient.reference(theta, psi, h)
    assert np.hypot(theta - 2, psi) == pytest.approx((1 - h**2 + h**4) ** 50, rel=1e-9)


@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.9])
def test_the_largest_step_separates_arriving_from_leaving(gamma):
    eigenvalues = np.linalg.eigvals(book.jacobian.reference(gamma, 0.0).double().numpy())
    limit = book.largest_step.reference(gamma)
    assert abs(1 + 0.99 * limit * eigenvalues).max() < 1 < abs(1 + 1.01 * limit * eigenvalues).max()


def test_a_rule_is_judged_by_where_the_players_end():
    def with_a_price(directions, theta, psi, h):
        theta_way, psi_way = directions(theta, psi)
        return theta + h * theta_way, psi + h * (psi_way - 0.8 * psi)

    def with_the_goal_by_heart(directions, theta, psi, h):
        return 2.0, 0.0

    def too_rough(directions, theta, psi, h):
        theta_way, psi_way = directions(theta, psi)
        return theta + 3 * theta_way, psi + 3 * psi_way

    assert book.homecoming.judge(with_a_price)[0] == "solved"
    assert book.homecoming.judge(with_the_goal_by_heart)[0] == "wrong"
    assert "ran away" in book.homecoming.judge(too_rough)[1]
    assert "IndexError" in book.homecoming.judge(lambda directions, theta, psi, h: [][0])[1]


def test_a_whole_round_may_be_written_in_other_ways():
    def with_fresh_notes(G, D, g_optimizer, d_optimizer, x, z):  # right, only slower
        bce = nn.functional.binary_cross_entropy_with_logits
        d_optimizer.zero_grad()
        d_loss = bce(D(x), torch.ones(16)) + bce(D(G(z)), torch.zeros(16))
        d_loss.backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        g_loss = bce(D(G(z)), torch.ones(16))
        g_loss.backward()
        g_optimizer.step()
        return d_loss.item(), g_loss.item()

    assert book.whole_round.judge(with_fresh_notes)[0] == "solved"
    assert book.whole_round.judge(lambda *arguments: (..., ...))[0] == "not attempted"
    assert "two numbers" in book.whole_round.judge(lambda *arguments: 1.0)[1]
