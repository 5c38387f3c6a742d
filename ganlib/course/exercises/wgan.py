"""Exercises of notebook 05: distances, legal critics, a penalty, what it adds, a bound on the gradient norm."""

from itertools import cycle

import torch

from ganlib.course import lipschitz_exercise
from ganlib.course.exercises import Exercise, Texts, Workbook

TEXTS = Texts("wgan")
SIDES = cycle((1, -1))


def w_of_histograms(p, g, width):
    """What is too much left of a border crosses it: the sum of |differences so far|, times a cell's width."""
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


def of_f_alone(a, b, f_a, f_b):
    return as_it_comes(a, b, f_a, f_b) / ((f_a[:, None] - f_b) / (a[:, None] - b).abs()).max()


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
        bound = bound * torch.linalg.matrix_norm(weight, ord=2)  # how long a unit vector can become
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
    """Two random histograms on the same cells, and a cell's width; the net crossing goes right, then left."""
    n = size(6, 12)
    p, g = 0.1 + torch.rand(n), 0.1 + torch.rand(n)
    p[[0, -1]] += 2  # earth moves both ways
    p, g = p / p.sum(), g / g.sum()
    if (p - g).cumsum(0).sum() * next(SIDES) < 0:
        p, g = p.flip(0), g.flip(0)
    return p, g, 0.1 + torch.rand(()).item()


def points_and_values():
    """Values whose gap is positive, then negative; the steepest pair points the other way, or is of two reals."""
    wanted = next(SIDES)
    while True:
        n, side = size(6, 12), 1 - 2 * torch.randint(2, ())
        a, b = (torch.randperm(2 * n) / 2).chunk(2)
        a[1] = a[0] + 0.01
        f_a, f_b = (-2 * side * x + 0.2 * torch.rand(n) for x in (a, b))
        f_a[1] = f_a[0] - 0.5 * side
        steep = (f_a[:, None] - f_b) / (a[:, None] - b).abs() * wanted  # (n, n)
        if (f_a.mean() - f_b.mean()) * wanted > 0.1 and -steep.min() > 1.02 * steep.max() > 0:
            return a, b, f_a, f_b


def two_batches():
    """As many real pictures as fakes as there are pixels in a row, and a t for each: wrong broadcasts run."""
    n = size(5, 12)
    return torch.randn(n, 1, n, n), torch.randn(n, 1, n, n), torch.rand(n)


def gap_and_weight():
    """A gap and a penalty's weight."""
    return 0.5 + 10 * torch.rand(()).item(), 1 + 10 * torch.rand(()).item()


def some_layers():
    """The weights of a critic with one to three hidden layers and two outputs, so that norms differ."""
    widths = [4, *(size(5, 9) for _ in range(size(1, 3))), 2]
    return ([torch.randn(m, n) for n, m in zip(widths, widths[1:])],)


book = Workbook(
    "05",
    Exercise(
        "w_of_histograms",
        w_of_histograms,
        two_histograms,
        misconceptions=TEXTS.wrong(
            "w_of_histograms",
            unsummed,
            signed_crossings,
            size_of_the_net_crossing,
            without_width,
            total_variation,
        ),
        hints=TEXTS.hints("w_of_histograms"),
    ),
    Exercise(
        "lower_bound",
        lower_bound,
        points_and_values,
        misconceptions=TEXTS.wrong(
            "lower_bound",
            as_it_comes,
            by_mean_slope,
            by_signed_slope,
            by_steepest_either_way,
            without_the_other_sign,
            by_all_pairs,
            by_steepest_step,
            of_f_alone,
        ),
        hints=TEXTS.hints("lower_bound"),
    ),
    Exercise(
        "lipschitz",
        lipschitz_exercise.lipschitz,
        lambda: (),
        misconceptions=TEXTS.wrong("lipschitz", *lipschitz_exercise.FLAWS),
        hints=TEXTS.hints("lipschitz"),
        play=lipschitz_exercise.play_penalty,
    ),
    Exercise(
        "between",
        between,
        two_batches,
        misconceptions=TEXTS.wrong(
            "between", from_the_wrong_end, one_t_for_all, one_t_for_a_row, along_the_last_axis
        ),
        hints=TEXTS.hints("between"),
    ),
    Exercise(
        "w_from_gap",
        w_from_gap,
        gap_and_weight,
        misconceptions=TEXTS.wrong(
            "w_from_gap",
            gap_itself,
            slope_of_the_gap,
            turned_round_once,
            negative_root,
            less_the_penalty,
            without_the_two,
        ),
        hints=TEXTS.hints("w_from_gap"),
    ),
    Exercise(
        "gradient_bound",
        gradient_bound,
        some_layers,
        misconceptions=TEXTS.wrong(
            "gradient_bound",
            added_up,
            root_of_squares,
            entries_and_size,
            one_matrix,
            with_small_slopes,
            largest_entries,
        ),
        hints=TEXTS.hints("gradient_bound"),
    ),
)
