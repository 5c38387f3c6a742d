"""The exercise of notebook 05 in which a penalty of the student's trains a critic."""

from functools import cache

import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from ganlib import nets
from ganlib.data import toys
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.losses import wasserstein
from ganlib.penalties import gradient_penalty, input_gradient


def norms_between(critic, real, fake):
    """The critic's gradient norm at a random point between each real and fake sample: (B,)."""
    return input_gradient(critic, real + torch.rand(len(real), 1) * (fake - real)).norm(dim=1)


def lipschitz(critic, real, fake):
    """One-sided: only norms above 1 cost. Petzka, Fischer and Lukovnikov, 2017, arXiv:1709.08894."""
    return 10 * (norms_between(critic, real, fake) - 1).clamp_min(0).square().mean()


def no_gradient(critic, real, fake):
    return norms_between(critic, real, fake).detach().sub(1).square().mean()


def toward_zero(critic, real, fake):
    return 10 * norms_between(critic, real, fake).square().mean()


def one_for_each_sample(critic, real, fake):
    return 10 * (norms_between(critic, real, fake) - 1).clamp_min(0).square()


def mean_before_square(critic, real, fake):
    return 10 * (norms_between(critic, real, fake).mean() - 1).square()


FLAWS = no_gradient, toward_zero, mean_before_square, gradient_penalty, one_for_each_sample


@cache
def play_penalty(function):
    """What becomes of a critic of the 8 Gaussians against the same + noise: a word, or `...`."""
    torch.manual_seed(2)
    ring = toys.ring()
    critic = nn.Sequential(nets.mlp(2, 64, 64, 64, 1), nn.Flatten(0))
    optimizer = fused_adam(critic.parameters(), 4e-3, (0.0, 0.9))
    for step in range(200):
        real, fake = with_noise(ring, 128)
        cost = function(critic, real, fake)
        if cost is ... or cost is None:
            return ...
        if torch.is_tensor(cost) and cost.dim() > 0:
            return "not one number"
        optimizer.param_groups[0]["lr"] = 4e-3 * min(1, 2 * (1 - step / 200))
        optimizer_step(optimizer, {"d_loss": wasserstein.d_loss(critic(real), critic(fake)), "penalty": cost})
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
