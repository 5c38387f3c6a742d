"""The nets that notebook 03 builds: multilayer perceptrons, with an optional label. Notebooks 03 and 06.

A generator has `z_dim` and maps z (B, z_dim) to samples; a discriminator maps samples to logits (B,).
`per_sample` says that no sample's logit depends on another sample, so real and fake may share one forward
pass.
"""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganlib.engine.checks import describe

__all__ = [
    "LABEL_DIM",
    "MLPDiscriminator",
    "MLPGenerator",
    "append_label",
    "check_labels",
    "label_embedding",
    "mlp",
    "with_spectral_norm",
]

LABEL_DIM = 10  # numbers in the vector of a label


def mlp(
    *widths: int, activation: Callable[[], nn.Module] = lambda: nn.LeakyReLU(0.2), batch_norm: bool = False
) -> nn.Sequential:
    """Linear layers between the widths, an activation after all but the last.

    With batch_norm, batch norm follows every hidden layer but the first, where it would erase what z alone
    decides: the scale of a sample.

    Example:
        >>> mlp(2, 8, 1)(torch.zeros(5, 2)).shape
        torch.Size([5, 1])
    """
    if len(widths) < 2:
        raise ValueError(
            f"widths: expected an input and an output width at least, but got {widths}; mlp(64, 256, 784), "
            "say"
        )
    layers = []
    for i, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(n_in, n_out))
        if i < len(widths) - 2:
            if batch_norm and i > 0:
                layers.append(nn.BatchNorm1d(n_out))
            layers.append(activation())
    return nn.Sequential(*layers)


def with_spectral_norm(D: nn.Module) -> nn.Module:
    """Divide the weight of each linear layer and convolution of D by its largest singular value; returns D.

    A linear layer then makes no difference between two inputs longer, which bounds D's slope. A convolution's
    kernel is taken as a matrix (channels out, all else), whose value bounds its slope less tightly. Miyato et
    al., 2018, arXiv:1802.05957. Notebook 09.

    Example:
        >>> D = with_spectral_norm(MLPDiscriminator())
        >>> bool(torch.linalg.matrix_norm(D.net[0].weight, 2) < 1.1)
        True
    """
    for layer in list(D.modules()):
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            spectral_norm(layer)
    return D


def label_embedding(n_classes: int) -> nn.Embedding | None:
    """A table of label vectors, or None for an unconditional net."""
    return nn.Embedding(n_classes, LABEL_DIM) if n_classes else None


def append_label(x: Tensor, y: Tensor | None, embedding: nn.Embedding | None) -> Tensor:
    """Append each label's vector to its sample: x (B, n), y (B,) -> (B, n + LABEL_DIM).

    Mirza and Osindero, 2014, arXiv:1411.1784. Notebook 06.
    """
    if embedding is None:
        _check_no_labels(y)
        return x
    check_labels(x, y)
    return torch.cat([x, embedding(y)], dim=1)


class MLPGenerator(nn.Module):
    """z (B, z_dim) [, y (B,)] -> images (B, *shape) in [-1, 1]. Notebook 03; with n_classes, notebook 06.

    Example:
        >>> MLPGenerator()(torch.randn(2, 64)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(
        self,
        z_dim: int = 64,
        widths: tuple[int, ...] = (256, 512),
        shape: tuple[int, ...] = (1, 28, 28),
        n_classes: int = 0,
    ):
        super().__init__()
        self.z_dim, self.shape, self.n_classes = z_dim, tuple(shape), n_classes
        self.embedding = label_embedding(n_classes)
        self.net = mlp(z_dim + LABEL_DIM * bool(n_classes), *widths, prod(shape), batch_norm=True)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.net(append_label(z, y, self.embedding)).tanh().unflatten(1, self.shape)  # (B, 1, 28, 28)


class MLPDiscriminator(nn.Module):
    """x (B, *shape) [, y (B,)] -> logits (B,). No batch norm: each sample is judged alone.

    Notebooks 03 and 06.

    Args:
        widths: of the hidden layers.
        shape: of a sample.
        n_classes: 0 for an unconditional D.
        shift: added to x. With 1 black pixels, -1 in the data, are 0 and move no weight of the first layer.

    Example:
        >>> MLPDiscriminator()(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2])
    """

    per_sample = True

    def __init__(
        self,
        widths: tuple[int, ...] = (512, 256),
        shape: tuple[int, ...] = (1, 28, 28),
        n_classes: int = 0,
        shift: float = 0.0,
    ):
        super().__init__()
        self.n_classes, self.shift = n_classes, shift
        self.embedding = label_embedding(n_classes)
        self.net = mlp(prod(shape) + LABEL_DIM * bool(n_classes), *widths, 1)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.net(append_label(x.flatten(1) + self.shift, y, self.embedding)).flatten()  # (B,)


def check_labels(x: Tensor, y: Tensor | None) -> None:
    """Raise a ValueError unless there is one integer label for each sample."""
    if y is None:
        raise ValueError(
            "y: expected labels, since this net is conditional, but got None; pass conditional=True to the "
            "Trainer, or y=... to generate"
        )
    if not (torch.is_tensor(y) and y.dtype == torch.long and y.shape == x.shape[:1]):
        raise ValueError(f"y: expected {len(x)} labels of dtype int64, but got {describe(y)}; y.long()")


def _check_no_labels(y):
    if y is not None:
        raise ValueError(
            f"y: expected no labels for an unconditional net, but got {describe(y)}; build the net with "
            "n_classes=10"
        )
