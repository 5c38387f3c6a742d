"""Exercises of notebook 05: distances between histograms, legal critics, a leash judged by the critic that it
trains, what a soft leash adds, a bound on the gradient norm.
"""

from functools import cache
from itertools import cycle

import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from ganlib import nets
from ganlib.course.exercises import Exercise, Workbook
from ganlib.data import toys
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.losses import wasserstein
from ganlib.penalties import gradient_penalty, input_gradient

SIDES = cycle((1, -1))


def w_of_histograms(p, g, width):
    """What is too much left of a border has to cross it: the sum of |differences so far|, times the width of
    a cell.
    """
    return width * (p - g).cumsum(0).abs().sum()


def unsummed(p, g, width):
    return width * (p - g).abs().sum()


def signed_crossings(p, g, width):
    return width * (p - g).cumsum(0).sum()


def without_width(p, g, width):
    return w_of_histograms(p, g, 1.0)


def size_of_the_net_crossing(p, g, width):
    return signed_crossings(p, g, width).abs()


def total_variation(p, g, width):
    return (p - g).abs().sum() / 2


def lower_bound(a, b, f_a, f_b):
    """Part 2 asks for f(a) - f(b) <= |a - b| only: divide by the largest earning a unit of way, of f or of -f."""
    gap = f_a.mean() - f_b.mean()
    earnings = (f_a[:, None] - f_b) * gap.sign()  # (n, m): of f, or of -f if that has the positive gap
    return gap.abs() / (earnings / (a[:, None] - b).abs()).max()


def by_steepest_either_way(a, b, f_a, f_b):
    return without_the_other_sign(a, b, f_a, f_b).abs()


def without_the_other_sign(a, b, f_a, f_b):
    return as_it_comes(a, b, f_a, f_b) / ((f_a[:, None] - f_b).abs() / (a[:, None] - b).abs()).max()


def as_it_comes(a, b, f_a, f_b):
    return f_a.mean() - f_b.mean()


def by_mean_slope(a, b, f_a, f_b):
    return as_it_comes(a, b, f_a, f_b) / ((f_a[:, None] - f_b).abs() / (a[:, None] - b).abs()).mean()


def by_signed_slope(a, b, f_a, f_b):
    return as_it_comes(a, b, f_a, f_b) / ((f_a[:, None] - f_b) / (a[:, None] - b)).max()


def by_all_pairs(a, b, f_a, f_b):
    x, f = torch.cat([a, b]), torch.cat([f_a, f_b])
    slopes = (f[:, None] - f).abs() / (x[:, None] - x).abs()
    return as_it_comes(a, b, f_a, f_b) / slopes.nan_to_num(0.0).max()


def by_steepest_step(a, b, f_a, f_b):
    return as_it_comes(a, b, f_a, f_b) / (f_a[:, None] - f_b).abs().max()


def between(real, fake, t):
    t = t.reshape(-1, *[1] * (real.dim() - 1))  # (B,) -> (B, 1, 1, 1)
    return real + t * (fake - real)


def from_the_wrong_end(real, fake, t):
    return between(fake, real, t)


def one_t_for_all(real, fake, t):
    return real + t[0] * (fake - real)


def one_t_for_a_row(real, fake, t):
    return real + t[:, None] * (fake - real)


def along_the_last_axis(real, fake, t):
    return real + t * (fake - real)


def norms_between(critic, real, fake):
    """The critic's gradient norm at a random point between each real and fake sample: (B,)."""
    return input_gradient(critic, real + torch.rand(len(real), 1) * (fake - real)).norm(dim=1)


def leash(critic, real, fake):
    """One-sided: only norms above 1 cost. Petzka, Fischer and Lukovnikov, 2017, arXiv:1709.08894."""
    return 10 * (norms_between(critic, real, fake) - 1).clamp_min(0).square().mean()


def no_leash(critic, real, fake):
    return norms_between(critic, real, fake).detach().sub(1).square().mean()


def toward_zero(critic, real, fake):
    return 10 * norms_between(critic, real, fake).square().mean()


