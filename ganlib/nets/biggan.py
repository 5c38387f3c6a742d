"""Small nets by BigGAN's rules: class-conditional batch norm in G, a projection in D. Notebook 12.

Brock, Donahue and Simonyan, 2018, arXiv:1809.11096.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from ganlib.nets.mlp import check_labels

__all__ = ["BigDiscriminator", "BigGenerator", "ClassBatchNorm", "standing_statistics"]

BATCH = 200  # samples in a batch of `standing_statistics`


class ClassBatchNorm(nn.Module):
    """Batch norm whose scale and shift depend on the label: h (B, n, H, W), y (B,) -> (B, n, H, W).

        (1 + scale_y) * (h - mean) / std + shift_y,   mean and std of a channel over the batch and all places

    In eval mode mean and std are running averages of training's. Dumoulin et al., 2016, arXiv:1610.07629; de
    Vries et al., 2017, arXiv:1707.00683.

    Example:
        >>> ClassBatchNorm(8, n_classes=10)(torch.randn(4, 8, 7, 7), torch.arange(4)).shape
        torch.Size([4, 8, 7, 7])
    """

    def __init__(self, n: int, n_classes: int = 10) -> None:
        super().__init__()
        self.style = nn.Embedding(n_classes, 2 * n)
        nn.init.zeros_(self.style.weight)
        self.norm = nn.BatchNorm2d(n, affine=False)

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        scale, shift = self.style(y)[:, :, None, None].chunk(2, 1)  # (B, n, 1, 1) each
        return (1 + scale) * self.norm(h) + shift


class BigGenerator(nn.Module):
    """z (B, z_dim), y (B,) -> pictures (B, 1, 28, 28) in [-1, 1]: 7x7, a convolution, two doublings.

    Example:
        >>> BigGenerator()(torch.randn(2, 64), torch.tensor([3, 8])).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, z_dim: int = 64, width: int = 64, n_classes: int = 10) -> None:
        super().__init__()
        self.z_dim, self.n_classes, self.width = z_dim, n_classes, width
        self.small = nn.Linear(z_dim, width * 49)
        self.convolution = nn.Conv2d(width, width, 3, padding=1)
        self.up = nn.ConvTranspose2d(width, width // 2, 4, 2, 1)
        self.to_picture = nn.ConvTranspose2d(width // 2, 1, 4, 2, 1)
        self.norms = nn.ModuleList(ClassBatchNorm(n, n_classes) for n in (width, width, width // 2))
        self.to(memory_format=torch.channels_last)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        check_labels(z, y)
        h = self.small(z).unflatten(1, (self.width, 7, 7))
        h = relu(self.norms[0](h.contiguous(memory_format=torch.channels_last), y))  # (B, width, 7, 7)
        h = relu(self.norms[1](self.convolution(h), y))
        h = relu(self.norms[2](self.up(h), y))  # (B, width / 2, 14, 14)
        return self.to_picture(h).tanh()


class BigDiscriminator(nn.Module):
    """x (B, 1, 28, 28), y (B,) -> logits (B,): two strided convolutions, a hidden layer, a projection.

    The projection is that of `ProjectionDiscriminator`: Miyato and Koyama, 2018, arXiv:1802.05637.

    Example:
        >>> BigDiscriminator()(torch.zeros(2, 1, 28, 28), torch.tensor([3, 8])).shape
        torch.Size([2])
    """

    per_sample = True

    def __init__(self, width: int = 32, hidden: int = 128, n_classes: int = 10) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width, 4, 2, 1)
        self.second = nn.Conv2d(width, 2 * width, 4, 2, 1)
        self.hidden, self.psi = nn.Linear(2 * width * 49, hidden), nn.Linear(hidden, 1)
        self.class_vectors = nn.Embedding(n_classes, hidden)
        nn.init.normal_(self.class_vectors.weight, std=(3 * hidden) ** -0.5)  # as psi's weights
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        check_labels(x, y)
        h = leaky_relu(self.second(leaky_relu(self.first(x), 0.2)), 0.2)  # (B, 2 width, 7, 7)
        h = leaky_relu(self.hidden(h.flatten(1)), 0.2)  # (B, hidden)
        return self.psi(h).flatten() + (self.class_vectors(y) * h).sum(1)


@torch.no_grad()
def standing_statistics(G: nn.Module, psi: float = 1.0, batches: int = 10) -> nn.Module:
    """Measure the means and variances of G's batch norms anew, on z ~ N(0, psi²): "standing statistics".

    Running averages belong to the z and to the weights of training. A smaller spread of z, or averaged
    weights, give hidden layers another mean and spread. Appendix C of arXiv:1809.11096.

    z is scaled by psi here, and no number is redrawn. BigGAN's truncation is another thing: it redraws each
    number of z that lies beyond a threshold.

    Args:
        G: (z, y) -> pictures, with `z_dim` and `n_classes`; its buffers change, and it ends in eval mode.
        psi: the spread of z.
        batches: how many batches of 200 are averaged, each with equally many samples of each class.

    Returns:
        G.

    Example:
        >>> standing_statistics(BigGenerator(), psi=0.5, batches=2).training
        False
    """
    norms = [part for part in G.modules() if isinstance(part, nn.BatchNorm2d)]
    device, kept = next(G.parameters()).device, [norm.momentum for norm in norms]
    y = torch.arange(BATCH, device=device) % G.n_classes
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    G.train()
    for _ in range(batches):
        G(psi * torch.randn(BATCH, G.z_dim, device=device), y)
    for norm, momentum in zip(norms, kept):
        norm.momentum = momentum
    return G.eval()
