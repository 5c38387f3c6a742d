"""An exponential moving average of a net's weights: the generator that `GAN.generate` samples from.

Notebook 09.
"""

import copy
from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn

__all__ = ["EMA"]


class EMA:
    """A copy of a module whose weights and buffers follow it slowly.

        w_ema += (1 - decay_t) (w - w_ema),    decay_t = min(decay, t / (t + 20))

    The decay grows with the number t of updates, so that the random start is forgotten. Yazıcı et al., 2018,
    arXiv:1806.04498. Not for a net with spectral norm: the averages of its unit vectors u and v are shorter
    than 1, so that the averaged net divides its weights by too little.

    Args:
        module: the net to follow; it is copied.
        decay: in [0, 1); with 0 each update copies the module.

    Raises:
        ValueError: if decay is outside of [0, 1).

    Example:
        >>> net = nn.Linear(1, 1)
        >>> ema = EMA(net, decay=0.5)
        >>> _ = net.weight.data.add_(1.0)
        >>> ema.update(net)
        >>> round((net.weight - ema.module.weight).item(), 3)  # decay_1 = 1 / 21
        0.048
    """

    def __init__(self, module: nn.Module, decay: float = 0.995):
        if not 0 <= decay < 1:
            raise ValueError(
                f"decay: expected a number in [0, 1), but got {decay!r}; 0.995 suits a few thousand steps"
            )
        self.decay = decay
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.steps = torch.zeros(
            (), device=next(module.parameters()).device
        )  # a tensor, so that a CUDA graph can count

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move the copy one step toward the module.

        Float buffers, such as batch norm's means and variances, are averaged, too; integer ones, such as its
        counter, are copied.
        """
        self.steps += 1
        weight = 1 - (self.steps / (self.steps + 20)).clamp(max=self.decay)
        for shadow, value in zip(_weights_and_buffers(self.module), _weights_and_buffers(module)):
            if shadow.is_floating_point():
                shadow.lerp_(value, weight.to(shadow.dtype))
            else:
                shadow.copy_(value)

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged weights and buffers by name, and the number of updates as "steps"."""
        return {**self.module.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` returned."""
        self.module.load_state_dict({name: value for name, value in state.items() if name != "steps"})
        self.steps.copy_(state["steps"])


def _weights_and_buffers(module: nn.Module) -> Iterator[Tensor]:
    """All that a module's output depends on."""
    return chain(module.parameters(), module.buffers())
