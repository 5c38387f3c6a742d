"""Exercises of notebook 02: the best discriminator, what the game is worth, and how two players move."""

import math
import random

import torch
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.notes.homecoming import fate_of
from ganlib.course.notes.turns import play_rounds
from ganlib.losses import Loss, minimax, non_saturating

TEXTS = Texts("minimax")


def best_d(p, g, share):
    return share * p / (share * p + (1 - share) * g)  # a / (a + b) with a = share p, b = (1 - share) g


def whole_round(G, D, g_optimizer, d_optimizer, x, z):
    fake = G(z)

    d_loss = softplus(-D(x)).mean() + softplus(D(fake.detach())).mean()
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    g_loss = softplus(-D(fake)).mean()
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    return d_loss.detach(), g_loss.detach()


def homecoming(directions, theta, psi, h):
    theta_way, psi_way = directions(theta, psi)
    # Look one step ahead, but step from the old place. A price on ψ brings them home too.
    theta_way, psi_way = directions(theta + h * theta_way, psi + h * psi_way)
    return theta + h * theta_way, psi + h * psi_way


def best_value(p, g):
    best = p / (p + g)
    return torch.xlogy(p, best).sum() + torch.xlogy(g, 1 - best).sum()


def fake_density(p, logit, share):
    return share / (1 - share) * p * torch.exp(-logit)  # exp(logit) = share p / ((1 - share) g)


def extragradient(theta, psi, h):
    ahead_theta, ahead_psi = theta + h * psi, psi + h * (2 - theta)
    return theta + h * ahead_psi, psi + h * (2 - ahead_theta)


def jacobian(gamma, c):
    # σ(0) = 1/2, σ'(0) = 1/4. The corner: -c²/4 from c σ(-cψ), -c²/4 from -θ σ(ψθ) at θ = c, -γ from -γψ
    return torch.tensor([[0.0, 0.5], [-0.5, -gamma - c**2 / 2]])


def largest_step(gamma):
    return 4 * gamma  # λ = -γ/2 ± i √(1 - γ²)/2, so |1 + hλ|² = 1 - hγ + h²/4, below 1 exactly for h < 4γ


def _densities_and_share():
    return 0.05 + torch.rand(6), 0.05 + torch.rand(6), random.uniform(0.1, 0.4)


def _two_histograms():
    p, g = (2 * torch.randn(5)).softmax(0), (2 * torch.randn(5)).softmax(0)
    p[0], g[1] = 0.0, 0.0
    return p / p.sum(), g / g.sum()


def _density_logit_and_share():
    return 0.05 + torch.rand(6), 2 * torch.randn(6), random.uniform(0.1, 0.4)


def _place_and_step():
    return random.uniform(0.5, 1.5), random.uniform(0.5, 2), random.uniform(0.2, 0.6)


def _simultaneous(theta, psi, h):
    return theta + h * psi, psi + h * (2 - theta)


def _alternating(theta, psi, h):
    psi = psi + h * (2 - theta)
    return theta + h * psi, psi


def _simultaneous_rule(directions, theta, psi, h):
    theta_way, psi_way = directions(theta, psi)
    return theta + h * theta_way, psi + h * psi_way


def _alternating_rule(directions, theta, psi, h):
    psi = psi + h * directions(theta, psi)[1]
    return theta + h * directions(theta, psi)[0], psi


def _round_with(loss=non_saturating, order="DG", clear=True, moves="DG"):
    """A round with another loss, another order, gradients never cleared, or a player that never moves."""

    def written(G, D, g_optimizer, d_optimizer, x, z):
        fake, losses = G(z), {}
        for player in order:
            optimizer = d_optimizer if player == "D" else g_optimizer
            losses[player] = loss.d_loss(D(x), D(fake.detach())) if player == "D" else loss.g_loss(D(fake))
            if clear:
                optimizer.zero_grad()
            losses[player].backward()
            if player in moves:
                optimizer.step()
        return losses["D"].detach(), losses["G"].detach()

    return written


def _without_cut(G, D, g_optimizer, d_optimizer, x, z):
    """G sees its own notes cut off, so that it never learns."""
    return _round_with(Loss(non_saturating.d_loss, lambda fake: softplus(-fake).mean()))(
        lambda z: G(z).detach().requires_grad_(), D, g_optimizer, d_optimizer, x, z
    )


