"""Exercises of notebook 12: a style for a channel, a layer that fades in, truncation, filters that do not repeat
each other, the count of weights; and a sampling that is judged by its samples.
"""

import torch

from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.truncation_exercise import (
    Truncation,
    barely_truncated,
    running_averages,
    truncation,
    typical_only,
)

TEXTS = Texts("style")


def integer(low, high):
    """A random integer from low to high."""
    return int(torch.randint(low, high + 1, ()))


def styled_channels():
    """Maps with means and spreads of their own, and a style for each channel."""
    batch, channels = integer(2, 4), integer(3, 5)
    h = torch.randn(batch, channels, 3, 4) * (1 + torch.rand(batch, channels, 1, 1))
    h = h + 2 * torch.randn(batch, channels, 1, 1)
    return h, 1 + torch.rand(batch, channels), torch.randn(batch, channels)


def adain(h, scale, shift):
    mean = h.mean((2, 3), keepdim=True)
    std = (h.var((2, 3), unbiased=False, keepdim=True) + 1e-5).sqrt()
    return scale[..., None, None] * (h - mean) / std + shift[..., None, None]


def normalized_over(h, scale, shift, places):
    """The same with mean and std over other places."""
    mean, std = h.mean(places, keepdim=True), h.std(places, unbiased=False, keepdim=True)
    return scale[..., None, None] * (h - mean) / std + shift[..., None, None]


def over_the_batch(h, scale, shift):
    return normalized_over(h, scale, shift, (0, 2, 3))


def over_the_channels(h, scale, shift):
    return normalized_over(h, scale, shift, (1, 2, 3))


def without_std(h, scale, shift):
    return scale[..., None, None] * (h - h.mean((2, 3), keepdim=True)) + shift[..., None, None]


def by_the_variance(h, scale, shift):
    centered = h - h.mean((2, 3), keepdim=True)
    return (
        scale[..., None, None] * centered / h.var((2, 3), unbiased=False, keepdim=True)
        + shift[..., None, None]
    )


def unbiased(h, scale, shift):
    centered = h - h.mean((2, 3), keepdim=True)
    return scale[..., None, None] * centered / h.std((2, 3), keepdim=True) + shift[..., None, None]


def scale_for_shift(h, scale, shift):
    return adain(h, shift, scale)


def two_sizes():
    """A small picture, a large one, and an alpha that is not one half."""
    alpha = float(0.1 + 0.3 * torch.rand(()))
    return (
        torch.randn(2, 1, 3, 3),
        torch.randn(2, 1, 6, 6),
        alpha if torch.rand(()) < 0.5 else 1 - alpha,
    )


def enlarged(small):
    return small.repeat_interleave(2, 2).repeat_interleave(2, 3)


def fade(small, large, alpha):
    return (1 - alpha) * small.repeat_interleave(2, 2).repeat_interleave(2, 3) + alpha * large


def faded_out(small, large, alpha):
    return fade(small, large, 1 - alpha)


def added_on_top(small, large, alpha):
    return enlarged(small) + alpha * large


def both_by_alpha(small, large, alpha):
    return alpha * (enlarged(small) + large)


def tiled(small, large, alpha):
    return (1 - alpha) * small.repeat(1, 1, 2, 2) + alpha * large


def styles():
    return torch.randn(5, 4), 1 + torch.rand(4), float(0.1 + 0.3 * torch.rand(()))


def truncated(w, mean, psi):
    return mean + psi * (w - mean)


def toward_zero(w, mean, psi):
    return psi * w


def other_way(w, mean, psi):
    return w + psi * (mean - w)


def mean_forgotten(w, mean, psi):
    return psi * (w - mean)


def clamped(w, mean, psi):
    return w.clamp(-psi, psi)


def filters():
    return (torch.randn(integer(3, 5), integer(2, 3), 3, 3),)


def orthogonal(weight):
    rows = weight.flatten(1)  # (n_out, n_in * k * k)
    products = rows @ rows.T
    return (products - products.diag().diag()).square().sum()


def with_diagonal(weight):
    rows = weight.flatten(1)
    return (rows @ rows.T).square().sum()


def toward_identity(weight):
    rows = weight.flatten(1)
    return (rows @ rows.T - torch.eye(len(rows))).square().sum()


def of_columns(weight):
    return orthogonal(weight.flatten(1).T)


def not_squared(weight):
    products = weight.flatten(1) @ weight.flatten(1).T
    return (products - products.diag().diag()).abs().sum()


def each_pair_once(weight):
    return orthogonal(weight) / 2


def layer_sizes():
    """A layer whose numbers all differ, so that no two wrong counts agree."""
    return integer(4, 9), integer(10, 19), 2 * integer(1, 3) + 1, integer(20, 29)


def n_weights(n_in, n_out, kernel, w_dim):
    convolution = n_in * n_out * kernel**2 + n_out
    style = 2 * n_out * (w_dim + 1)
    return convolution + style + n_out  # n_out: how much noise each channel takes


def without_kernel(n_in, n_out, kernel, w_dim):
    return n_weights(n_in, n_out, 1, w_dim)


def scales_only(n_in, n_out, kernel, w_dim):
    return n_weights(n_in, n_out, kernel, w_dim) - n_out * (w_dim + 1)


def without_noise(n_in, n_out, kernel, w_dim):
    return n_weights(n_in, n_out, kernel, w_dim) - n_out


def without_style(n_in, n_out, kernel, w_dim):
    return n_weights(n_in, n_out, kernel, w_dim) - 2 * n_out * (w_dim + 1)


def style_without_bias(n_in, n_out, kernel, w_dim):
    return n_weights(n_in, n_out, kernel, w_dim) - 2 * n_out


book = Workbook(
    "12",
    Exercise(
        "adain",
        adain,
        styled_channels,
        TEXTS.wrong(
            "adain",
            over_the_batch,
            over_the_channels,
            without_std,
            by_the_variance,
            unbiased,
            scale_for_shift,
        ),
        TEXTS.hints("adain"),
        tolerance=1e-3,
    ),
    Exercise(
        "fade",
        fade,
        two_sizes,
        TEXTS.wrong("fade", faded_out, added_on_top, both_by_alpha, tiled),
        TEXTS.hints("fade"),
    ),
    Exercise(
        "truncate",
        truncated,
        styles,
        TEXTS.wrong("truncate", toward_zero, other_way, mean_forgotten, clamped),
        TEXTS.hints("truncate"),
    ),
    Exercise(
        "orthogonal",
        orthogonal,
        filters,
        TEXTS.wrong("orthogonal", with_diagonal, toward_identity, of_columns, not_squared, each_pair_once),
        TEXTS.hints("orthogonal"),
    ),
    Exercise(
        "n_weights",
        n_weights,
        layer_sizes,
        TEXTS.wrong(
            "n_weights", without_kernel, scales_only, without_noise, without_style, style_without_bias
        ),
        TEXTS.hints("n_weights"),
        tolerance=1e-6,
    ),
    Truncation(
        "truncation",
        truncation,
        None,
        TEXTS.wrong("truncation", barely_truncated, typical_only, running_averages),
        TEXTS.hints("truncation"),
    ),
)
