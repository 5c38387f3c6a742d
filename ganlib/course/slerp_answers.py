"""Walks along a great circle as students of notebook 03 write them, right and wrong."""

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
