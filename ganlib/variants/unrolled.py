"""Unrolled GAN: G sees how D will answer. Notebook 04."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ganlib.penalties import Critic

__all__ = ["unrolled_critic"]


def unrolled_critic(
    D: nn.Module, optimizer: torch.optim.Adam, objective: Callable[[Critic], Tensor], steps: int
) -> Critic:
    """D as it will be after some Adam updates, differentiable through them.

    In G's loss it stands for D: G then sees how D will answer. Neither D nor its optimizer changes. Metz et
    al., 2016, arXiv:1611.02163.

    Args:
        D: x -> logits.
        optimizer: D's Adam, whose moments are read.
        objective: what D minimizes, a function of the critic.
        steps: updates to look ahead.

    Returns:
        The later critic, x -> logits.

    Raises:
        ValueError: if the optimizer has made no update yet.

    Example:
        >>> D = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
        >>> optimizer = torch.optim.Adam(D.parameters())
        >>> D(torch.ones(4, 2)).mean().backward()
        >>> optimizer.step()
        >>> later = unrolled_critic(D, optimizer, lambda critic: critic(torch.ones(4, 2)).mean(), steps=3)
        >>> bool(later(torch.ones(1, 2)) < D(torch.ones(1, 2)))
        True
    """
    _check_moments(optimizer)
    rule = optimizer.param_groups[0]
    (b1, b2), lr, eps = rule["betas"], rule["lr"], rule["eps"]
    future = {name: p.detach().requires_grad_() for name, p in D.named_parameters()}
    state = {name: optimizer.state[p] for name, p in D.named_parameters()}
    m, v = ({name: s[moment] for name, s in state.items()} for moment in ("exp_avg", "exp_avg_sq"))
    done = int(next(iter(state.values()))["step"])
    for t in range(done + 1, done + 1 + steps):
        value = objective(lambda x, weights=future: functional_call(D, weights, (x,)))
        gradients = dict(zip(future, torch.autograd.grad(value, list(future.values()), create_graph=True)))
        m = {name: b1 * m[name] + (1 - b1) * g for name, g in gradients.items()}
        v = {name: b2 * v[name] + (1 - b2) * g**2 for name, g in gradients.items()}
        root = {
            name: (v[name] / (1 - b2**t) + 1e-16).sqrt() + eps for name in v
        }  # 1e-16: no infinite derivative at v = 0
        future = {name: w - lr * m[name] / (1 - b1**t) / root[name] for name, w in future.items()}
    return lambda x: functional_call(D, future, (x,))


def _check_moments(optimizer):
    if not optimizer.state:
        raise ValueError(
            "optimizer: expected an Adam that has made an update, but got one without moments; step D first"
        )
