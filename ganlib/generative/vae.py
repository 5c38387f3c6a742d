"""A variational autoencoder: a bound on a likelihood that nobody can compute. Notebook 10."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ganlib.ema import EMA
from ganlib.engine.modes import eval_mode
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.engine.state import Trainable

__all__ = ["VAE", "gaussian_kl"]


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(0, I)), in nats, of each row.

        ½ Σ_k (mean_k² + variance_k - 1 - log variance_k)

    Args:
        mean: (B, d).
        log_variance: (B, d), the log of each variance.

    Returns:
        (B,), never negative, 0 for the standard normal itself.

    Example:
        >>> gaussian_kl(torch.zeros(1, 3), torch.zeros(1, 3))
        tensor([0.])
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


class VAE(Trainable):
    """Encoder q(z|x) and decoder p(x|z), trained together on the evidence lower bound, the ELBO.

        log p(x) ≥ E_q[log p(x|z)] - KL(q(z|x) ‖ N(0, I))

    The gap is KL(q(z|x) ‖ p(z|x)): 0 where q is the true posterior. z = mean + sd · ε carries the gradient to
    q. Each pixel is the mean of `levels - 1` coins with one probability, so that p(x|z) is a probability of
    gray levels and the bound compares with `PixelCNN`. Kingma and Welling, 2013, arXiv:1312.6114.

    Args:
        encoder: pictures (B, *shape) -> (B, 2 z_dim), means and log variances.
        decoder: z (B, z_dim) -> logits (B, *shape).
        z_dim: the length of z.
        levels: gray levels to which the pictures are rounded; 2 is black and white.
        lr: Adam's learning rate.
        ema_decay: of the decoder's weights, from which `generate` draws.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, z_dim: int, *, levels: int = 4,
                 lr: float = 2e-3, ema_decay: float = 0.99) -> None:  # fmt: skip
        if levels < 2:
            raise ValueError(f"levels: expected 2 or more, but got {levels}; black and white has levels=2")
        self.encoder, self.decoder, self.z_dim, self.levels = encoder.train(), decoder.train(), z_dim, levels
        self.optimizer = fused_adam([*encoder.parameters(), *decoder.parameters()], lr)
        self.ema = EMA(decoder, ema_decay)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, z_dim) of q(z|x)."""
        return self.encoder(x).chunk(2, dim=1)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        """The two parts of -ELBO, in nats, each (B,), with one z drawn for each picture x (B, *shape)."""
        mean, log_variance = self.posterior(x)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return {"reconstruction": self.nll(x, self.decoder(z)), "kl": gaussian_kl(mean, log_variance)}

    def nll(self, x: Tensor, logits: Tensor) -> Tensor:
        """-log p(x|z) in nats, (B,): k = (levels - 1)(x + 1)/2 of the coins show heads, in any order.

        x is rounded to the gray levels, so k is an integer.
        """
        coins = self.levels - 1
        heads = ((x + 1) / 2 * coins).round()
        # log (coins over heads): in how many orders they may fall
        orders = math.lgamma(coins + 1) - (heads + 1).lgamma() - (coins - heads + 1).lgamma()
        nll = coins * binary_cross_entropy_with_logits(logits, heads / coins, reduction="none") - orders
        return nll.flatten(1).sum(1)

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update of both nets on a batch (B, *shape) -> mean of each term, in nats a picture."""
        terms = {name: term.mean() for name, term in self.terms(x).items()}
        optimizer_step(self.optimizer, terms)
        self.ema.update(self.decoder)
        return {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """The mean picture of p(x|z), in [-1, 1], for each row of z (n, z_dim)."""
        with eval_mode(self.ema.module) as decoder:
            return 2 * decoder(z.to(self.device)).sigmoid() - 1

    def generate(self, n: int) -> Tensor:
        """n mean pictures (n, *shape), one for each z drawn from N(0, I)."""
        return self.decode(torch.randn(n, self.z_dim, device=self.device))