def mean_before_square(critic, real, fake):
    return 10 * (norms_between(critic, real, fake).mean() - 1).square()


@cache
def play_leash(function):
    """What becomes of a critic of the 8 Gaussians against the same + noise on this leash: a word, or `...`."""
    torch.manual_seed(2)
    ring = toys.ring()
    critic = nn.Sequential(nets.mlp(2, 64, 64, 64, 1), nn.Flatten(0))
    optimizer = fused_adam(critic.parameters(), 4e-3, (0.0, 0.9))
    for step in range(200):
        real, fake = with_noise(ring, 128)
        cost = function(critic, real, fake)
        if cost is ... or cost is None:
            return ...
        optimizer.param_groups[0]["lr"] = 4e-3 * min(1, 2 * (1 - step / 200))
        optimizer_step(optimizer, {"d_loss": wasserstein.d_loss(critic(real), critic(fake)), "leash": cost})
    return word(critic, *with_noise(ring, 512))


def with_noise(mixture, n):
    """n real points, and n others with noise added."""
    real, other = mixture.batch(n)[0], mixture.batch(n)[0]
    return real, other + torch.randn_like(other)


def word(critic, real, fake):
    """How a critic turned out, by its gradient norms and by the share of W that its gap certifies."""
    gap = (critic(real) - critic(fake)).mean().item()
    steep = norms_between(critic, real, fake).quantile(0.95).item()
    lengths = torch.cdist(real, fake).numpy()
    share = gap / max(steep, 1) / lengths[linear_sum_assignment(lengths)].mean()
    if not steep < 20:
        return "ran away"
    if share < 0.15:
        return "flat"
    if steep > 1.35:
        return "steep in places"
    return "found W" if share > 0.5 else "found a part of W"


def w_from_gap(gap, weight):
    """gap = W + W² / (2 λ), a quadratic equation in W with one positive root."""
    return weight * ((1 + 2 * gap / weight) ** 0.5 - 1)


def gap_itself(gap, weight):
    return gap


def slope_of_the_gap(gap, weight):
    return gap / (1 + gap / (2 * weight))


def turned_round_once(gap, weight):
    return gap * (1 + gap / (2 * weight))


def negative_root(gap, weight):
    return -weight * ((1 + 2 * gap / weight) ** 0.5 + 1)


def without_the_two(gap, weight):
    return weight * ((1 + 4 * gap / weight) ** 0.5 - 1) / 2


def less_the_penalty(gap, weight):
    return gap - weight * (gap / (2 * weight)) ** 2


def gradient_bound(weights):
    bound = 1.0
    for weight in weights:
        bound = bound * torch.linalg.matrix_norm(
            weight, ord=2
        )  # the longest that a vector of length 1 can become
    return bound


def added_up(weights):
    return sum(torch.linalg.matrix_norm(weight, ord=2) for weight in weights)


def root_of_squares(weights):
    bound = 1.0
    for weight in weights:
        bound = bound * weight.norm()
    return bound


def entries_and_size(weights):
    bound = 1.0
    for weight in weights:
        bound = bound * weight.abs().max() * weight.numel() ** 0.5
    return bound


def largest_entries(weights):
    bound = 1.0
    for weight in weights:
        bound = bound * weight.abs().max()
    return bound


def with_small_slopes(weights):
    return gradient_bound(weights) * 0.2 ** (len(weights) - 1)


def one_matrix(weights):
    product = weights[0]
    for weight in weights[1:]:
        product = weight @ product
    return torch.linalg.matrix_norm(product, ord=2)


def size(low, high):
    """A random integer from low to high: an answer that fits one size alone fails."""
    return int(torch.randint(low, high + 1, ()))


def two_histograms():
    """Two random histograms on the same cells, p with more at both ends, so that earth moves both ways; a
    cell's width.
    """
    n = size(6, 12)
    p, g = 0.1 + torch.rand(n), 0.1 + torch.rand(n)
    p[[0, -1]] += 2
    return p / p.sum(), g / g.sum(), 0.1 + torch.rand(()).item()


