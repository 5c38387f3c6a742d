"""The exact game of notebooks 01 and 02: a few numbers for each player, and no luck.

A note is one number x, its thickness. Real notes follow p = N(2, 1). G forges θ + s z with z ~ N(0, 1); D
answers with the logit ψ (x - c). An average over z is a weighted sum over a fine grid.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["DRAW", "MIDDLE", "best_value", "density", "line_game", "losses"]

DRAW = -math.log(4)  # V where D says 1/2 to everything
MIDDLE = 2.0  # of the real notes
_Z = torch.linspace(-7, 7, 1401)
_SHARES = torch.softmax(-(_Z**2) / 2, 0)  # the normal density of z as shares that add up to 1


def losses(theta: float, s: float, psi: float, c: float) -> tuple[list[float], list[Tensor]]:
    """Three losses, exactly: D's, G's saturating and G's non-saturating one, with their gradients.

    Args:
        theta, s: G's mean and spread.
        psi, c: D's slope and cut.

    Returns:
        The three losses, and for each its gradient in (θ, s, ψ, c).

    >>> [round(loss, 3) for loss in losses(0.0, 1.0, 0.0, 1.0)[0]]  # D says 1/2 to everything
    [1.386, -0.693, 0.693]
    """
    numbers = torch.tensor([theta, s, psi, c], dtype=torch.float32, requires_grad=True)
    theta, s, psi, c = numbers
    real = psi * (MIDDLE + _Z - c)
    fake = psi * (theta + s * _Z - c)
    d_loss = _SHARES @ (softplus(-real) + softplus(fake))
    saturating, other = _SHARES @ -softplus(fake), _SHARES @ softplus(-fake)
    three = (d_loss, saturating, other)
    gradients = [torch.autograd.grad(loss, numbers, retain_graph=True)[0] for loss in three]
    return [loss.item() for loss in three], gradients


def best_value(theta: float, s: float) -> float:
    """The largest V that any D at all reaches against G(z) = θ + s z; notebook 02 says which D that is.

    >>> round(best_value(2.0, 1.0), 5)  # real and forged notes alike: a draw
    -1.38629
    """
    p, g = _normal(MIDDLE, 1.0).log_prob, _normal(theta, s).log_prob
    real, fake = MIDDLE + _Z, theta + s * _Z
    on_real = p(real) - torch.logaddexp(p(real), g(real))
    on_fake = g(fake) - torch.logaddexp(p(fake), g(fake))
    return (_SHARES @ (on_real + on_fake)).item()


def _normal(mean: float, sd: float) -> torch.distributions.Normal:
    return torch.distributions.Normal(mean, sd)


def density(x: Tensor, mean: float, sd: float) -> Tensor:
    """The density of N(mean, sd²) at x."""
    return _normal(mean, sd).log_prob(x).exp()


def line_game(
    spread: float = 0.5, h: float = 0.15, n: int = 160, start: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """The game of two numbers: p = N(2, spread²), g = N(θ, spread²), and D's logit is ψ (x - 2).

    D moves first, by the original loss, then G, by the non-saturating one; both in plain steps of size h.

    Returns:
        The places (θ, ψ), (n + 1, 2).
    """
    z, shares = _Z.numpy() * spread, _SHARES.numpy()
    theta, psi = start
    places = [(theta, psi)]
    for _ in range(n):
        real, fake = z, theta - MIDDLE + z
        psi += h * (shares @ (real * _sigmoid(-psi * real)) - shares @ (fake * _sigmoid(psi * fake)))
        theta += h * psi * (shares @ _sigmoid(-psi * fake))
        places.append((theta, psi))
    return np.array(places)


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))
