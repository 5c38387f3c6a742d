"""Learn to translate between two kinds of pictures without a single pair. Notebook 11."""

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganlib.ema import EMA
from ganlib.engine.optim import frozen, fused_adam, optimizer_step
from ganlib.engine.state import Trainable
from ganlib.gan import real_and_fake_logits
from ganlib.losses import Loss, non_saturating
from ganlib.variants.pix2pix import translate

__all__ = ["CycleGAN"]


class CycleGAN(Trainable):
    """Two translators, two discriminators, and the wish to come back to where one started.

        G: loss(D_b(to_b(a))) + loss(D_a(to_a(b))) + weight (|to_a(to_b(a)) - a| + |to_b(to_a(b)) - b|)

    Zhu et al., 2017, arXiv:1703.10593, which uses the least-squares loss.

    Args:
        to_b, to_a: pictures of one kind -> of the other, two nets.
        D_a, D_b: pictures -> logits of any shape; `per_sample` as for GAN.
        weight: of the cycle loss; 0 leaves it out.
        loss: a pair of ganlib.losses.
        lr, betas: Adam's, for all.
        ema_decay: of the averaged translators.

    Example:
        >>> import torch
        >>> from ganlib.nets import PatchDiscriminator, Translator
        >>> judges = PatchDiscriminator(side=0), PatchDiscriminator(side=0)
        >>> model = CycleGAN(Translator(), Translator(), *judges)
        >>> a = torch.zeros(4, 1, 28, 28)
        >>> sorted(model.step(a, a))
        ['cycle', 'd_loss', 'g_loss']
        >>> model.a_to_b(a).shape
        torch.Size([4, 1, 28, 28])
    """

    def __init__(
        self,
        to_b: nn.Module,
        to_a: nn.Module,
        D_a: nn.Module,
        D_b: nn.Module,
        weight: float = 10.0,
        *,
        loss: Loss = non_saturating,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.99),
        ema_decay: float = 0.99,
    ):
        self.to_b, self.to_a, self.D_a, self.D_b = to_b.train(), to_a.train(), D_a.train(), D_b.train()
        self.weight, self.loss = weight, loss
        self.g_optimizer = fused_adam([*to_b.parameters(), *to_a.parameters()], lr, betas)
        self.d_optimizer = fused_adam([*D_a.parameters(), *D_b.parameters()], lr, betas)
        self.ema_b, self.ema_a = EMA(to_b, ema_decay), EMA(to_a, ema_decay)

    def step(self, a: Tensor, b: Tensor | None = None) -> dict[str, Tensor]:
        """One update of both discriminators, then one of both translators.

        Args:
            a, b: (B, ...) pictures of each kind, not paired; a Trainer passes b with conditional=True.
        """
        if b is None:
            raise ValueError(
                "b: expected pictures of the second kind, but got None; Trainer(..., conditional=True)"
            )
        fake_b, fake_a = self.to_b(a), self.to_a(b)
        d_loss = self._d_loss(self.D_b, b, fake_b.detach()) + self._d_loss(self.D_a, a, fake_a.detach())
        optimizer_step(self.d_optimizer, {"d_loss": d_loss})
        with frozen(self.D_a), frozen(self.D_b):
            logits_b, logits_a = self.D_b(fake_b).flatten(), self.D_a(fake_a).flatten()
            terms = {"g_loss": self.loss.g_loss(logits_b) + self.loss.g_loss(logits_a)}
            if self.weight:
                back = l1_loss(self.to_a(fake_b), a) + l1_loss(self.to_b(fake_a), b)
                terms["cycle"] = self.weight * back
            optimizer_step(self.g_optimizer, terms)
        self.ema_b.update(self.to_b)
        self.ema_a.update(self.to_a)
        return {name: term.detach() for name, term in {"d_loss": d_loss, **terms}.items()}

    def _d_loss(self, D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        real_logits, fake_logits = real_and_fake_logits(D, real, fake)
        return self.loss.d_loss(real_logits.flatten(), fake_logits.flatten())

    def a_to_b(self, a: Tensor, batch: int = 500) -> Tensor:
        """Pictures of the first kind -> of the second, by the averaged net in eval mode."""
        return translate(self.ema_b.module, a, batch)

    def b_to_a(self, b: Tensor, batch: int = 500) -> Tensor:
        """Pictures of the second kind -> of the first, by the averaged net in eval mode."""
        return translate(self.ema_a.module, b, batch)
