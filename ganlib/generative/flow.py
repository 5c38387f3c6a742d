"""A normalizing flow: an invertible net, so that the density is exact. Notebook 10."""

import math

import torch
from torch import Tensor, nn

from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.engine.state import Trainable
from ganlib.nets.mlp import mlp

__all__ = ["Coupling", "MaximumLikelihood", "NormalizingFlow"]


class Coupling(nn.Module):
    """Half of the coordinates pass; the other half is scaled and shifted by what a net reads in the first.

        u_a = x_a,     u_b = x_b · exp(s(x_a)) + t(x_a),     log |det ∂u/∂x| = Σ s(x_a)

    Whatever the net is, this can be undone: x_b = (u_b - t(x_a)) · exp(-s(x_a)). Real NVP: Dinh,
    Sohl-Dickstein and Bengio, 2016, arXiv:1605.08803.

    Args:
        dim: the number of coordinates.
        swap: whether the second half passes instead of the first.
        width: of the net's two hidden layers.
    """

    def __init__(self, dim: int, swap: bool, width: int = 64) -> None:
        super().__init__()
        passes = torch.arange(dim) < dim // 2
        self.register_buffer("mask", (passes ^ swap).float())  # 1 where a coordinate passes
        self.net = mlp(dim, width, width, 2 * dim)

    def scale_and_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """s, bounded, and t, both 0 where a coordinate passes; each (B, dim)."""
        s, t = self.net(x * self.mask).chunk(2, dim=1)
        return 2 * (s / 2).tanh() * (1 - self.mask), t * (1 - self.mask)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, dim) -> u (B, dim) and log |det ∂u/∂x| (B,)."""
        s, t = self.scale_and_shift(x)
        return x * s.exp() + t, s.sum(1)

    def inverse(self, u: Tensor) -> Tensor:
        """The x that `forward` sends to u."""
        s, t = self.scale_and_shift(u)  # reads what has passed, which is the same in x and u
        return (u - t) * (-s).exp()


class NormalizingFlow(nn.Module):
    """Couplings in a row, data -> noise; backwards they draw.

        log p(x) = log N(u; 0, I) + log |det ∂u/∂x|

    Rezende and Mohamed, 2015, arXiv:1505.05770.

    Args:
        dim: the number of coordinates.
        layers: how many couplings, whose roles alternate.
        width: of each coupling's net.

    Example:
        >>> flow = NormalizingFlow(2)
        >>> x = torch.randn(5, 2)
        >>> torch.allclose(flow.inverse(flow(x)[0]), x, atol=1e-4)
        True
    """

    def __init__(self, dim: int = 2, layers: int = 6, width: int = 64) -> None:
        super().__init__()
        self.dim = dim
        self.couplings = nn.ModuleList(Coupling(dim, bool(i % 2), width) for i in range(layers))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, dim) -> noise u (B, dim) and log |det ∂u/∂x| (B,)."""
        log_det = x.new_zeros(len(x))
        for coupling in self.couplings:
            x, s = coupling(x)
            log_det = log_det + s
        return x, log_det

    def inverse(self, u: Tensor) -> Tensor:
        """Noise (B, dim) -> points (B, dim)."""
        for coupling in reversed(self.couplings):
            u = coupling.inverse(u)
        return u

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, exactly, (B,)."""
        u, log_det = self(x)
        return log_det - 0.5 * u.square().sum(1) - self.dim / 2 * math.log(2 * math.pi)

    @torch.no_grad()
    def generate(self, n: int) -> Tensor:
        """n points (n, dim), in one pass backwards."""
        return self.inverse(torch.randn(n, self.dim, device=self.couplings[0].mask.device))


class MaximumLikelihood(Trainable):
    """Raise log p(x) of the data, for any module with `log_prob`.

    Args:
        model: a module whose `log_prob(x)` gives log p(x) in nats, (B,).
        lr: Adam's learning rate.
    """

    def __init__(self, model: nn.Module, *, lr: float = 1e-3) -> None:
        self.model = model.train()
        self.optimizer = fused_adam(model.parameters(), lr)

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update on a batch -> the mean negative log-likelihood, -log p(x), in nats."""
        terms = {"nll": -self.model.log_prob(x).mean()}
        optimizer_step(self.optimizer, terms)
        return {"nll": terms["nll"].detach()}
