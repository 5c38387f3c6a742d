"""Exercises of notebook 02: the best discriminator, what the game is worth, and how two players move."""

import math
import random

import torch

from ganlib.course.exercises import Exercise, Workbook


def best_d(p, g, share):
    """The D that maximizes share * p log D + (1 - share) * g log(1 - D) at each point."""
    return share * p / (share * p + (1 - share) * g)  # a / (a + b) with a = share p, b = (1 - share) g


def without_share(p, g, share):
    return p / (p + g)


def share_of_fakes(p, g, share):
    return (1 - share) * p / ((1 - share) * p + share * g)


def share_outside(p, g, share):
    return share * p / (p + g)


def share_on_p_only(p, g, share):
    return share * p / (share * p + g)


def part_of_fakes(p, g, share):
    return 1 - best_d(p, g, share)


def densities_and_share():
    return 0.05 + torch.rand(6), 0.05 + torch.rand(6), random.uniform(0.1, 0.4)


def best_value(p, g):
    """C(G) = -log 4 + 2 JSD(p, g): the value of the game between two histograms when D is the best one in
    each bin.
    """
    best = p / (p + g)
    return torch.xlogy(p, best).sum() + torch.xlogy(g, 1 - best).sum()


def loss_instead_of_value(p, g):
    return -best_value(p, g)


def jsd_instead_of_value(p, g):
    return (best_value(p, g) + math.log(4)) / 2


def one_jsd(p, g):
    return (best_value(p, g) - math.log(4)) / 2


def value_in_bits(p, g):
    return best_value(p, g) / math.log(2)


def value_of_a_coin(p, g):
    return -math.log(4)


def real_part_only_of_value(p, g):
    return torch.xlogy(p, p / (p + g)).sum()


def two_histograms():
    p, g = (2 * torch.randn(5)).softmax(0), (2 * torch.randn(5)).softmax(0)
    p[0], g[1] = 0.0, 0.0
    return p / p.sum(), g / g.sum()


def fake_density(p, logit, share):
    """g(x) from D's logit.

    The best D says share p / (share p + (1 - share) g), so exp(logit) = share p / ((1 - share) g).
    """
    return share / (1 - share) * p * torch.exp(-logit)


def ratio_upside_down(p, logit, share):
    return p * torch.exp(logit)


def ratio_without_p(p, logit, share):
    return share / (1 - share) * torch.exp(-logit)


def ratio_without_share(p, logit, share):
    return p * torch.exp(-logit)


def shares_swapped(p, logit, share):
    return (1 - share) / share * p * torch.exp(-logit)


def share_instead_of_ratio(p, logit, share):
    return p * torch.sigmoid(-logit)


def density_logit_and_share():
    return 0.05 + torch.rand(6), 2 * torch.randn(6), random.uniform(0.1, 0.4)


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


def jacobian(gamma, c):
    """The derivatives of (dθ/dt, dψ/dt) with respect to (θ, ψ) at (c, 0), where σ(0) = 1/2 and σ'(0) = 1/4.

    The corner collects -c²/4 from c σ(-cψ), -c²/4 from -θ σ(ψθ) at θ = c, and -γ from -γψ.
    """
    return torch.tensor([[0.0, 0.5], [-0.5, -gamma - c**2 / 2]])


def data_at_zero(gamma, c):
    return torch.tensor([[0.0, 0.5], [-0.5, -gamma]])


def transposed(gamma, c):
    return jacobian(gamma, c).T


def both_descend(gamma, c):
    return torch.tensor([[0.0, -0.5], [-0.5, -gamma - c**2 / 2]])


def growing_corner(gamma, c):
    return torch.tensor([[0.0, 0.5], [-0.5, gamma + c**2 / 2]])


def plus_gamma(gamma, c):
    return torch.tensor([[0.0, 0.5], [-0.5, gamma - c**2 / 2]])


def plus_data(gamma, c):
    return torch.tensor([[0.0, 0.5], [-0.5, c**2 / 2 - gamma]])


def one_of_two_terms(gamma, c):
    return torch.tensor([[0.0, 0.5], [-0.5, -gamma - c**2 / 4]])


def unit_slope(gamma, c):
    return torch.tensor([[0.0, 1.0], [-1.0, -gamma - c**2 / 2]])


def penalty_weight_and_place():
    return random.uniform(0.1, 0.9), random.uniform(0.5, 2)


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


def half_the_step(gamma):
    return 2 * gamma


