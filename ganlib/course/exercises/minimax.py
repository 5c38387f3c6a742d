"""Exercises of notebook 02: the best discriminator, what the game is worth, and how two players move."""

import math
import random

import torch
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise, Workbook
from ganlib.course.notes.homecoming import fate_of
from ganlib.course.notes.turns import play_rounds
from ganlib.losses import Loss, minimax, non_saturating


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


def _round_with(loss=non_saturating, order="DG", clear=True):
    """A round with another loss, another order, or gradients that are never cleared."""

    def written(G, D, g_optimizer, d_optimizer, x, z):
        fake, losses = G(z), {}
        for player in order:
            optimizer = d_optimizer if player == "D" else g_optimizer
            losses[player] = loss.d_loss(D(x), D(fake.detach())) if player == "D" else loss.g_loss(D(fake))
            if clear:
                optimizer.zero_grad()
            losses[player].backward()
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


BEST_D = [
    (lambda p, g, share: p / (p + g), "This is the answer for equally many reals and fakes: the share does not appear in it."),
    (lambda p, g, share: (1 - share) * p / ((1 - share) * p + share * g),
     "The share sits on the wrong player: `share` is the part of the batch that is real, it weighs p."),
    (lambda p, g, share: share * p / (share * p + g),
     "Only p is weighed. The fakes are the rest of the batch: g is weighed by 1 - share."),
    (lambda p, g, share: 1 - best_d(p, g, share),
     "That is b / (a + b), the part of fakes at x. D says how likely x is real: a / (a + b)."),
    (lambda p, g, share: share * p / (p + g),
     "The share has to weigh p and g before the division; as a factor outside, D could never come near 1."),
]  # fmt: skip

WHOLE_ROUND = [
    (_round_with(minimax), "Your G descends the saturating loss. Here the non-saturating one is asked for."),
    (_round_with(order="GD"), "You let G move first. D moves first, then G answers the D that has just moved."),
    (_round_with(clear=False), "Old gradients add to new ones: zero_grad() before each backward()."),
    (_round_with(Loss(lambda real, fake: non_saturating.d_loss(fake, real), non_saturating.g_loss)),
     "You swapped the two kinds for D: it learns to call forged notes real."),
    (_without_cut, "G never moved: no gradient reaches it. detach() belongs to D's turn only."),
]  # fmt: skip

HOMECOMING = [
    (_simultaneous_rule, "Your players ran away from the goal. Each step goes round the goal and a little outward; it needs "
     "something that pulls inward."),
    (_alternating_rule, "Your players did not run away, but did not arrive either: they circle, or stop on the way. Something has to pull both inward."),
    (lambda directions, theta, psi, h: (theta, psi), "Your players stand still. Use `directions`."),
]  # fmt: skip

BEST_VALUE = [
    (lambda p, g: -best_value(p, g), "That is D's loss, -V. The value of this game is never above 0."),
    (lambda p, g: (best_value(p, g) + math.log(4)) / 2, "That is the JSD. The value is -log 4 + 2 JSD (step 4)."),
    (lambda p, g: (best_value(p, g) - math.log(4)) / 2,
     "Nearly: the JSD counts twice, because it is the mean of the two KL terms, not their sum."),
    (lambda p, g: best_value(p, g) / math.log(2), "That is the value with logarithms to base 2. Logarithms here are natural."),
    (lambda p, g: -math.log(4), "-log 4 is the value of a D that says 1/2. The best D does better wherever p and g differ."),
    (lambda p, g: torch.xlogy(p, p / (p + g)).sum(),
     "That is the average of log D over the reals. Add the one of log(1 - D) over the fakes."),
]  # fmt: skip

FAKE_DENSITY = [
    (lambda p, logit, share: p * torch.exp(-logit),
     "This is the answer for equally many reals and fakes. The best D now holds the share as well."),
    (lambda p, logit, share: (1 - share) / share * p * torch.exp(-logit),
     "The shares are swapped: many reals raise every logit, so the same logit then means more fakes."),
    (lambda p, logit, share: p * torch.exp(logit),
     "The ratio is upside down: a high logit says real, so there g has to be smaller than p."),
    (lambda p, logit, share: share / (1 - share) * torch.exp(-logit), "That is the ratio g / p. Multiply it by p to get g itself."),
    (lambda p, logit, share: p * torch.sigmoid(-logit),
     "1 - D is the part of fakes at x, not the ratio g / p: start from (1 - D) / D."),
]  # fmt: skip

EXTRAGRADIENT = [
    (_simultaneous, "That is the plain simultaneous step: the directions have to be taken at the place looked ahead to."),
    (lambda theta, psi, h: _simultaneous(*_simultaneous(theta, psi, h), h),
     "That is two plain steps. Looking ahead moves nobody: the real step starts at the old (theta, psi)."),
    (lambda theta, psi, h: (theta + h * (theta + h * psi), psi + h * (2 - psi - h * (2 - theta))),
     "You swapped the pair: G's direction is the psi ahead, D's is 2 minus the theta ahead."),
    (_alternating, "That is the alternating step: D moves first and G answers. Here both look ahead, then both move."),
]  # fmt: skip

