"""Exercises of notebook 05: distances between histograms, legal critics, what a soft leash adds, a bound on
the slope.
"""

from itertools import cycle

import torch

from ganlib.course.exercises import Exercise, Workbook

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
    """The gap divided by the steepest slope between a real and a fake point: |f(a) - f(b)| / |a - b|."""
    slopes = (f_a[:, None] - f_b).abs() / (a[:, None] - b).abs()  # (n, m)
    return (f_a.mean() - f_b.mean()) / slopes.max()


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


def slope_bound(weights):
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
    return slope_bound(weights) * 0.2 ** (len(weights) - 1)


def one_matrix(weights):
    product = weights[0]
    for weight in weights[1:]:
        product = weight @ product
    return torch.linalg.matrix_norm(product, ord=2)


def size(low, high):
    """A random whole number from low to high: an answer that fits one size alone fails."""
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
            (by_signed_slope, "A steep way down is steep, too: take sizes before the maximum."),
            (
                by_all_pairs,
                "A bound, but not the largest: the line needs slopes between a real and a fake point only.",
            ),
            (
                by_steepest_step,
                "That is the largest difference of values. A slope is a difference divided by the way.",
            ),
        ],
        hints=[
            "A slope for each pair: a[:, None] - b has shape (n, m); the same for the values.",
            "The gap f_a.mean() - f_b.mean(), divided by the largest |difference of values| / |difference of places|.",
        ],
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
            (without_the_two, "Check the slope: s = 1 + W/(2λ), so W² is divided by 2λ, not by λ."),
        ],
        hints=[
            "gap = sW = W + W²/(2λ): a quadratic equation in W.",
            "W² + 2λW - 2λ gap = 0 has the roots -λ ± sqrt(λ² + 2λ gap).",
        ],
    ),
    Exercise(
        "slope_bound",
        slope_bound,
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
