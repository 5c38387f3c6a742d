"""Optimizer steps: a fused Adam, one step on a sum of named terms, nets that take no gradient for a while."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["frozen", "fused_adam", "optimizer_step"]


def fused_adam(
    parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float] = (0.9, 0.999)
) -> torch.optim.Adam:
    """Adam with one fused kernel for all weights.

    On a CPU this alone makes it several times faster than the default.
    """
    parameters = list(parameters)
    if not parameters:
        raise ValueError(
            "parameters: expected a net's weights, but got none; a net without weights cannot be trained"
        )
    if not (isinstance(lr, (int, float)) and 0 <= lr <= 1):
        raise ValueError(
            f"lr: expected a number from 0 to 1, but got {lr!r}; 1e-3 is a usual learning rate for Adam"
        )
    if not (isinstance(betas, (tuple, list)) and len(betas) == 2 and all(0 <= beta < 1 for beta in betas)):
        raise ValueError(
            f"betas: expected two numbers in [0, 1), but got {betas!r}; (0.5, 0.999) is usual for GANs"
        )
    betas = float(betas[0]), float(betas[1])
    return torch.optim.Adam(parameters, lr=lr, betas=betas, fused=True, capturable=parameters[0].is_cuda)


def optimizer_step(optimizer: torch.optim.Optimizer, terms: dict[str, Tensor]) -> None:
    """One gradient step on the sum of the terms, each a scalar."""
    optimizer.zero_grad(set_to_none=True)
    sum(terms.values()).backward()
    optimizer.step()


@contextmanager
def frozen(module: nn.Module) -> Iterator[nn.Module]:
    """Inside the block the module's weights take no gradient.

    This saves half of the backward pass through it.
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    for p in trainable:
        p.requires_grad_(False)
    try:
        yield module
    finally:
        for p in trainable:
            p.requires_grad_(True)
