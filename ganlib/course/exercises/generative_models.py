"""Exercises of notebook 10: a bound, a mask, an energy, and a training judged by what its samples look like."""

import random

import torch
from torch import nn
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise, Texts, Workbook, same

TEXTS = Texts("generative_models")


def bound(log_likelihood, mean, log_variance):
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
    return log_likelihood - kl


def bound_plus_kl(log_likelihood, mean, log_variance):
    return 2 * log_likelihood - bound(log_likelihood, mean, log_variance)


def bound_without_half(log_likelihood, mean, log_variance):
    return 2 * bound(log_likelihood, mean, log_variance) - log_likelihood


def bound_by_mean(log_likelihood, mean, log_variance):
    kl = log_likelihood - bound(log_likelihood, mean, log_variance)
    return log_likelihood - kl / mean.shape[1]


def bound_log_as_variance(log_likelihood, mean, log_variance):
    kl = 0.5 * (mean**2 + log_variance - 1 - log_variance.abs().log()).sum(1)
    return log_likelihood - kl


def bound_of_the_sd(log_likelihood, mean, log_variance):
    kl = 0.5 * (mean**2 + (log_variance / 2).exp() - 1 - log_variance).sum(1)
    return log_likelihood - kl


def bound_as_loss(log_likelihood, mean, log_variance):
    return -bound(log_likelihood, mean, log_variance)


def bound_of_all(log_likelihood, mean, log_variance):
    return bound(log_likelihood, mean, log_variance).mean()


def random_posteriors():
    """log p(x|z) and q's means and log variances, for a random number of pictures and of latent numbers."""
    n, d = random.randint(2, 6), random.randint(2, 5)
    return -50 * torch.rand(n) - 10, torch.randn(n, d), torch.randn(n, d)


