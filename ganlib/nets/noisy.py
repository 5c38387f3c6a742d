"""A classifier for few labels: noise on every layer keeps it from learning them by heart. Notebook 13."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

__all__ = ["GaussianNoise", "NoisyClassifier"]


class GaussianNoise(nn.Module):
    """Add N(0, sd²) to every number in training; in eval mode do nothing.

    Example:
        >>> GaussianNoise(0.3).eval()(torch.zeros(2))
        tensor([0., 0.])
    """

    def __init__(self, sd: float):
        super().__init__()
        self.sd = sd

    def forward(self, x: Tensor) -> Tensor:
        return x + self.sd * torch.randn_like(x) if self.training else x


class NoisyClassifier(nn.Module):
    """x (B, *shape) -> class logits (B, n_classes): an MLP with weight norm and Gaussian noise.

    The discriminator of semi-supervised digits in Salimans et al., 2016, arXiv:1606.03498, with narrower
    layers. `features` are the numbers before the last layer.

    Args:
        widths: of the hidden layers.
        shape: of one picture.
        n_classes: how many real classes.
        noise: standard deviations of the noise at the input and at each hidden layer.

    Example:
        >>> NoisyClassifier()(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (256, 256, 128),
        shape: tuple[int, ...] = (1, 28, 28),
        n_classes: int = 10,
        noise: tuple[float, float] = (0.3, 0.5),
    ):
        super().__init__()
        sizes, layers = [torch.Size(shape).numel(), *widths], [nn.Flatten(), GaussianNoise(noise[0])]
        for n_in, n_out in zip(sizes, sizes[1:]):
            layers += [weight_norm(nn.Linear(n_in, n_out)), nn.ReLU(), GaussianNoise(noise[1])]
        self.body, self.head = nn.Sequential(*layers[:-1]), weight_norm(nn.Linear(sizes[-1], n_classes))
        self.last_noise = layers[-1]

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, without its noise: (B, widths[-1])."""
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.last_noise(self.features(x)))
