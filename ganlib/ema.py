"""An exponential moving average of a net's weights: the generator that `GAN.generate` samples from. Notebook 09."""

import copy
from itertools import chain

import torch

from ganlib.errors import expect


class EMA:
    """A shadow copy of a module whose weights and buffers trail it: w_ema += (1 - decay) (w - w_ema).

    While few steps are done the decay is step / (step + 20), so that the random start is forgotten.
    decay: in [0, 1); 0 copies the module at each update. Yazıcı et al., 2018, arXiv:1806.04498.
    """

    def __init__(self, module, decay=0.995):
        expect(0 <= decay < 1, "decay", decay, "a number in [0, 1)", "0.995 suits a few thousand steps")
        self.decay = decay
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.steps = torch.zeros((), device=next(module.parameters()).device)  # counted there, so that a CUDA graph can

    @torch.no_grad()
    def update(self, module):
        """Move the shadow one step toward module; integer buffers, such as batch norm's counter, are copied."""
        self.steps += 1
        weight = 1 - (self.steps / (self.steps + 20)).clamp(max=self.decay)
        for shadow, value in zip(weights_and_buffers(self.module), weights_and_buffers(module)):
            if shadow.is_floating_point():
                shadow.lerp_(value, weight.to(shadow.dtype))
            else:
                shadow.copy_(value)


def weights_and_buffers(module):
    """All that a module's output depends on."""
    return chain(module.parameters(), module.buffers())
