"""Many seeds of one small game, trained side by side. Notebook 04."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ganlib.data.toys import Mixture
from ganlib.gan import GAN
from ganlib.metrics import Coverage, mode_coverage
from ganlib.variants.minibatch_stddev import append_stddev
from ganlib.variants.pacgan import pack
from ganlib.variants.unrolled import unrolled_critic

__all__ = ["SeedEnsemble", "StackedMLP"]


class StackedMLP(nn.Module):
    """One multilayer perceptron for each of S seeds, side by side, with ReLU between the layers.

    x (S * B, n) -> (S * B, n_out), or logits (S * B,) where n_out is 1; the first B rows belong to the first
    seed. No seed touches another, and ten cost about three times as much as one.

    Args:
        streams: a torch.Generator for each seed, which draws its weights as nn.Linear would.
        widths: of the layers, the input's first.
        pack: samples laid side by side.
        stddev: `append_stddev` before the last layer, over the seed's batch.

    Example:
        >>> streams = [torch.Generator().manual_seed(seed) for seed in (0, 1, 2)]
        >>> StackedMLP(streams, 2, 8, 1)(torch.zeros(3 * 5, 2)).shape
        torch.Size([15])
    """

    def __init__(self, streams: Sequence[torch.Generator], *widths: int, pack: int = 1, stddev: bool = False):
        super().__init__()
        self.seeds, self.z_dim, self.pack, self.stddev = len(streams), widths[0], pack, stddev
        inputs = [pack * widths[0], *widths[1:-1]]
        inputs[-1] += stddev
        self.weights = nn.ParameterList(
            _uniform(streams, n, m, bound=n**-0.5) for n, m in zip(inputs, widths[1:])
        )
        self.biases = nn.ParameterList(
            _uniform(streams, 1, m, bound=n**-0.5) for n, m in zip(inputs, widths[1:])
        )

    def forward(self, x: Tensor, batches: int = 1) -> Tensor:
        """batches: how many the rows of each seed hold, one after the other; a spread is of one batch."""
        h = pack(x, self.pack).unflatten(0, (self.seeds, -1))  # (S, B / pack, n)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            if i == len(self.weights) - 1 and self.stddev:
                h = append_stddev(h, h.shape[1] // batches)
            h = torch.baddbmm(bias, h, weight)  # S matrix products at once
            h = h.relu() if i < len(self.weights) - 1 else h
        return h.flatten() if h.shape[-1] == 1 else h.flatten(0, 1)


def _uniform(streams, *shape, bound):
    """One parameter (S, *shape), each slice drawn from its seed's own stream in [-bound, bound]."""
    return nn.Parameter(
        torch.stack([(2 * torch.rand(shape, generator=stream) - 1) * bound for stream in streams])
    )


class SeedEnsemble(GAN):
    """S independent games of 2-D points in one: G and D are stacks, and each seed's loss is its own mean.

    A Trainer's batch_size is S times that of one game. Terms come back as means over the seeds.

    Args:
        seeds: integers that set the weights, one for each game.
        hidden: widths of the hidden layers, of both nets.
        z_dim: the length of z.
        pack: samples that D judges together, see ganlib.variants.pacgan.
        stddev: whether D sees the spread of its batch, see ganlib.variants.minibatch_stddev.
        unroll: updates of D that G looks ahead; it then raises the loss that D will have, whatever its own
            loss is. See ganlib.variants.unrolled.
        rules: as for GAN.

    Example:
        >>> games = SeedEnsemble(range(3), hidden=(8,))
        >>> sorted(games.step(torch.zeros(3 * 4, 2))), games.samples(5).shape
        (['d_loss', 'g_loss'], torch.Size([3, 5, 2]))
    """

    def __init__(
        self,
        seeds: Iterable[int],
        hidden: Sequence[int] = (64, 64, 64, 64),
        z_dim: int = 2,
        *,
        pack: int = 1,
        stddev: bool = False,
        unroll: int = 0,
        device: str | torch.device | None = None,
        **rules: Any,
    ):
        streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        if not streams:
            raise ValueError(
                f"seeds: expected one integer or more, but got {seeds!r}; SeedEnsemble(range(10))"
            )
        G = StackedMLP(streams, z_dim, *hidden, 2)
        D = StackedMLP(streams, 2, *hidden, 1, pack=pack, stddev=stddev)
        self.seeds, self.unroll = len(streams), unroll
        super().__init__(G.to(device), D.to(device), device=device, **rules)

    def logits(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        both = torch.cat(
            [x.unflatten(0, (self.seeds, -1)) for x in (real, fake)], 1
        )  # (S, 2 B, n), seed by seed
        real, fake = self.D(both.flatten(0, 1), batches=2).unflatten(0, (self.seeds, -1)).chunk(2, 1)
        return real.flatten(), fake.flatten()

    def d_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        return {name: self.seeds * term for name, term in super().d_objective(real, fake, y).items()}

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        if not self.unroll:
            return {"g_loss": self.seeds * self.loss.g_loss(self.D(fake))}  # a sum over seeds of means

        def d_loss(critic):
            return self.seeds * self.loss.d_loss(critic(real), critic(fake))

        return {
            "g_loss": -d_loss(unrolled_critic(self.D, self.d_optimizer, d_loss, self.unroll))
        }  # G raises it

    def step(self, real: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        self._check_parts(real)
        return {name: term / self.seeds for name, term in super().step(real, y).items()}

    @torch.no_grad()
    def samples(self, n: int, ema: bool = False) -> Tensor:
        """(S, n, 2): n points of each seed's generator."""
        z = torch.randn(self.seeds * n, self.z_dim, device=self.device)
        return (self.ema.module if ema else self.G)(z).unflatten(0, (self.seeds, n))

    def coverage(self, mixture: Mixture, n: int = 2_500, ema: bool = False) -> list[Coverage]:
        """A metrics.Coverage for each seed."""
        return [mode_coverage(points, mixture) for points in self.samples(n, ema)]

    def _check_parts(self, real):
        parts = self.seeds * self.D.pack * self.d_steps
        if len(real) % parts:
            raise ValueError(
                f"real: expected a multiple of {parts} rows ({self.seeds} seeds, packs, d_steps), but got "
                f"{len(real)}; draw more"
            )
