"""A GAN is two nets, a loss and two optimizers; `step` is one round of the game.

Written out in notebook 03.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlib.ema import EMA
from ganlib.engine.arguments import check_batch, check_gan, check_same_shape, conditions, latent_vectors
from ganlib.engine.modes import eval_mode
from ganlib.engine.optim import frozen, fused_adam, optimizer_step
from ganlib.engine.state import Trainable
from ganlib.losses import Loss, non_saturating
from ganlib.penalties import Critic

__all__ = ["GAN", "real_and_fake_logits"]

Terms = dict[str, Tensor]
Penalty = Callable[[Critic, Tensor, Tensor], Tensor]


class GAN(Trainable):
    """Generator G, discriminator D and the rules of their game.

    A variant is a difference: WGAN-GP is GAN(G, D, wasserstein, penalty=gradient_penalty, d_steps=5). For
    what no argument expresses, override `d_objective` or `g_objective`. Goodfellow et al., 2014,
    arXiv:1406.2661.

    Args:
        G: z (B, z_dim) [, y] -> samples (B, ...).
        D: samples (B, ...) [, y] -> logits (B,). If it has a true attribute `per_sample`, real and fake share
            one pass.
        loss: a pair of ganlib.losses.
        penalty: penalty(critic, real, fake) -> scalar, added to D's loss; critic maps samples to logits.
        d_steps: updates of D for each update of G.
        lr, d_lr: Adam's learning rates for G and D; d_lr=None takes lr.
        betas: Adam's betas, for both.
        after_d_step: after_d_step(D) runs after each update of D, such as clip_weights.
        ema_decay: of the averaged generator, see ganlib.ema.
        z_dim: the length of z; None takes G.z_dim.
        device: where both nets go; None leaves them where G is.

    Raises:
        ValueError: naming the argument that does not fit.

    Example:
        >>> from ganlib.nets import MLPDiscriminator, MLPGenerator
        >>> gan = GAN(MLPGenerator(), MLPDiscriminator())
        >>> sorted(gan.step(torch.zeros(16, 1, 28, 28)))
        ['d_loss', 'g_loss']
        >>> gan.generate(4).shape
        torch.Size([4, 1, 28, 28])
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        loss: Loss = non_saturating,
        *,
        penalty: Penalty | None = None,
        d_steps: int = 1,
        lr: float = 2e-3,
        d_lr: float | None = None,
        betas: tuple[float, float] = (0.5, 0.999),
        after_d_step: Callable[[nn.Module], None] | None = None,
        ema_decay: float = 0.995,
        z_dim: int | None = None,
        device: str | torch.device | None = None,
    ):
        self.z_dim = z_dim or getattr(G, "z_dim", None)
        check_gan(G, D, loss, d_steps, self.z_dim)
        device = torch.device(device or next(G.parameters()).device)
        self.G, self.D = G.to(device).train(), D.to(device).train()
        self.loss, self.penalty, self.d_steps, self.after_d_step = loss, penalty, d_steps, after_d_step
        self.g_optimizer = fused_adam(G.parameters(), lr, betas)
        self.d_optimizer = fused_adam(D.parameters(), lr if d_lr is None else d_lr, betas)
        self.ema = EMA(G, ema_decay)

    def sample_fakes(self, n: int, y: Tensor | None = None) -> Tensor:
        """G(z) for n fresh z ~ N(0, I), with the graph back to G: (n, ...)."""
        return _call(self.G, torch.randn(n, self.z_dim, device=self.device), y)

    def logits(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """D on real and fake, (B,) each; in one pass where D judges each sample alone."""
        check_same_shape(real, fake)
        return real_and_fake_logits(self.D, real, fake, y)

    def d_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> Terms:
        """The named terms whose sum D minimizes; fake comes without a graph."""
        terms = {"d_loss": self.loss.d_loss(*self.logits(real, fake, y))}
        if self.penalty is not None:
            terms["penalty"] = self.penalty(lambda x: _call(self.D, x, y), real, fake)
        return terms

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> Terms:
        """The named terms whose sum G minimizes; fake carries the graph back to G.

        Most losses do not look at real.
        """
        return {"g_loss": self.loss.g_loss(_call(self.D, fake, y))}

    def step(self, real: Tensor, y: Tensor | None = None) -> Terms:
        """d_steps updates of D, then one update of G.

        The last fake batch serves both: detached for D, with its graph for G.

        Args:
            real: (d_steps * B, ...) floats; each update of D takes its own B samples.
            y: (d_steps * B, ...) labels or images, for conditional nets.

        Returns:
            The last value of each named term, 0-dim, without a graph.
        """
        check_batch(real, self)
        labels = [None] * self.d_steps if y is None else y.chunk(self.d_steps)
        for x, label in zip(real.chunk(self.d_steps), labels):
            fake = self.sample_fakes(len(x), label)
            d_terms = self.d_objective(x, fake.detach(), label)
            optimizer_step(self.d_optimizer, d_terms)
            if self.after_d_step is not None:
                self.after_d_step(self.D)
        with frozen(self.D):
            g_terms = self.g_objective(x, fake, label)
            optimizer_step(self.g_optimizer, g_terms)
        self.ema.update(self.G)
        return {name: term.detach() for name, term in {**d_terms, **g_terms}.items()}

    def samples_per_step(self, batch_size: int) -> int:
        """Each update of D takes a batch of its own."""
        return self.d_steps * batch_size

    def scale_lr(self, factor: float) -> None:
        """Multiply both learning rates, by 0.1 after an explosion, say."""
        for group in self.g_optimizer.param_groups + self.d_optimizer.param_groups:
            group["lr"] *= factor

    @torch.no_grad()
    def generate(
        self,
        n: int | None = None,
        *,
        z: Tensor | None = None,
        y: Tensor | int | None = None,
        ema: bool = True,
        batch: int = 1000,
    ) -> Tensor:
        """n samples, or one for each row of z: (n, ...), in eval mode; G stays in the mode it was in.

        Args:
            n: how many samples, or
            z: (n, z_dim), their latent vectors.
            y: one label for all, labels (n,), or for an image-conditional G images (n, ...).
            ema: from the averaged weights, or from the latest ones.
            batch: how many are computed at a time.
        """
        z = latent_vectors(n, z, self.z_dim, next(self.G.parameters()))
        labels = (
            [None] * len(z)
            if y is None
            else conditions(y, len(z), getattr(self.G, "n_classes", 0), self.device).split(batch)
        )
        with eval_mode(self.ema.module if ema else self.G) as G:
            return torch.cat([_call(G, part, label) for part, label in zip(z.split(batch), labels)])


def real_and_fake_logits(
    D: nn.Module, real: Tensor, fake: Tensor, y: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """D on real and on fake samples; in one pass where D judges each sample alone, see `GAN`."""
    if not getattr(D, "per_sample", False):  # batch statistics would mix real and fake
        return _call(D, real, y), _call(D, fake, y)
    both = None if y is None else torch.cat([y, y])
    return _call(D, torch.cat([real, fake]), both).split([len(real), len(fake)])


def _call(net: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
    """net(x), or net(x, y) for a conditional net."""
    return net(x) if y is None else net(x, y)
