"""BigGAN's rules: hinge loss, and filters of a layer that do not repeat each other. Notebook 12."""

from typing import Any

import torch
from torch import Tensor, nn

from ganlib.engine.checks import describe
from ganlib.gan import GAN
from ganlib.losses import hinge
from ganlib.penalties import r1_penalty

__all__ = ["BigGAN", "orthogonal_penalty"]


def orthogonal_penalty(net: nn.Module, weight: float = 1e-4) -> Tensor:
    """weight * Σ ‖W Wᵀ ⊙ (1 - I)‖² over the layers: the squared inner products of different rows.

    The rows of W are a layer's filters. Their lengths are left free, unlike in Brock et al., 2016,
    arXiv:1609.07093, which pulls W Wᵀ to I. Brock, Donahue and Simonyan, 2018, arXiv:1809.11096, equation 3.

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


class BigGAN(GAN):
    """A GAN by BigGAN's rules, small: hinge loss, filters that do not repeat each other, R1 on four pairs.

    BigGAN normalizes D's weights by their spectral norm; here R1, weight 0.1, does that service.

    Args:
        G, D: conditional nets.
        orthogonal: the weight of `orthogonal_penalty` on G.
        options: of GAN, all but loss and penalty.

    Example:
        >>> from ganlib.nets import BigDiscriminator, BigGenerator
        >>> gan = BigGAN(BigGenerator(), BigDiscriminator())
        >>> sorted(gan.step(torch.zeros(16, 1, 28, 28), torch.zeros(16, dtype=torch.long)))
        ['d_loss', 'g_loss', 'orthogonal', 'penalty']
    """

    def __init__(self, G: nn.Module, D: nn.Module, *, orthogonal: float = 1e-4, **options: Any) -> None:
        if options.get("penalty") is not None:
            raise ValueError(
                f"penalty: expected none, since BigGAN has R1, but got {describe(options['penalty'])}; "
                "GAN(G, D, hinge, penalty=...) takes any"
            )
        super().__init__(G, D, hinge, **options)
        self.orthogonal = orthogonal

    def d_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        terms = super().d_objective(real, fake, y)
        return terms | {"penalty": r1_penalty(lambda x: self.D(x, y[:4]), real[:4], weight=0.1)}

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        terms = super().g_objective(real, fake, y)
        return terms | {"orthogonal": orthogonal_penalty(self.G, self.orthogonal)}