def points_and_values():
    """As many real as fake points, and values that fall to the right in one batch and rise in the next.

    Two real points lie so near each other that theirs is the steepest slope of all.
    """
    n, side = size(6, 12), next(SIDES)
    a, b = (torch.randperm(2 * n) / 2).chunk(2)
    a[1] = a[0] + 0.01
    f_a, f_b = (-2 * side * x + 0.2 * torch.rand(n) for x in (a, b))
    f_a[1] = f_a[0] - 0.5 * side
    return a, b, f_a, f_b


def two_batches():
    """As many real pictures as fakes as pixels in a row, and a t for each, so that a wrong broadcast does
    not fail by itself.
    """
    n = size(5, 12)
    return torch.randn(n, 1, n, n), torch.randn(n, 1, n, n), torch.rand(n)


def gap_and_weight():
    """A gap and a penalty's weight."""
    return 0.5 + 10 * torch.rand(()).item(), 1 + 10 * torch.rand(()).item()


def some_layers():
    """The weights of a critic with one to three hidden layers; its last layer has two units, so that norms
    differ there, too.
    """
    widths = [4, *(size(5, 9) for _ in range(size(1, 3))), 2]
    return ([torch.randn(m, n) for n, m in zip(widths, widths[1:])],)


book = Workbook(
    "05",
    Exercise(
        "w_of_histograms",
        w_of_histograms,
        two_histograms,
        misconceptions=[
            (
                unsummed,
                "You look at each cell alone. Earth from a far cell crosses every border on its way: add up the "
                "differences so far, p - g, from the left.",
            ),
            (
                signed_crossings,
                "Your crossings have signs, so that ways to the left pay for ways to the right. Take .abs() of "
                "each before the sum.",
            ),
            (
                size_of_the_net_crossing,
                "The sign goes too late: each border's earth travels, to the left or to the right. "
                "Take .abs() before the sum.",
            ),
            (without_width, "You count borders. Each is one cell's width of way."),
            (total_variation, "That is how much earth has to move, not how far. W counts the way."),
        ],
        hints=[
            "How much more of p than of g lies left of a border? That much has to cross it, one way or the other.",
            "(p - g).cumsum(0) has the difference at each border. Then: sizes, sum, and the width of a cell.",
        ],
    ),
    Exercise(
        "lower_bound",
        lower_bound,
        points_and_values,
        misconceptions=[
            (
                as_it_comes,
                "That is the gap of a critic without a leash. It bounds nothing until you divide by the steepest "
                "slope.",
            ),
            (
                by_mean_slope,
                "You divided by the mean slope. Some slopes are steeper, so this critic is not legal yet.",
            ),
            (
                by_signed_slope,
                "You divided signed prices by signed places. A route's length has no sign: |a - b|.",
            ),
            (
                by_steepest_either_way,
                "A bound, but not the largest. The inequality limits f(a) - f(b) alone: how much cheaper a real point may be "
                "than a fake one, it does not say.",
            ),
            (
                without_the_other_sign,
                "A bound, but not the largest: where the gap is negative, take -f; and the inequality limits f(a) - f(b) alone.",
            ),
            (
                by_all_pairs,
                "A bound, but not the largest: the inequality compares a real with a fake point only.",
            ),
            (
                by_steepest_step,
                "That is the largest difference of values. A slope is a difference divided by the way.",
            ),
        ],
        hints=[
            "One trip for each pair: f_a[:, None] - f_b, what it earns, has shape (n, m); its length is |a[:, None] - b|.",
            "Divide the gap by the largest earning a unit of way, (f(a) - f(b)) / |a - b|. If the gap is negative, turn "
            "the sign of all prices first.",
        ],
    ),
    Exercise(
        "leash",
        leash,
        lambda: (),
        misconceptions=[
            (
                no_leash,
                "The critic ran away: its gradient norms reached the hundreds. Does the cost rise with the norms above 1? "
                "And is it differentiable, without .detach() and torch.no_grad()?",
            ),
            (
                toward_zero,
                "The critic went flat and found next to nothing of W. Norms below 1 should cost nothing, and each sample "
                "has a norm of its own.",
            ),
            (
                mean_before_square,
                "The critic is too steep in places: one norm in twenty is far above 1. Judge each sample's norm by itself, "
                "before you take the mean; or pull harder.",
            ),
            (
                gradient_penalty,
                "It works, but in 200 steps the critic found less than half of W. Norms below 1 cost as well, which is "
                "more than the theorem asks for.",
            ),
        ],
        hints=[
            "What should a sample with norm 0.3 cost? And one with norm 1.5?",
            "(norm - 1).clamp_min(0) is 0 where the norm is legal. Square it, take the mean, and give it a weight such as 10.",
        ],
        play=play_leash,
    ),
    Exercise(
        "between",
        between,
        two_batches,
        misconceptions=[
            (from_the_wrong_end, "Your t runs the other way: at t = 0 the point should be the real sample."),
            (
                one_t_for_all,
                "All samples of the batch share one t. Each needs its own, or a whole batch tests one slice.",
            ),
            (
                one_t_for_a_row,
                "Your t was spread over the rows of each picture. It should be one for each sample: give t the "
                "shape (B, 1, 1, 1).",
            ),
            (
                along_the_last_axis,
                "Your t was spread over the last axis: one t for each column of pixels. It should be one "
                "for each sample: give t the shape (B, 1, 1, 1).",
            ),
        ],
        hints=[
            "t has shape (B,), the pictures (B, 1, H, W). Broadcasting lines shapes up from the right.",
            "t.reshape(-1, 1, 1, 1) lines t up with the samples. Then start at real and go the part t of the way to fake.",
        ],
    ),
    Exercise(
        "w_from_gap",
        w_from_gap,
        gap_and_weight,
        misconceptions=[
            (
                gap_itself,
                "That is the gap. The soft leash let the slope grow above 1, so the gap is too large for W.",
            ),
            (
                slope_of_the_gap,
                "You put the gap where W belongs: the slope is 1 + W/(2λ), and W is what you look for.",
            ),
            (turned_round_once, "The slope is above 1, so W is smaller than the gap, not larger."),
            (
                negative_root,
                "The quadratic equation has two roots. A distance is the one that is not negative.",
            ),
            (
                less_the_penalty,
                "You took the penalty off the gap. Gap minus penalty is what the critic maximizes, not W: the gap itself is "
                "s times W.",
            ),
            (without_the_two, "Check the slope: s = 1 + W/(2λ), so W² is divided by 2λ, not by λ."),
        ],
        hints=[
            "gap = sW = W + W²/(2λ): a quadratic equation in W.",
            "W² + 2λW - 2λ gap = 0 has the roots -λ ± sqrt(λ² + 2λ gap).",
        ],
    ),
    Exercise(
        "gradient_bound",
        gradient_bound,
        some_layers,
        misconceptions=[
            (
                added_up,
                "You added the layers' bounds. Layers are applied one after another, so their stretches multiply.",
            ),
            (
                root_of_squares,
                "The root of the sum of squares is a bound too, but a loose one. Use the spectral norm, the "
                "largest stretch of any vector.",
            ),
            (
                entries_and_size,
                "That is a bound, and the one for clipping, but a loose one here. Use the spectral norm, the "
                "largest stretch of any vector.",
            ),
            (
                one_matrix,
                "You multiplied the matrices and took the norm at the end. The activation stands between them and "
                "changes what the next matrix receives: multiply the norms instead.",
            ),
            (
                with_small_slopes,
                "LeakyReLU's slope is 1 on its positive side, so its largest stretch is 1, not 0.2.",
            ),
            (
                largest_entries,
                "A matrix with entries of at most c can stretch a vector by more than c, since entries work "
                "together. Use the spectral norm.",
            ),
        ],
        hints=[
            "LeakyReLU never stretches. By how much can one matrix stretch a vector? Its spectral norm says.",
            "torch.linalg.matrix_norm(weight, ord=2) is one layer's stretch. A chain of layers "
            "stretches by the product.",
            "And after clipping at c: an (m, n) matrix stretches by at most c sqrt(m n), a chain of them by the product.",
        ],
    ),
)
