"""Exercises of notebook 02: the best discriminator, what the game is worth, and how two players move."""

import math
import random

import torch

from ganlib.exercises import Exercise, Workbook


def best_d(p, g, share):
    """The D that maximizes share * p log D + (1 - share) * g log(1 - D) at each point."""
    return share * p / (share * p + (1 - share) * g)  # a / (a + b) with a = share p, b = (1 - share) g


def without_share(p, g, share):
    return p / (p + g)


def share_of_fakes(p, g, share):
    return (1 - share) * p / ((1 - share) * p + share * g)


def share_outside(p, g, share):
    return share * p / (p + g)


def densities_and_share():
    return 0.05 + torch.rand(6), 0.05 + torch.rand(6), random.uniform(0.1, 0.4)


def jsd(p, g):
    """JSD(p, g) = KL(p ‖ m) / 2 + KL(g ‖ m) / 2 with m = (p + g) / 2, in nats."""
    m = (p + g) / 2
    return ((p * (p / m).log()).sum() + (g * (g / m).log()).sum()) / 2


def jsd_in_bits(p, g):
    return jsd(p, g) / math.log(2)


def jsd_without_half(p, g):
    return 2 * jsd(p, g)


def mean_of_both_kl(p, g):
    return ((p - g) * (p / g).log()).sum() / 2


def two_histograms():
    return (2 * torch.randn(5)).softmax(0), (2 * torch.randn(5)).softmax(0)


def fake_density(p, logit):
    """g(x) from D's logit: at the best D the logit is log p - log g, so g = p exp(-logit)."""
    return p * torch.exp(-logit)


def ratio_upside_down(p, logit):
    return p * torch.exp(logit)


def ratio_without_p(p, logit):
    return torch.exp(-logit)


def share_instead_of_ratio(p, logit):
    return p * torch.sigmoid(-logit)


def density_and_logit():
    return 0.05 + torch.rand(6), 2 * torch.randn(6)


def extragradient(theta, psi, h):
    """Look ahead with one simultaneous step, then step from the old place with the slopes found there."""
    ahead_theta, ahead_psi = theta - h * psi, psi + h * theta
    return theta - h * ahead_psi, psi + h * ahead_theta


def simultaneous(theta, psi, h):
    return theta - h * psi, psi + h * theta


def two_plain_steps(theta, psi, h):
    return simultaneous(*simultaneous(theta, psi, h), h)


def alternating(theta, psi, h):
    psi = psi + h * theta
    return theta - h * psi, psi


def place_and_step():
    return random.uniform(0.5, 2), random.uniform(0.5, 2), random.uniform(0.2, 0.6)


def jacobian(gamma):
    """The derivative of (dθ/dt, dψ/dt) = (ψ σ(ψθ), -θ σ(ψθ) - γψ) by (θ, ψ) at (0, 0), where σ(0) = 1/2."""
    return torch.tensor([[0.0, 0.5], [-0.5, -gamma]])


def both_descend(gamma):
    return torch.tensor([[0.0, -0.5], [-0.5, -gamma]])


def damped_generator(gamma):
    return torch.tensor([[-gamma, 0.5], [-0.5, 0.0]])


def unit_slope(gamma):
    return torch.tensor([[0.0, 1.0], [-1.0, -gamma]])


def half_gamma(gamma):
    return torch.tensor([[0.0, 0.5], [-0.5, -gamma / 2]])


def penalty_weight():
    return (random.uniform(0.1, 0.9),)


def largest_step(gamma):
    """For 0 < γ < 1: λ = -γ/2 ± i √(1 - γ²)/2, so |1 + hλ|² = 1 - hγ + h²/4, below 1 exactly for h < 4γ."""
    return 4 * gamma


def real_part_only(gamma):
    return 4 / gamma


def bilinear_slope(gamma):
    return gamma


def length_of_eigenvalue(gamma):
    return 4.0