def _lone_entries(corner, right=0.5, left=-0.5):
    """A Jacobian whose corner is corner(gamma, c)."""
    return lambda gamma, c: torch.tensor([[0.0, right], [left, corner(gamma, c)]])


book = Workbook(
    "02",
    Exercise("best_d", best_d, _densities_and_share, TEXTS.wrong("best_d", lambda p, g, share: p / (p + g), lambda p, g, share: (1 - share) * p / ((1 - share) * p + share * g), lambda p, g, share: share * p / (share * p + g), lambda p, g, share: 1 - best_d(p, g, share), lambda p, g, share: share * p / (p + g)), TEXTS.hints("best_d")),
    Exercise("whole_round", whole_round, lambda: (random.randrange(10_000),), TEXTS.wrong("whole_round", _round_with(minimax), _round_with(order="GD"), _round_with(clear=False), _round_with(Loss(lambda real, fake: non_saturating.d_loss(fake, real), non_saturating.g_loss)), _without_cut, _round_with(Loss(non_saturating.d_loss, lambda fake: softplus(fake).mean())), _round_with(moves="G"), _round_with(moves="D")), TEXTS.hints("whole_round"),
        play=play_rounds),
    Exercise("homecoming", homecoming, lambda: (random.uniform(-2, 4), random.uniform(0.19, 0.2)), TEXTS.wrong("homecoming", _simultaneous_rule, _alternating_rule, lambda directions, theta, psi, h: (theta, psi)), TEXTS.hints("homecoming"),
        play=fate_of),
    Exercise("best_value", best_value, _two_histograms, TEXTS.wrong("best_value", lambda p, g: -best_value(p, g), lambda p, g: (best_value(p, g) + math.log(4)) / 2, lambda p, g: (best_value(p, g) - math.log(4)) / 2, lambda p, g: best_value(p, g) / math.log(2), lambda p, g: -math.log(4), lambda p, g: torch.xlogy(p, p / (p + g)).sum()), TEXTS.hints("best_value")),
    Exercise("fake_density", fake_density, _density_logit_and_share, TEXTS.wrong("fake_density", lambda p, logit, share: p * torch.exp(-logit), lambda p, logit, share: (1 - share) / share * p * torch.exp(-logit), lambda p, logit, share: p * torch.exp(logit), lambda p, logit, share: share / (1 - share) * torch.exp(-logit), lambda p, logit, share: p * torch.sigmoid(-logit)), TEXTS.hints("fake_density")),
    Exercise("extragradient", extragradient, _place_and_step, TEXTS.wrong("extragradient", _simultaneous, lambda theta, psi, h: _simultaneous(*_simultaneous(theta, psi, h), h), lambda theta, psi, h: (theta + h * (theta + h * psi), psi + h * (2 - psi - h * (2 - theta))), _alternating), TEXTS.hints("extragradient")),
    Exercise("jacobian", jacobian, lambda: (random.uniform(0.1, 0.9), random.uniform(0.5, 2)), TEXTS.wrong("jacobian", _lone_entries(lambda gamma, c: -gamma), lambda gamma, c: jacobian(gamma, c).T, _lone_entries(lambda gamma, c: -gamma - c**2 / 2, right=-0.5), _lone_entries(lambda gamma, c: gamma + c**2 / 2), _lone_entries(lambda gamma, c: gamma - c**2 / 2), _lone_entries(lambda gamma, c: c**2 / 2 - gamma), _lone_entries(lambda gamma, c: -gamma - c**2 / 4), _lone_entries(lambda gamma, c: -gamma - c**2), _lone_entries(lambda gamma, c: -gamma - c**2 / 2, right=1.0, left=-1.0)), TEXTS.hints("jacobian")),
    Exercise("largest_step", largest_step, lambda: (random.uniform(0.1, 0.9),), TEXTS.wrong("largest_step", lambda gamma: 4 / gamma, lambda gamma: gamma, lambda gamma: 2 * gamma, lambda gamma: 4.0), TEXTS.hints("largest_step")),
)  # fmt: skip
