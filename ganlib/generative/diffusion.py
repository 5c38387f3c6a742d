"""Flow matching and diffusion: a net that points from noise to data. Notebook 10."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ganlib.ema import EMA
from ganlib.engine.modes import eval_mode
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.engine.state import Trainable

__all__ = ["FlowMatching", "StraightLine", "gaussian_velocity"]


def gaussian_velocity(x: Tensor, t: Tensor, mean: Tensor | float, sd: Tensor | float) -> Tensor:
    """The best velocity where the data are N(mean, sd²), each coordinate by itself:

        v(x, t) = mean + (t sd² - (1 - t)) / ((1 - t)² + t² sd²) · (x - t mean)

    the conditional mean E[x₁ - x₀ | x_t = x] of x_t = (1 - t) x₀ + t x₁, x₀ ~ N(0, 1), x₁ ~ N(mean, sd²).

    Args:
        x: (B, ...).
        t: broadcasts with x.
        mean: broadcasts with x.
        sd: broadcasts with x.

    Returns:
        As x.

    Example:
        >>> x = torch.tensor([2.0])
        >>> gaussian_velocity(x, torch.tensor(1.0), mean=0.0, sd=1.0)
        tensor([2.])
    """
    return mean + (t * sd**2 - (1 - t)) / ((1 - t) ** 2 + t**2 * sd**2) * (x - t * mean)


class StraightLine(nn.Module):
    """A net's velocity on top of that of Gaussian data with the same mean and sd.

    Args:
        net: (x, t) -> (B, *shape), given x scaled to variance 1. Its output is multiplied by the standard
            deviation of x₁ - x₀ given x_t, which the guess leaves open. Preconditioning: Karras et al., 2022,
            arXiv:2206.00364.
        mean: of the data, (1, *shape).
        sd: of the data around their mean, one number.
    """

    def __init__(self, net: nn.Module, mean: Tensor, sd: float) -> None:
        super().__init__()
        self.net, self.sd = net, float(sd)
        self.register_buffer("mean", mean)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """x (B, *shape), t (B,) -> velocity (B, *shape)."""
        when = t.view(-1, *[1] * (x.dim() - 1))  # (B, 1, 1, 1)
        scale = ((1 - when) ** 2 + (when * self.sd) ** 2).sqrt()  # sd of x around t mean
        rest = self.sd / scale * self.net((x - when * self.mean) / scale, t)
        return gaussian_velocity(x, when, self.mean, self.sd) + rest


class FlowMatching(Trainable):
    """Learn the velocity that carries noise x₀ to data x₁ along straight lines, on average.

        x_t = (1 - t) x₀ + t x₁,     loss = E |v(x_t, t) - (x₁ - x₀)|²,     log t/(1 - t) ~ N(0, 1)

    Many lines cross at one point; the best v there is their mean, E[x₁ - x₀ | x_t]. Following it from t = 0
    to 1 turns noise into data. Lipman et al., 2022, arXiv:2210.02747; Liu, Gong and Liu, 2022,
    arXiv:2209.03003. A diffusion model's noise prediction is the same net in other units: E[x₀ | x_t] = x_t
    - t v (Ho et al., 2020, arXiv:2006.11239).

    Args:
        velocity: (x, t) -> (B, *shape).
        shape: of a sample.
        lr: Adam's learning rate.
        betas: how slowly Adam's averages of the gradient and of its square forget.
        ema_decay: of the weights that `generate` uses.
    """

    def __init__(self, velocity: nn.Module, shape: tuple[int, ...] = (1, 28, 28), *, lr: float = 2e-3,
                 betas: tuple[float, float] = (0.9, 0.99), ema_decay: float = 0.995) -> None:  # fmt: skip
        self.velocity, self.shape = velocity.train(), tuple(shape)
        self.optimizer = fused_adam(velocity.parameters(), lr, betas)
        self.ema = EMA(velocity, ema_decay)

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update on a batch (B, *shape) -> the mean squared error of the velocity."""
        noise, t = torch.randn_like(x), _middle_times(len(x), x.device)
        when = t.view(-1, *[1] * (x.dim() - 1))
        error = self.velocity((1 - when) * noise + when * x, t) - (x - noise)
        terms = {"loss": error.square().mean()}
        optimizer_step(self.optimizer, terms)
        self.ema.update(self.velocity)
        return {"loss": terms["loss"].detach()}

    def generate(self, n: int, steps: int = 20, batch: int = 125) -> Tensor:
        """n samples (n, *shape) in `steps` steps of Euler's method, from fresh noise."""
        noise = torch.randn(n, *self.shape, device=self.device)
        return torch.cat([self.carry(part, steps) for part in noise.split(batch)])

    @torch.no_grad()
    def carry(self, noise: Tensor, steps: int = 20) -> Tensor:
        """The samples to which noise (n, *shape) is carried: x ← x + v(x, t)/steps, from t = 0 to 1."""
        *_, last = self.path(noise, steps)
        return last

    @torch.no_grad()
    def path(self, noise: Tensor, steps: int = 20) -> Iterator[Tensor]:
        """Noise (n, *shape), then what it is after each step, the samples last; steps + 1 in all."""
        if not isinstance(steps, int) or steps < 1:
            raise ValueError(f"steps: expected an integer, 1 or more, but got {steps!r}; 20 draws well")
        x = noise.to(self.device)
        yield x
        with eval_mode(self.ema.module) as velocity:
            for i in range(steps):
                t = torch.full((len(x),), i / steps, device=x.device)
                x = x + velocity(x, t) / steps
                yield x


def _middle_times(n, device):
    """n times in [0, 1), most around the middle, where the direction is decided: logistic of normal numbers.

    Esser et al., 2024, arXiv:2403.03206; here the normal numbers are spread evenly over a batch.
    """
    even = (torch.rand(1, device=device) + torch.arange(n, device=device) / n) % 1
    return torch.special.ndtri(even).sigmoid()
