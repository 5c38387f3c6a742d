"""The opponent of a style-based generator: a small D that sees how alike a batch is. Notebook 12."""

from torch import Tensor, nn

from ganlib.penalties import Critic, r1_penalty
from ganlib.variants.minibatch_stddev import GROUP, MinibatchStdDev

__all__ = ["StyleDiscriminator", "r1_on_a_group"]

HIDDEN = 128  # units of the last hidden layer


class StyleDiscriminator(nn.Sequential):
    """x (B, 1, 28, 28) -> logits (B,); before the last layer it appends how far each group spreads.

    Karras et al., 2017, arXiv:1710.10196, section 3.

    Example:
        >>> import torch
        >>> StyleDiscriminator()(torch.zeros(8, 1, 28, 28)).shape
        torch.Size([8])
    """

    def __init__(self, width: int = 16) -> None:
        convolutions = (nn.Conv2d(1, width, 4, 2, 1), nn.Conv2d(width, 2 * width, 4, 2, 1))
        layers = [part for layer in convolutions for part in (layer, nn.LeakyReLU(0.2))]
        layers += [nn.Flatten(), nn.Linear(2 * width * 49, HIDDEN), nn.LeakyReLU(0.2)]
        super().__init__(*layers, MinibatchStdDev(GROUP), nn.Linear(HIDDEN + 1, 1), nn.Flatten(0))


def r1_on_a_group(critic: Critic, real: Tensor, fake: Tensor | None = None) -> Tensor:
    """R1 with weight 0.1 on one group of the batch: the same penalty on average, for less time."""
    return r1_penalty(critic, real[:GROUP], weight=0.1)