JACOBIAN = [
    (_lone_entries(lambda gamma, c: -gamma),
     "That is right for data at 0. At θ = c both c σ(-cψ) and -θ σ(ψθ) change with ψ: the corner gets more."),
    (lambda gamma, c: jacobian(gamma, c).T,
     "Rows and columns are swapped: row 1 holds the derivatives of dθ/dt with respect to θ and to ψ."),
    (_lone_entries(lambda gamma, c: -gamma - c**2 / 2, right=-0.5),
     "The side entries have opposite signs: D gains what G loses. Differentiate ψ σ(ψθ) once more."),
    (_lone_entries(lambda gamma, c: gamma + c**2 / 2),
     "The sign of the corner: all its terms are negative, because they damp. For example -γψ gives -γ."),
    (_lone_entries(lambda gamma, c: gamma - c**2 / 2), "The sign of γ: the flow has -γψ, so the corner has -γ. R1 damps."),
    (_lone_entries(lambda gamma, c: c**2 / 2 - gamma),
     "The sign of the term with c: the inner derivative of σ(-cψ) is -c, and -θ σ(ψθ) has a minus of its own."),
    (_lone_entries(lambda gamma, c: -gamma - c**2 / 4),
     "Two terms change with ψ, c σ(-cψ) and -θ σ(ψθ). Each adds the same to the corner; one is missing."),
    (_lone_entries(lambda gamma, c: -gamma - c**2),
     "You took σ'(0) for 1/2. That is σ(0); the derivative is σ'(0) = σ(0)(1 - σ(0)) = 1/4."),
    (_lone_entries(lambda gamma, c: -gamma - c**2 / 2, right=1.0, left=-1.0),
     "At ψ = 0 the factor σ(ψθ) is σ(0) = 1/2, not 1; slope 1 belongs to the Wasserstein loss."),
]  # fmt: skip

LARGEST_STEP = [
    (lambda gamma: 4 / gamma, "That uses the real part alone; the imaginary part counts too: it turns the step outward."),
    (lambda gamma: gamma, "That is the bound for slope 1, the Wasserstein loss; the original loss has slope 1/2 at the goal."),
    (lambda gamma: 2 * gamma, "That takes |λ|² for 1/2. It is the product of the two eigenvalues, so the determinant, 1/4."),
    (lambda gamma: 4.0, "2 / |λ| = 4 would be right for real negative eigenvalues; these are complex, and γ decides."),
]  # fmt: skip

book = Workbook(
    "02",
    Exercise("best_d", best_d, _densities_and_share, BEST_D, [
        "Step 3 with other names: what stands before log y, and what before log(1 - y)?",
        "a = share * p and b = (1 - share) * g; the maximum is at a / (a + b)."]),
    Exercise("whole_round", whole_round, lambda: (random.randrange(10_000),), WHOLE_ROUND, [
        "D's turn: loss from D(x) and D(fake.detach()), zero_grad, backward, step. G's turn has the same four lines.",
        "d_loss = softplus(-D(x)).mean() + softplus(D(fake.detach())).mean(); g_loss = softplus(-D(fake)).mean()."],
        play=play_rounds),
    Exercise("homecoming", homecoming, lambda: (random.uniform(-2, 4), random.uniform(0.1, 0.2)), HOMECOMING, [
        "Two cures: a price on D's slope (take a share of ψ away at each step), or looking ahead before stepping.",
        "Looking ahead: ask `directions` at the place where a plain step would lead, then step from the old place."],
        play=fate_of),
    Exercise("best_value", best_value, _two_histograms, BEST_VALUE, [
        "In each bin the best D is p / (p + g). What are the averages of log D over p, and of log(1 - D) over g?",
        "torch.xlogy(p, best).sum() + torch.xlogy(g, 1 - best).sum(): p * best.log() would be nan where p is 0."]),
    Exercise("fake_density", fake_density, _density_logit_and_share, FAKE_DENSITY, [
        "What is the logit of share p / (share p + (1 - share) g)? Divide D by 1 - D and take the logarithm.",
        "logit = log p - log g + log(share / (1 - share)). Solve for g."]),
    Exercise("extragradient", extragradient, _place_and_step, EXTRAGRADIENT, [
        "theta and psi on the left of the plus stay the old ones; only what h multiplies changes.",
        "theta + h * ahead_psi, psi + h * (2 - ahead_theta)."]),
    Exercise("jacobian", jacobian, lambda: (random.uniform(0.1, 0.9), random.uniform(0.5, 2)), JACOBIAN, [
        "Row 1 differentiates dθ/dt with respect to θ and to ψ, row 2 does the same for dψ/dt; then put θ = c, ψ = 0.",
        "For the corner: the derivative of c σ(-cψ) is -c² σ'(0), that of -θ σ(ψθ) is -θ² σ'(0), and σ'(0) = 1/4."]),
    Exercise("largest_step", largest_step, lambda: (random.uniform(0.1, 0.9),), LARGEST_STEP, [
        "With λ = u ± iv, |1 + hλ|² = (1 + hu)² + (hv)². When is that below 1?",
        "u = -γ/2 and u² + v² = 1/4, so |1 + hλ|² = 1 - hγ + h²/4."]),
)  # fmt: skip