book = Workbook(
    "02",
    Exercise(
        "best_d",
        best_d,
        densities_and_share,
        [
            (
                without_share,
                "This is the answer for equally many reals and fakes: the share does not appear in it.",
            ),
            (
                share_of_fakes,
                "The share sits on the wrong player: `share` is the part of the batch that is real, it "
                "weighs p.",
            ),
            (
                share_on_p_only,
                "Only p is weighed. The fakes are the rest of the batch: g is weighed by 1 - share.",
            ),
            (
                part_of_fakes,
                "That is b / (a + b), the part of fakes at x. D says how likely x is real: a / (a + b).",
            ),
            (
                share_outside,
                "The share has to weigh p and g before the division; as a factor outside, D could never "
                "come near 1.",
            ),
        ],
        [
            "Step 3 with other names: what stands before log y, and what before log(1 - y)?",
            "a = share * p and b = (1 - share) * g; the maximum is at a / (a + b).",
        ],
    ),
    Exercise(
        "best_value",
        best_value,
        two_histograms,
        [
            (loss_instead_of_value, "That is D's loss, -V. The value of this game is never above 0."),
            (jsd_instead_of_value, "That is the JSD. The value is -log 4 + 2 JSD (step 4)."),
            (
                one_jsd,
                "Nearly: the JSD counts twice, because it is the mean of the two KL terms, not their sum.",
            ),
            (value_in_bits, "That is the value with logarithms to base 2. Logarithms here are natural."),
            (
                value_of_a_coin,
                "-log 4 is the value of a D that says 1/2. The best D does better wherever p and g differ.",
            ),
            (
                real_part_only_of_value,
                "That is the average of log D over the reals. Add the one of log(1 - D) over the fakes.",
            ),
        ],
        [
            "In each bin the best D is p / (p + g). What are the averages of log D over p, and of log(1 - "
            "D) over g?",
            "torch.xlogy(p, best).sum() + torch.xlogy(g, 1 - best).sum(): p * best.log() would be nan "
            "where p is 0.",
        ],
    ),
    Exercise(
        "fake_density",
        fake_density,
        density_logit_and_share,
        [
            (
                ratio_without_share,
                "This is the answer for equally many reals and fakes. The best D now holds the share as "
                "well.",
            ),
            (
                shares_swapped,
                "The shares are swapped: many reals raise every logit, so the same logit then means more "
                "fakes.",
            ),
            (
                ratio_upside_down,
                "The ratio is upside down: a high logit says real, so there g has to be smaller than p.",
            ),
            (ratio_without_p, "That is the ratio g / p. Multiply it by p to get g itself."),
            (
                share_instead_of_ratio,
                "1 - D is the part of fakes at x, not the ratio g / p: start from (1 - D) / D.",
            ),
        ],
        [
            "What is the logit of share p / (share p + (1 - share) g)? Divide D by 1 - D and take the "
            "logarithm.",
            "logit = log p - log g + log(share / (1 - share)). Solve for g.",
        ],
    ),
    Exercise(
        "extragradient",
        extragradient,
        place_and_step,
        [
            (
                simultaneous,
                "That is the plain simultaneous step: the slopes have to be taken at the place looked "
                "ahead to.",
            ),
            (
                two_plain_steps,
                "That is two plain steps. Looking ahead moves nobody: the real step starts at the old "
                "(theta, psi).",
            ),
            (
                alternating,
                "That is the alternating step: D moves first and G answers. Here both look ahead, then "
                "both move.",
            ),
        ],
        [
            "theta and psi on the left of the minus and plus stay the old ones; only what h multiplies "
            "changes.",
            "theta - h * ahead_psi, psi + h * ahead_theta.",
        ],
    ),
    Exercise(
        "jacobian",
        jacobian,
        penalty_weight_and_place,
        [
            (
                data_at_zero,
                "That is right for data at 0. At θ = c both c σ(-cψ) and -θ σ(ψθ) change with ψ: the "
                "corner gets more.",
            ),
            (
                transposed,
                "Rows and columns are swapped: row 1 holds the derivatives of dθ/dt with respect to θ and "
                "to ψ.",
            ),
            (
                both_descend,
                "The side entries have opposite signs: D gains what G loses. Differentiate ψ σ(ψθ) once "
                "more.",
            ),
            (
                growing_corner,
                "The sign of the corner: all its terms are negative, because they damp. For example -γψ "
                "gives -γ.",
            ),
            (plus_gamma, "The sign of γ: the flow has -γψ, so the corner has -γ. R1 damps."),
            (
                plus_data,
                "The sign of the term with c: the inner derivative of σ(-cψ) is -c, and -θ σ(ψθ) has a "
                "minus of its own.",
            ),
            (
                one_of_two_terms,
                "Two terms change with ψ, c σ(-cψ) and -θ σ(ψθ). Each adds the same to the corner; one is "
                "missing.",
            ),
            (
                unit_slope,
                "At ψ = 0 the factor σ(ψθ) is σ(0) = 1/2, not 1; slope 1 belongs to the Wasserstein loss.",
            ),
        ],
        [
            "Row 1 differentiates dθ/dt with respect to θ and to ψ, row 2 does the same for dψ/dt; then "
            "put θ = c, ψ = 0.",
            "For the corner: the derivative of c σ(-cψ) is -c² σ'(0), that of -θ σ(ψθ) is -θ² σ'(0), and "
            "σ'(0) = 1/4.",
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
            (
                bilinear_slope,
                "That is the bound for slope 1, the Wasserstein loss; the original loss has slope 1/2 at "
                "(0, 0).",
            ),
            (
                half_the_step,
                "That takes |λ|² for 1/2. It is the product of the two eigenvalues, so the determinant, 1/4.",
            ),
            (
                length_of_eigenvalue,
                "2 / |λ| = 4 would be right for real negative eigenvalues; these are complex, and γ decides.",
            ),
        ],
        [
            "With λ = u ± iv, |1 + hλ|² = (1 + hu)² + (hv)². When is that below 1?",
            "u = -γ/2 and u² + v² = 1/4, so |1 + hλ|² = 1 - hγ + h²/4.",
        ],
    ),
)
