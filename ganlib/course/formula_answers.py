"""Formulas of notebook 03 as students write them: averaged weights and great circles, right and wrong."""

import random

import torch


def random_ends():
    """Two latent vectors, not at right angles, and a place between them."""
    a = torch.randn(64)
    return a, a / 2 + torch.randn(64), random.uniform(0.1, 0.4)


def slerp(a, b, t):
    omega = torch.arccos((a @ b) / (a.norm() * b.norm()))
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def slerp_is_lerp(a, b, t):
    return a + t * (b - a)


def slerp_undivided(a, b, t):
    omega = torch.arccos((a @ b) / (a.norm() * b.norm()))
    return torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b


def slerp_of_directions(a, b, t):
    return slerp(a / a.norm(), b / b.norm(), t)


def slerp_by_cosine(a, b, t):
    omega = (a @ b) / (a.norm() * b.norm())
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def slerp_backward(a, b, t):
    return slerp(b, a, t)


def random_average():
    """A shadow weight, the present weight and a decay."""
    return torch.randn(4), torch.randn(4), random.uniform(0.9, 0.99)


def ema_update(shadow, weight, decay):
    return decay * shadow + (1 - decay) * weight


def ema_swapped(shadow, weight, decay):
    return (1 - decay) * shadow + decay * weight


def ema_plain(shadow, weight, decay):
    return (shadow + weight) / 2


def ema_sum(shadow, weight, decay):
    return decay * shadow + weight