def mask(size, see_center):
    seen = torch.zeros(size, size)
    seen[: size // 2] = 1
    seen[size // 2, : size // 2] = 1
    seen[size // 2, size // 2] = float(see_center)
    return seen


def mask_always_center(size, see_center):
    return mask(size, True)


def mask_never_center(size, see_center):
    return mask(size, False)


def mask_opposite_center(size, see_center):
    return mask(size, not see_center)


def mask_turned(size, see_center):
    return mask(size, see_center).T


def mask_left_half(size, see_center):
    seen = torch.zeros(size, size)
    seen[:, : size // 2] = 1
    seen[size // 2, size // 2] = float(see_center)
    return seen


def mask_quarter(size, see_center):
    seen = torch.zeros(size, size)
    seen[: size // 2 + 1, : size // 2 + 1] = 1
    seen[size // 2, size // 2] = float(see_center)
    return seen


def mask_upper_half(size, see_center):
    seen = torch.zeros(size, size)
    seen[: size // 2] = 1
    seen[size // 2, size // 2] = float(see_center)
    return seen


def mask_future(size, see_center):
    return mask(size, see_center).flip(0, 1)


def random_mask():
    """An odd size of a kernel, and whether it may see its center: both values come within two calls."""
    random_mask.turn = not random_mask.turn
    return random.choice([3, 5, 7, 9]), random_mask.turn


random_mask.turn = False


def free_energy(v, W, b, c):
    return -v @ b - torch.nn.functional.softplus(v @ W + c).sum(1)


def free_energy_positive(v, W, b, c):
    return -free_energy(v, W, b, c)


def free_energy_one_h(v, W, b, c):
    return -v @ b - (v @ W + c).sum(1)


def free_energy_sigmoid(v, W, b, c):
    return -v @ b - (v @ W + c).sigmoid().sum(1)


def free_energy_best_h(v, W, b, c):
    return -v @ b - (v @ W + c).relu().sum(1)


def free_energy_without_b(v, W, b, c):
    return -softplus(v @ W + c).sum(1)


def free_energy_against_b(v, W, b, c):
    return free_energy(v, W, b, c) + 2 * v @ b


def random_machine():
    """Some states of a small RBM's pixels, and its W, b, c."""
    visible, hidden = random.randint(3, 7), random.randint(2, 5)
    v = torch.rand(random.randint(2, 6), visible).round()
    return v, 2 * torch.randn(visible, hidden), torch.randn(visible), torch.randn(hidden)


def training_pair(noise, data, t):
    return (1 - t) * noise + t * data, data - noise


def pair_backwards(noise, data, t):
    return (1 - t) * noise + t * data, noise - data


def pair_wrong_end(noise, data, t):
    return (1 - t) * data + t * noise, data - noise


def pair_data_as_velocity(noise, data, t):
    return (1 - t) * noise + t * data, data


def pair_what_is_left(noise, data, t):
    x = (1 - t) * noise + t * data
    return x, data - x


def pair_without_noise(noise, data, t):
    return t * data, data - noise


def two_hills(n):
    """Data on the line: a third around -2, the rest around 2."""
    side = torch.where(torch.rand(n, 1) < 1 / 3, -2.0, 2.0)
    return side + 0.3 * torch.randn(n, 1)


def play_training(pair, seed):
    """Train a velocity for 300 updates on the student's pairs, follow it from noise, and look at where it leads."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
    adam = torch.optim.Adam(net.parameters(), 5e-3)
    for _ in range(300):
        data, noise, t = two_hills(256), torch.randn(256, 1), torch.rand(256, 1)
        answer = pair(noise, data, t)
        if answer is None or answer is ... or any(part is ... for part in answer):
            return ...
        x, target = answer
        loss = (net(torch.cat([x, t], 1)) - target).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        x = torch.randn(2000, 1)
        for i in range(40):
            x = x + net(torch.cat([x, torch.full_like(x, i / 40)], 1)) / 40
    return {**hills_of(x), "x from noise to data, and the velocity that belongs to it": is_path(pair)}


def is_path(pair):
    """Whether x is noise at t = 0 and data at t = 1, and the target is its slope in t. Any such path will do."""
    noise, data = torch.randn(2, 9, 1, dtype=torch.double)
    t, step = torch.linspace(0.1, 0.9, 9, dtype=torch.double)[:, None], 1e-4
    slope = (pair(noise, data, t + step)[0] - pair(noise, data, t - step)[0]) / (2 * step)
    start, end = pair(noise, data, 0 * t)[0], pair(noise, data, 0 * t + 1)[0]
    return same([start, end, slope], [noise, data, pair(noise, data, t)[1]], 1e-3)


def hills_of(x):
    """Where samples x (n, 1) lie, in words: how far out, on the hills or not, and in the right shares."""
    out = x.abs().median()
    far = next(word for limit, word in PLACES.items() if out < limit)
    near = bool(((x.abs() - 2).abs() < 0.9).float().mean() > 0.85)
    right = (x > 0).float().mean()
    shares = ("two thirds right" if 0.57 < right < 0.77 else "others") if near else "no hills"
    return {"distance from 0": far, "samples on the hills": near, "share of each hill": shares}


PLACES = {0.6: "in the middle", 1.55: "short of the hills", 2.15: "as far as the hills", 3.5: "beyond the hills",
          float("inf"): "far away"}  # fmt: skip


def random_seed():
    """The seed of a training."""
    return (random.randrange(10_000),)


book = Workbook(
    "10",
    Exercise(
        "bound", bound, random_posteriors,
        misconceptions=TEXTS.wrong("bound", bound_plus_kl, bound_without_half, bound_by_mean, bound_log_as_variance, bound_of_the_sd, bound_as_loss, bound_of_all),
        hints=TEXTS.hints("bound"),
    ),
    Exercise(
        "mask", mask, random_mask,
        misconceptions=TEXTS.wrong("mask", mask_always_center, mask_never_center, mask_opposite_center, mask_turned, mask_left_half, mask_quarter, mask_upper_half, mask_future),
        hints=TEXTS.hints("mask"),
    ),
    Exercise(
        "free_energy", free_energy, random_machine,
        misconceptions=TEXTS.wrong("free_energy", free_energy_positive, free_energy_one_h, free_energy_sigmoid, free_energy_best_h, free_energy_without_b, free_energy_against_b),
        hints=TEXTS.hints("free_energy"),
    ),
    Exercise(
        "training_pair", training_pair, random_seed,
        misconceptions=TEXTS.wrong("training_pair", pair_backwards, pair_wrong_end, pair_data_as_velocity, pair_what_is_left, pair_without_noise),
        hints=TEXTS.hints("training_pair"),
        play=play_training,
    ),
)  # fmt: skip
