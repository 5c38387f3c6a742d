"""Exercises of notebook 10: a bound, a mask, an energy, and a training judged by what its samples look like."""

import random

import torch
from torch import nn
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise, Workbook


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
    return -v @ b - softplus(v @ W + c).sum(1)


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
    return hills_of(x)


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
        misconceptions=[
            (bound_plus_kl, "You add the KL divergence. It is what the code costs, so it lowers the bound."),
            (bound_without_half, "The KL divergence of two Gaussians carries a factor ½."),
            (bound_by_mean, "You average over the latent numbers. Independent numbers add their divergences: .sum(1)."),
            (bound_log_as_variance, "You used log_variance where the variance belongs: the variance is log_variance.exp()."),
            (bound_of_all, "That is the mean over the batch. The bound is wanted for each picture: shape (B,)."),
        ],
        hints=["ELBO = E_q[log p(x|z)] - KL(q ‖ N(0, I)). The first part is given.",
               "For each latent number ½ (mean² + variance - 1 - log variance), summed over the numbers of a picture."],
    ),
    Exercise(
        "mask", mask, random_mask,
        misconceptions=[
            (mask_always_center, "Your first layer sees the very pixel that it should predict. Then copying is the best answer, "
                                 "and the likelihood a cheat. The center is open only if see_center."),
            (mask_never_center, "see_center has no effect. Later layers may see the center: what stands there knows nothing of "
                                "the pixel itself."),
            (mask_turned, "You turned rows and columns round. First come all rows above, then what is left in the own row."),
            (mask_left_half, "You open whole columns on the left. Below the center they hold pixels that come later."),
            (mask_quarter, "You open only the upper left quarter. What is above and to the right has been drawn, too."),
            (mask_upper_half, "In its own row a pixel may see what is left of it."),
            (mask_future, "That is the future: the rows below and the right of the own row."),
        ],
        hints=["Which pixels are drawn before the one in the middle? All rows above, and in its own row the left ones.",
               "seen[: size // 2] = 1 opens the rows above; then seen[size // 2, : size // 2] = 1, then the center."],
    ),
    Exercise(
        "free_energy", free_energy, random_machine,
        misconceptions=[
            (free_energy_positive, "The sign: p(v) = exp(-F(v)) / Z, so likely pixels have a low F."),
            (free_energy_one_h, "That is the energy with all hidden units on. F sums over both states of each: "
                                "log(exp(0) + exp(a)) = softplus(a)."),
            (free_energy_sigmoid, "The sigmoid is the probability that a hidden unit is on, the derivative of what is wanted: "
                                  "log(1 + exp(a)) = softplus(a)."),
            (free_energy_best_h, "You took the best state of each hidden unit. F sums over both: log(1 + exp(a)), not max(0, a)."),
            (free_energy_without_b, "The pixels' own biases are missing: -v @ b."),
        ],
        hints=["exp(-F(v)) = Σ_h exp(b·v + c·h + v W h). Each hidden unit is 0 or 1 by itself, so the sum is a product.",
               "Each unit gives the factor 1 + exp(a) with a = v @ W + c. Its log is softplus(a); sum over the units, .sum(1)."],
    ),
    Exercise(
        "training_pair", training_pair, random_seed,
        misconceptions=[
            (pair_backwards, "We trained with your pairs, and the samples ran away from the hills: your velocity points from data "
                             "to noise."),
            (pair_wrong_end, "We trained with your pairs, and the samples ended elsewhere: your x is data at t = 0, but sampling "
                             "starts there with noise."),
            (pair_data_as_velocity, "We trained with your pairs, and the samples kept their noise on top: data is where the "
                                    "line leads, not how fast it goes. The velocity is the difference of its ends."),
            (pair_what_is_left, "We trained with your pairs, and the samples came to rest before the hills: what is left "
                                "shrinks on the way, the velocity of a straight line does not."),
            (pair_without_noise, "We trained with your pairs, and sampling met points that training had never seen: at t < 1 the "
                                 "point is still part noise."),
        ],
        hints=["A straight line from noise at t = 0 to data at t = 1. Where is it at t? How fast does it move?",
               "x = (1 - t) * noise + t * data. Its derivative with respect to t is the target."],
        play=play_training,
    ),
)  # fmt: skip
