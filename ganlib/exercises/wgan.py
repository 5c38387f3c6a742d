"""Exercises of notebook 05: distance by sorting, the critic's loss, the penalty piece by piece, a bound on the slope."""

from itertools import cycle

import torch

from ganlib.exercises import Exercise, Workbook

SIDES = cycle((1, -1))


def w1_line(a, b):
    return (a.sort().values - b.sort().values).abs().mean()


def unsorted(a, b):
    return (a - b).abs().mean()


def signed_gaps(a, b):
    return (a.sort().values - b.sort().values).mean()


def gap_of_means(a, b):
    return (a.mean() - b.mean()).abs()


def squared_gaps(a, b):
    return (a.sort().values - b.sort().values).square().mean()


def critic_loss(real, fake):
    return fake.mean() - real.mean()


def wrong_player(real, fake):
    return real.mean() - fake.mean()


def size_of_the_gap(real, fake):
    return -(real.mean() - fake.mean()).abs()


def generators_loss(real, fake):
    return -fake.mean()


def with_cross_entropy(real, fake):
    return torch.nn.functional.softplus(-real).mean() + torch.nn.functional.softplus(fake).mean()


def with_hinge(real, fake):
    return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()


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


def slope_penalty(gradient, weight):
    slope = gradient.flatten(1).norm(dim=1)  # (B,)
    return weight * (slope - 1).square().mean()


def one_norm_for_the_batch(gradient, weight):
    return weight * (gradient.norm() - 1).square()


def toward_zero(gradient, weight):
    return weight * gradient.flatten(1).norm(dim=1).square().mean()


def mean_slope(gradient, weight):
    return weight * (gradient.flatten(1).norm(dim=1).mean() - 1).square()


def each_pixel(gradient, weight):
    return weight * (gradient.abs() - 1).square().mean()


def without_weight(gradient, weight):
    return slope_penalty(gradient, 1.0)


def only_too_steep(gradient, weight):
    return weight * torch.relu(gradient.flatten(1).norm(dim=1) - 1).square().mean()


def squared_slope(gradient, weight):
    return weight * (gradient.flatten(1).square().sum(1) - 1).square().mean()


def slope_bound(weights):
    bound = 1.0
    for weight in weights:
        bound = bound * torch.linalg.matrix_norm(weight, ord=2)  # the longest that a vector of length 1 can become
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


def one_matrix(weights):
    product = weights[0]
    for weight in weights[1:]:
        product = weight @ product
    return torch.linalg.matrix_norm(product, ord=2)


def size(low, high):
    """A random whole number from low to high: an answer that fits one size alone fails."""
    return int(torch.randint(low, high + 1, ()))


def two_samples():
    """Equal samples on the line that overlap and differ in width, so that no shortcut agrees."""
    n = size(15, 40)
    return torch.randn(n), 0.5 + 2 * torch.randn(n)


def critic_values():
    """Values of a critic that is right in one batch and wrong in the next, so that no lost sign hides."""
    side = next(SIDES)
    return 2 * side + torch.randn(size(6, 12)), torch.randn(size(13, 20)) - 2 * side


def two_batches():
    """As many real pictures as fakes as pixels in a row, and a t for each, so that a wrong broadcast does not fail by itself."""
    n = size(5, 12)
    return torch.randn(n, 1, n, n), torch.randn(n, 1, n, n), torch.rand(n)


def gradients():
    """Gradients of a batch of small pictures, some too flat and some too steep, and a weight."""
    n = size(5, 12)
    lengths = torch.linspace(0.2, 2.0, n)[torch.randperm(n)].view(-1, 1, 1, 1)
    directions = torch.nn.functional.normalize(torch.randn(n, 16)).view(n, 1, 4, 4)
    return lengths * directions, 5 + 10 * torch.rand(()).item()


def some_layers():
    """The weights of a critic with one to three hidden layers; its last layer has two units, so that norms differ there, too."""
    widths = [4, *(size(5, 9) for _ in range(size(1, 3))), 2]
    return ([torch.randn(m, n) for n, m in zip(widths, widths[1:])],)


