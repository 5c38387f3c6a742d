"""The nets that notebook 03 builds: multilayer perceptrons, with an optional label. Notebooks 03 and 06.

A generator has `z_dim` and maps z (B, z_dim) to samples; a discriminator maps samples to logits (B,).
`per_sample` says that no sample's logit depends on another sample, so real and fake may share one forward pass.
"""

from math import prod

import torch
from torch import nn

from ganlib.errors import expect


def mlp(*widths, activation=lambda: nn.LeakyReLU(0.2), batch_norm=False):
    """Linear layers between the widths, an activation after all but the last; batch norm from the second layer on.

    Batch norm in the first layer would erase what z alone decides: the scale of a sample.
    """
    expect(len(widths) >= 2, "widths", widths, "at least an input and an output width", "mlp(64, 256, 784), say")
    layers = []
    for i, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(n_in, n_out))
        if i < len(widths) - 2:
            layers += [nn.BatchNorm1d(n_out)] * (batch_norm and i > 0) + [activation()]
    return nn.Sequential(*layers)


LABEL_DIM = 10  # numbers in the vector of a label


def init_embedding(n_classes):
    """A table of label vectors, or None for an unconditional net."""
    return nn.Embedding(n_classes, LABEL_DIM) if n_classes else None


def with_label(x, y, embedding):
    """Append each label's vector to its sample: x (B, n), y (B,) -> (B, n + LABEL_DIM). Mirza and Osindero, 2014."""
    if embedding is None:
        expect(y is None, "y", y, "no labels for an unconditional net", "build the net with n_classes=10")
        return x
    expect(y is not None, "y", y, "labels: this net is conditional", "pass y, an integer tensor of shape (B,)")
    expect(y.dtype == torch.long and y.shape == x.shape[:1], "y", y, f"{len(x)} labels of dtype int64", "y.long()")
    return torch.cat([x, embedding(y)], dim=1)


class MLPGenerator(nn.Module):
    """z (B, z_dim) [, y (B,)] -> images (B, *shape) in [-1, 1]. Notebook 03; with n_classes, notebook 06."""

    def __init__(self, z_dim=64, widths=(256, 512), shape=(1, 28, 28), n_classes=0):
        super().__init__()
        self.z_dim, self.shape, self.n_classes = z_dim, tuple(shape), n_classes
        self.embedding = init_embedding(n_classes)
        self.net = mlp(z_dim + LABEL_DIM * bool(n_classes), *widths, prod(shape), batch_norm=True)

    def forward(self, z, y=None):
        return self.net(with_label(z, y, self.embedding)).tanh().unflatten(1, self.shape)  # (B, 1, 28, 28)


class MLPDiscriminator(nn.Module):
    """x (B, *shape) [, y (B,)] -> logits (B,). No batch norm: each sample is judged alone. Notebooks 03 and 06."""

    per_sample = True

    def __init__(self, widths=(512, 256), shape=(1, 28, 28), n_classes=0):
        super().__init__()
        self.n_classes = n_classes
        self.embedding = init_embedding(n_classes)
        self.net = mlp(prod(shape) + LABEL_DIM * bool(n_classes), *widths, 1)

    def forward(self, x, y=None):
        return self.net(with_label(x.flatten(1), y, self.embedding)).flatten()  # (B,)
