"""Penalties on the critic's gradient, all called as penalty(critic, real, fake), and weight clipping.

Notebooks 05 and 09.

`critic` maps x (B, ...) to logits (B,); labels, where there are any, are already bound into it. All penalties
raise a ValueError that names the argument which is not a float batch.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlib.engine.checks import describe

__all__ = ["clip_weights", "gradient_penalty", "input_gradient", "r1_penalty", "r2_penalty"]

Critic = Callable[[Tensor], Tensor]


def input_gradient(critic: Critic, x: Tensor) -> Tensor:
    """The gradient of the critic with respect to each sample, still differentiable: (B, ...) -> (B, ...).

    Summing the logits before differentiating gives every sample its own gradient only while no sample's logit
    depends on another sample: batch norm in the critic breaks that. Notebook 05.

    Example:
        >>> input_gradient(lambda x: (x**2).sum(1), torch.tensor([[1.0, 2.0]])).tolist()
        [[2.0, 4.0]]
    """
    _check_batch("x", x)
    x = x.detach().requires_grad_()
    logits = critic(x)
    _check_critic_output(logits, x)
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True, materialize_grads=True)
    return gradient


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, weight: float = 10.0) -> Tensor:
    """Pull the norm of the critic's gradient toward 1 between real and fake samples.

        weight * E[(‖∇critic(x̂)‖ - 1)²],   x̂ = real + t (fake - real),  t ~ U[0, 1]

    One t a sample, not a pixel. The critic must not use batch norm: the gradient belongs to a single sample.
    Gulrajani et al., 2017, arXiv:1704.00028. Notebook 05.

    Args:
        critic: x (B, ...) -> (B,).
        real, fake: (B, ...), equal shapes.
        weight: λ in the paper.

    Returns:
        A scalar.

    Example:
        >>> gradient_penalty(lambda x: 3 * x[:, 0], torch.zeros(4, 2), torch.ones(4, 2)).item()  # 10 (3 - 1)²
        40.0
    """
    _check_batch("real", real)
    _check_batch("fake", fake)
    _check_same_shape(real, fake)
    t = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, dtype=real.dtype)  # (B, 1, ...)
    gradient_norm = _norm(input_gradient(critic, real + t * (fake - real)))  # (B,)
    return weight * (gradient_norm - 1).square().mean()


def r1_penalty(critic: Critic, real: Tensor, fake: Tensor | None = None, weight: float = 0.1) -> Tensor:
    """weight / 2 * E[‖∇critic(real)‖²] damps the critic on real samples: training becomes locally convergent.

    real: (B, ...) -> scalar; fake is not used. Mescheder, Geiger and Nowozin, 2018, arXiv:1801.04406.
    Notebook 09.

    Example:
        >>> r1_penalty(lambda x: 3 * x[:, 0], torch.zeros(4, 2), weight=2.0).item()
        9.0
    """
    return weight / 2 * _squared_norm(input_gradient(critic, real)).mean()


def r2_penalty(critic: Critic, real: Tensor | None, fake: Tensor, weight: float = 0.1) -> Tensor:
    """weight / 2 * E[‖∇critic(fake)‖²]: the same damping on generated samples; real is not used.

    fake: (B, ...) -> scalar. Mescheder, Geiger and Nowozin, 2018, arXiv:1801.04406. Notebook 09.

    Example:
        >>> r2_penalty(lambda x: 3 * x[:, 0], None, torch.zeros(4, 2), weight=2.0).item()
        9.0
    """
    return weight / 2 * _squared_norm(input_gradient(critic, fake)).mean()


@torch.no_grad()
def clip_weights(critic: nn.Module, limit: float = 0.01) -> None:
    """Clamp every parameter of the critic, a module, to [-limit, limit] in place.

    This is WGAN's crude Lipschitz bound. Arjovsky, Chintala and Bottou, 2017, arXiv:1701.07875. Notebook 05.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> clip_weights(layer, 0.01)
        >>> bool(layer.weight.abs().max() <= 0.01)
        True
    """
    if not limit > 0:
        raise ValueError(f"limit: expected a positive number, but got {limit!r}; the paper uses 0.01")
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)


def _squared_norm(gradient: Tensor) -> Tensor:
    """(B, ...) -> (B,): each sample's squared gradient norm, in float32 at least.

    In float16 a norm of 300 would already be too large: its square is more than 65504.
    """
    return gradient.flatten(1).to(torch.promote_types(gradient.dtype, torch.float32)).square().sum(1)


def _norm(gradient: Tensor) -> Tensor:
    """(B, ...) -> (B,): each sample's gradient norm; where it is 0 its own derivative is 0 instead of NaN."""
    squared = _squared_norm(gradient)
    return torch.where(squared > 0, squared.clamp_min(1e-24).sqrt(), squared)


def _check_batch(name, x):
    if not (torch.is_tensor(x) and x.is_floating_point() and x.dim() > 1 and len(x) > 0):
        raise ValueError(
            f"{name}: expected a non-empty float batch (B, ...), but got {describe(x)}; pass samples "
            "scaled as floats"
        )


def _check_same_shape(real, fake):
    if fake.shape != real.shape:
        raise ValueError(
            f"fake: expected the shape of real, {tuple(real.shape)}, but got {tuple(fake.shape)}; draw "
            "equal batches"
        )


def _check_critic_output(logits, x):
    if not (torch.is_tensor(logits) and logits.shape == x.shape[:1]):
        raise ValueError(
            f"critic(x): expected logits of shape ({len(x)},), but got {describe(logits)}; flatten the "
            "critic's output"
        )
    if not logits.requires_grad:
        raise ValueError(
            "critic(x): expected a graph back to x, but got logits without one; leave torch.no_grad() and "
            "detach()"
        )
