"""Two more ways to tell D about the label: a projection, and a second head that names the class. Notebook 06.

The third, an embedding appended to the input, is in ganlib.nets.mlp: build an MLP net with n_classes.
"""

import torch
from torch import Tensor, nn

from ganlib.nets.mlp import check_labels, mlp

__all__ = ["ACDiscriminator", "ProjectionDiscriminator"]


class ProjectionDiscriminator(nn.Module):
    """x (B, *shape), y (B,) -> logits (B,): how real the sample looks, plus what its label adds.

        critic(x, y) = psi(phi(x)) + <v_y, phi(x)>

    phi: layers of the given widths, psi: one linear layer, v_y: one vector a class. At the best D the product
    compares how well y fits x among the real pairs and among the fakes: log p(y|x) - log g(y|x), up to a term
    without y. The label meets the features at the end, not the pixels at the start. Miyato and Koyama, 2018,
    arXiv:1802.05637. shift is added to x first, as in `MLPDiscriminator`.
    """

    per_sample = True

    def __init__(
        self,
        widths: tuple[int, ...] = (512, 256),
        shape: tuple[int, ...] = (1, 28, 28),
        n_classes: int = 10,
        shift: float = 0.0,
    ):
        super().__init__()
        self.shift = shift
        self.phi, self.psi = _features(widths, shape), nn.Linear(widths[-1], 1)
        self.class_vectors = nn.Embedding(n_classes, widths[-1])
        nn.init.normal_(self.class_vectors.weight, std=(3 * widths[-1]) ** -0.5)  # as psi's weights

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        check_labels(x, y)
        h = self.phi(x.flatten(1) + self.shift)  # (B, width)
        return self.psi(h).flatten() + (self.class_vectors(y) * h).sum(1)  # (B,)


class ACDiscriminator(nn.Module):
    """x (B, 1, 28, 28) -> logits (B,); `classify` gives class logits (B, 10) from the same features.

    It never sees a label. Odena, Olah and Shlens, 2016, arXiv:1610.09585.
    """

    per_sample = True

    def __init__(self):
        super().__init__()
        self.phi, self.psi = _features((512, 256), (1, 28, 28)), nn.Linear(256, 1)
        self.classes = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.psi(self.phi(x.flatten(1))).flatten()  # (B,)

    def classify(self, x: Tensor) -> Tensor:
        """Class logits (B, 10), for cross_entropy."""
        return self.classes(self.phi(x.flatten(1)))


def _features(widths: tuple[int, ...], shape: tuple[int, ...]) -> nn.Sequential:
    """phi: pixels (B, numel) -> (B, widths[-1]), an activation after every layer."""
    numel = torch.Size(shape).numel()
    return nn.Sequential(*mlp(numel, *widths), nn.LeakyReLU(0.2))
