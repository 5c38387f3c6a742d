"""A restricted Boltzmann machine: a probability up to one constant, and a Markov chain. Notebook 10."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganlib.engine.optim import optimizer_step
from ganlib.engine.state import Trainable

__all__ = ["RBM", "PersistentContrastiveDivergence"]


class RBM(nn.Module):
    """Black and white pixels v and hidden units h, all 0 or 1, joined by one matrix.

        p(v, h) = exp(b·v + c·h + v W h) / Z,     Z the sum over all v and h

    No pixel is joined to a pixel and no hidden unit to another: given one side, the units of the other are
    independent coins. One layer of a deep belief network is one RBM. Smolensky, 1986; Hinton, 2002,
    doi:10.1162/089976602760128018; stacked: Hinton, Osindero and Teh, 2006, doi:10.1162/neco.2006.18.7.1527.

    Args:
        visible: number of pixels.
        hidden: number of hidden units.
        mean: (visible,), each pixel's mean in the data, where the biases b begin; None begins at ½.
    """

    def __init__(self, visible: int = 784, hidden: int = 500, mean: Tensor | None = None) -> None:
        super().__init__()
        self.W = nn.Parameter(0.01 * torch.randn(visible, hidden))
        self.b = nn.Parameter(torch.zeros(visible) if mean is None else mean.logit(eps=1e-2))
        self.c = nn.Parameter(torch.zeros(hidden))

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) = -log Σ_h exp(b·v + c·h + v W h), so that p(v) = exp(-F(v)) / Z; v (B, visible) -> (B,)."""
        return -v @ self.b - softplus(v @ self.W + self.c).sum(1)

    def hidden_given(self, v: Tensor) -> Tensor:
        """p(h_j = 1 | v) for v (B, visible) -> (B, hidden)."""
        return (v @ self.W + self.c).sigmoid()

    def visible_given(self, h: Tensor) -> Tensor:
        """p(v_i = 1 | h) for h (B, hidden) -> (B, visible)."""
        return (h @ self.W.T + self.b).sigmoid()

    @torch.no_grad()
    def gibbs(self, v: Tensor, steps: int = 1) -> Tensor:
        """v (B, visible) after some rounds of block Gibbs sampling: all h given v, then all v given h."""
        for _ in range(steps):
            h = self.hidden_given(v).bernoulli()
            v = self.visible_given(h).bernoulli()
        return v


class PersistentContrastiveDivergence(Trainable):
    """Maximum likelihood for an RBM, with a Markov chain in place of the sum that nobody can compute.

        -∇ log p(v) = ∇F(v) - E_model[∇F(v')]

    The v' are fantasies that live through the whole training and take one Gibbs step an update. The
    difference of the mean free energies is no loss to watch: only its gradient means something. Persistent
    contrastive divergence: Tieleman, 2008, doi:10.1145/1390156.1390290.

    Args:
        rbm: the machine.
        chains: how many fantasies are kept.
        lr: the learning rate of plain gradient descent, at first.
        decay_steps: the updates after which the rate is lr / 2: it is lr / (1 + updates / decay_steps).
        shape: of a picture.
    """

    def __init__(self, rbm: RBM, *, chains: int = 100, lr: float = 0.05, decay_steps: int = 500,
                 shape: tuple[int, ...] = (1, 28, 28)) -> None:  # fmt: skip
        self.rbm, self.decay_steps, self.shape = rbm, decay_steps, tuple(shape)
        self.optimizer = torch.optim.SGD(rbm.parameters(), lr=lr)
        self.memory = _Memory(chains, len(rbm.b), rbm.b.device)

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update on pictures in [-1, 1]; a gray pixel is drawn white with its gray as probability."""
        real = ((x.flatten(1) + 1) / 2).bernoulli()
        fantasy = self.memory.fantasy.copy_(self.rbm.gibbs(self.memory.fantasy))
        gap = self.rbm.free_energy(real).mean() - self.rbm.free_energy(fantasy).mean()
        slowdown = 1 + self.memory.updates / self.decay_steps
        optimizer_step(self.optimizer, {"energy_gap": gap / slowdown})
        self.memory.updates += 1
        return {"energy_gap": gap.detach()}

    @torch.no_grad()
    def generate(self, n: int, steps: int = 100) -> Tensor:
        """n pictures (n, *shape) after so many Gibbs steps from noise, see `look`."""
        noise = torch.rand(n, len(self.rbm.b), device=self.device).round()
        return self.look(self.rbm.gibbs(noise, steps))

    @torch.no_grad()
    def look(self, v: Tensor) -> Tensor:
        """States v (n, visible) as gray pictures in [-1, 1]: p(white) given an h drawn for v."""
        h = self.rbm.hidden_given(v).bernoulli()
        return (2 * self.rbm.visible_given(h) - 1).unflatten(1, self.shape)


class _Memory(nn.Module):
    """What lives on from one update to the next: fantasies (chains, visible), a count of updates."""

    def __init__(self, chains, visible, device):
        super().__init__()
        self.register_buffer("fantasy", torch.rand(chains, visible, device=device).round())
        self.register_buffer("updates", torch.zeros((), device=device))