book = Workbook(
    "02",
    Exercise(
        "best_d",
        best_d,
        densities_and_share,
        [
            (without_share, "This is the answer for equally many reals and fakes: the share does not appear in it."),
            (share_of_fakes, "The share sits on the wrong player: `share` is the part of the batch that is real, it weighs p."),
            (share_outside, "The share has to weigh p and g before the division; as a factor outside, D could never come near 1."),
        ],
        [
            "Step 3 with other names: what stands before log y, and what before log(1 - y)?",
            "a = share * p and b = (1 - share) * g; the maximum is at a / (a + b).",
        ],
    ),
    Exercise(
        "jsd",
        jsd,
        two_histograms,
        [
            (jsd_in_bits, "That is the JSD in bits, at most 1. Logarithms here are natural: at most log 2 = 0.693."),
            (jsd_without_half, "That is twice the JSD: each of the two KL terms counts one half."),
            (mean_of_both_kl, "That compares p with g directly, infinite where one is 0. Compare each with m = (p + g) / 2."),
        ],
        [
            "First the halfway distribution m = (p + g) / 2. Both KL divergences are taken to m.",
            "KL(p ‖ m) is (p * (p / m).log()).sum(); the same for g, and the mean of the two.",
        ],
    ),
    Exercise(
        "fake_density",
        fake_density,
        density_and_logit,
        [
            (ratio_upside_down, "The ratio is upside down: a high logit says real, so there g has to be smaller than p."),
            (ratio_without_p, "That is the ratio g / p. Multiply it by p to get g itself."),
            (share_instead_of_ratio, "1 - D is g's share of p + g, not the ratio g / p: (1 - D) / D is the ratio."),
        ],
        [
            "What is the logit of p / (p + g)? Divide D by 1 - D and take the logarithm.",
            "logit = log p - log g. Solve for g.",
        ],
    ),
    Exercise(
        "extragradient",
        extragradient,
        place_and_step,
        [
            (simultaneous, "That is the plain simultaneous step: the slopes have to be taken at the place looked ahead to."),
            (two_plain_steps, "That is two plain steps. Looking ahead moves nobody: the real step starts at the old (theta, psi)."),
            (alternating, "That is the alternating step: D moves first and G answers. Here both look ahead, then both move."),
        ],
        [
            "theta and psi on the left of the minus and plus stay the old ones; only what h multiplies changes.",
            "theta - h * ahead_psi, psi + h * ahead_theta.",
        ],
    ),
    Exercise(
        "jacobian",
        jacobian,
        penalty_weight,
        [
            (both_descend, "The corner entries have opposite signs: D gains what G loses. Differentiate ψ σ(ψθ) by ψ once more."),
            (damped_generator, "R1 belongs to the discriminator's loss, so γ sits in ψ's row, the second."),
            (unit_slope, "At (0, 0) the factor σ(ψθ) is σ(0) = 1/2, not 1; slope 1 is the Wasserstein critic's."),
            (half_gamma, "The penalty is γ/2 ψ²; its gradient is γψ, and that is differentiated once more."),
        ],
        [
            "Row 1 differentiates dθ/dt by θ and by ψ, row 2 does the same for dψ/dt; then put θ = ψ = 0.",
            "At (0, 0) only terms without a factor θ or ψ are left: ∂(ψ σ)/∂ψ = σ(0), ∂(-θ σ)/∂θ = -σ(0).",
        ],
    ),
    Exercise(
        "largest_step",
        largest_step,
        penalty_weight,
        [
            (
                real_part_only,
                "That uses the real part alone; the imaginary part counts too: it turns the step outward.",
            ),
            (bilinear_slope, "That is the bound for slope 1, the Wasserstein critic; the original loss has slope 1/2 at (0, 0)."),
            (length_of_eigenvalue, "2 / |λ| = 4 would be right for real negative eigenvalues; these are complex, and γ decides."),
        ],
        [
            "With λ = u ± iv, |1 + hλ|² = (1 + hu)² + (hv)². When is that below 1?",
            "u = -γ/2 and u² + v² = 1/4, so |1 + hλ|² = 1 - hγ + h²/4.",
        ],
    ),
)