book = Workbook(
    "05",
    Exercise(
        "w1_line", w1_line, two_samples,
        misconceptions=[
            (unsorted, "You move the first grain to the first hole, in the order they were drawn. The best plan never lets "
                       "two grains cross."),
            (signed_gaps, "Your gaps have signs, so that ways to the left pay for ways to the right. A distance has no sign: "
                          "take .abs() before the mean."),
            (gap_of_means, "That is the distance of the two means. Samples with equal means and different widths also have "
                           "to move."),
            (squared_gaps, "Those are squared gaps, which belong to W2. W1 adds up plain distances."),
        ],
        hints=["On a line the smallest goes to the smallest. Which method of a tensor puts values in order?",
               "x.sort() gives back two things; the sorted values are x.sort().values. Then: mean of the absolute gaps."],
    ),
    Exercise(
        "critic_loss", critic_loss, critic_values,
        misconceptions=[
            (wrong_player, "The sign is turned. Optimizers minimize, and the critic wants real samples priced above fakes."),
            (size_of_the_gap, "You took the size of the gap. A critic that prices fakes higher has a positive loss, and must "
                              "feel it: no abs."),
            (generators_loss, "That is the generator's loss. The critic also looks at real samples."),
            (with_cross_entropy, "That is the loss of notebook 03. The critic's value is no logit: no log, no sigmoid."),
            (with_hinge, "That is the hinge loss, which ignores samples beyond a margin. The Wasserstein loss has no margin; "
                         "code that calls a hinge 'Wasserstein' is widespread."),
        ],
        hints=["The critic maximizes E f(real) - E f(fake). What does an optimizer minimize, then?",
               "Two means and one minus sign, with the fakes in front."],
    ),
    Exercise(
        "between", between, two_batches,
        misconceptions=[
            (from_the_wrong_end, "Your t runs the other way: at t = 0 the point should be the real sample."),
            (one_t_for_all, "All samples of the batch share one t. Each needs its own, or a whole batch tests one slice."),
            (one_t_for_a_row, "Your t was spread over the rows of each picture. It should be one for each sample: give t the "
                              "shape (B, 1, 1, 1)."),
            (along_the_last_axis, "Your t was spread over the last axis: one t for each column of pixels. It should be one "
                                  "for each sample: give t the shape (B, 1, 1, 1)."),
        ],
        hints=["t has shape (B,), the pictures (B, 1, H, W). Broadcasting lines shapes up from the right.",
               "t.reshape(-1, 1, 1, 1) lines t up with the samples. Then start at real and go the part t of the way to fake."],
    ),
    Exercise(
        "slope_penalty", slope_penalty, gradients,
        misconceptions=[
            (one_norm_for_the_batch, "You took one length for the whole batch. It grows with the batch size; each sample has "
                                     "a slope of its own."),
            (toward_zero, "You pull the slope to 0. That is a zero-centered penalty like R1; this one is centered at 1."),
            (mean_slope, "You compare the mean slope with 1, so a flat sample and a steep one make up for each other. Square "
                         "each sample's own miss, then average."),
            (each_pixel, "You ask each pixel's derivative to be 1. The length over all pixels of a sample should be 1."),
            (without_weight, "The penalty is right, but the weight is missing."),
            (only_too_steep, "You forgive slopes below 1. A one-sided penalty exists, but this one pulls flat places up to 1 "
                             "as well."),
            (squared_slope, "You compare the squared length with 1. Take the root first: (length - 1)², not (length² - 1)²."),
        ],
        hints=["First one number for each sample: make each gradient a row, then take the length of each row.",
               "gradient.flatten(1).norm(dim=1) has shape (B,). The rest is a square, a mean and the weight."],
    ),
    Exercise(
        "slope_bound", slope_bound, some_layers,
        misconceptions=[
            (added_up, "You added the layers' bounds. Layers are applied one after another, so their stretches multiply."),
            (root_of_squares, "The root of the sum of squares is a bound too, but a loose one. Use the spectral norm, the "
                              "largest stretch of any vector."),
            (entries_and_size, "That is a bound, and the one for clipping, but a loose one here. Use the spectral norm, the "
                               "largest stretch of any vector."),
            (one_matrix, "You multiplied the matrices and took the norm at the end. The activation stands between them and "
                         "changes what the next matrix receives: multiply the norms instead."),
            (largest_entries, "A matrix with entries of at most c can stretch a vector by more than c, since entries work "
                              "together. Use the spectral norm."),
        ],
        hints=["LeakyReLU never stretches. By how much can one matrix stretch a vector? Its spectral norm says.",
               "torch.linalg.matrix_norm(weight, ord=2) is one layer's stretch. A chain of layers stretches by the product.",
               "And after clipping at c: an (m, n) matrix stretches by at most c sqrt(m n), a chain of them by the product."],
    ),
)  # fmt: skip
