"""A GAN is two nets, a loss and two optimizers; `step` is one round of the game.

Written out in notebook 03.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlib.ema import EMA
from ganlib.engine.checks import describe
from ganlib.engine.modes import eval_mode
from ganlib.engine.optim import frozen, fused_adam, optimizer_step
from ganlib.engine.state import Trainable
from ganlib.losses import Loss, non_saturating

__all__ = ["GAN"]

Terms = dict[str, Tensor]
Penalty = Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor]


class GAN(Trainable):
    """Generator G, discriminator D and the rules of their game.

    A variant is a difference: WGAN-GP is GAN(G, D, wasserstein, penalty=gradient_penalty, d_steps=5). For
    what no argument
    expresses, override `d_objective` or `g_objective`. Goodfellow et al., 2014, arXiv:1406.2661.

    Args:
        G: z (B, z_dim) [, y] -> samples (B, ...).
        D: samples (B, ...) [, y] -> logits (B,). If it has a true attribute `per_sample`, real and fake
            share one pass.
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
        _check_rules(G, D, loss, d_steps, self.z_dim)
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
        _check_same_shape(real, fake)
        if not getattr(self.D, "per_sample", False):  # batch statistics would mix real and fake
            return _call(self.D, real, y), _call(self.D, fake, y)
        both = None if y is None else torch.cat([y, y])
        return _call(self.D, torch.cat([real, fake]), both).chunk(2)

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
        """d_steps updates of D, then one update of G. The last fake batch serves both: detached for D, with
        its graph for G.

        Args:
            real: (d_steps * B, ...) floats; each update of D takes its own B samples.
            y: (d_steps * B, ...) labels or images, for conditional nets.

        Returns:
            The last value of each named term, 0-dim, without a graph.
        """
        self._check_batch(real)
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
        z = self._latent(n, z)
        labels = [None] * len(z) if y is None else self._condition(y, len(z)).split(batch)
        with eval_mode(self.ema.module if ema else self.G) as G:
            return torch.cat([_call(G, part, label) for part, label in zip(z.split(batch), labels)])

    def _latent(self, n, z):
        if (n is None) == (z is None):
            raise ValueError(
                f"n: expected either n or z, but got n = {n!r} and {'no z' if z is None else 'a z'}; "
                "generate(64)"
            )
        if z is None:
            if not (isinstance(n, int) and n > 0):
                raise ValueError(f"n: expected a positive integer, but got {n!r}; generate(64)")
            return torch.randn(n, self.z_dim, device=self.device)
        z = torch.as_tensor(z, device=self.device)
        if z.dim() != 2 or z.shape[1] != self.z_dim:
            raise ValueError(
                f"z: expected shape (n, {self.z_dim}), but got {describe(z)}; torch.randn(n, gan.z_dim)"
            )
        return z

    def _condition(self, y, n):
        """One label or n of them as a tensor (n,) of classes that G knows; images as they are."""
        y, classes = torch.as_tensor(y, device=self.device), getattr(self.G, "n_classes", 0)
        if y.is_floating_point() and y.dim() > 1 and len(y) == n:
            return y
        if y.dtype != torch.long or y.numel() not in (1, n) or not ((y >= 0) & (y < classes)).all():
            raise ValueError(
                f"y: expected 1 or {n} integer labels from 0 to {classes - 1}, but got {describe(y)}; "
                "build G with n_classes for labels"
            )
        return y.flatten().expand(n)

    def _check_batch(self, real):
        if not torch.is_tensor(real):
            raise TypeError(f"real: expected a tensor, but got {type(real).__name__}; torch.as_tensor(array)")
        dtype = next(self.D.parameters(), real).dtype
        if real.dtype != dtype or real.device.type != self.device.type:
            raise ValueError(
                f"real: expected {dtype} on {self.device}, but got {real.dtype} on {real.device}; "
                "data.load(..., device=device) gives such batches, x.float() converts"
            )
        if len(real) % self.d_steps:
            raise ValueError(
                f"real: expected a multiple of d_steps = {self.d_steps} samples, but got {len(real)}; draw "
                "more"
            )


def _call(net: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
    """net(x), or net(x, y) for a conditional net."""
    return net(x) if y is None else net(x, y)


def _check_same_shape(real, fake):
    if real.shape[1:] != fake.shape[1:]:
        raise ValueError(
            f"real: expected samples of the shape that G draws, {tuple(fake.shape[1:])}, but got "
            f"{tuple(real.shape[1:])}; "
            "build G and D with the shape of the data"
        )


def _check_rules(G, D, loss, d_steps, z_dim):
    for name, net in (("G", G), ("D", D)):
        if not isinstance(net, nn.Module):
            raise ValueError(
                f"{name}: expected a torch.nn.Module, but got {describe(net)}; MLPGenerator() is one"
            )
    if not z_dim:
        hint = "the order is GAN(G, D)" if getattr(D, "z_dim", None) else "pass z_dim=64"
        raise ValueError(
            f"z_dim: expected the length of z, since G has no attribute z_dim, but got {z_dim!r}; {hint}"
        )
    if not (hasattr(loss, "d_loss") and hasattr(loss, "g_loss")):
        raise ValueError(
            f"loss: expected a pair from ganlib.losses, but got {loss!r}; ganlib.losses.non_saturating"
        )
    if not (isinstance(d_steps, int) and d_steps > 0):
        raise ValueError(f"d_steps: expected a positive integer, but got {d_steps!r}; use 1 or 5")
    if any(isinstance(part, nn.Sigmoid) for part in list(D.modules())[-1:]):
        raise ValueError(
            "D: expected logits, but got a net that ends with a Sigmoid; drop it: the losses take logits"
        )
