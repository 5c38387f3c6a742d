"""BigGAN's orthogonal regularization: filters of a layer should not repeat each other. Notebook 12."""

import torch
from torch import Tensor, nn

from ganlib.gan import GAN

__all__ = ["OrthogonalGAN", "orthogonal_penalty"]


def orthogonal_penalty(net: nn.Module, weight: float = 1e-4) -> Tensor:
    """weight * Σ ‖W Wᵀ ⊙ (1 - I)‖² over the layers: the squared inner products of different rows.

    The rows of W are a layer's filters. Their lengths are left free, unlike in Brock et al., 2017,
    arXiv:1609.07093, which pulls W Wᵀ to I. Brock, Donahue and Simonyan, 2019, arXiv:1809.11096, equation 3.

    Args:
        net: its linear layers and convolutions, transposed ones too, are penalized; biases, norms and
            embeddings are not.
        weight: β in the paper.

    Returns:
        A scalar.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> _ = layer.weight.data.copy_(torch.tensor([[1.0, 0.0], [3.0, 5.0]]))
        >>> orthogonal_penalty(layer, weight=1.0).item()  # two entries off the diagonal, 3² each
        18.0
    """
    total = torch.zeros((), device=next(net.parameters()).device)
    for layer in net.modules():
        if isinstance(layer, nn.ConvTranspose2d):  # (n_in, n_out, k, k): a filter belongs to an output
            rows = layer.weight.transpose(0, 1).flatten(1)
        elif isinstance(layer, (nn.Linear, nn.Conv2d)):
            rows = layer.weight.flatten(1)  # (n_out, n_in * k * k)
        else:
            continue
        gram = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows  # equal sums of squares
        total = total + gram.square().sum() - rows.square().sum(1).square().sum()  # less the diagonal
    return weight * total


class OrthogonalGAN(GAN):
    """A GAN whose G pays for filters that repeat each other."""

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        return super().g_objective(real, fake, y) | {"orthogonal": orthogonal_penalty(self.G)}
