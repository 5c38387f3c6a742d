"""Learn to translate one kind of picture into another from pairs. Notebook 11."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganlib.ema import EMA
from ganlib.engine.modes import eval_mode
from ganlib.engine.optim import frozen, fused_adam, optimizer_step
from ganlib.engine.state import Trainable
from ganlib.gan import real_and_fake_logits
from ganlib.losses import Loss, non_saturating

__all__ = ["Pix2Pix", "translate"]


class Pix2Pix(Trainable):
    """A net G that gives the picture x for y, and a discriminator that sees both.

        D: E[loss(D(x, y), D(G(y), y))]        G: E[loss(D(G(y), y))] + weight * distance(G(y), x)

    There is no z: y is the only input. Isola et al., 2016, arXiv:1611.07004.

    Args:
        G: y (B, ...) -> pictures like x.
        D: x, y -> logits of any shape, such as `ganlib.nets.PatchDiscriminator`; `per_sample` as for GAN.
            None trains G on the distance alone.
        distance: distance(fake, real) -> scalar, such as l1_loss or mse_loss.
        weight: of the distance; 0 trains G on D's word alone.
        loss: a pair of ganlib.losses.
        lr, betas: Adam's, for both nets.
        ema_decay: of the averaged G that `translate` uses.

    Example:
        >>> from ganlib.nets import PatchDiscriminator, Translator
        >>> model = Pix2Pix(Translator(), PatchDiscriminator())
        >>> x = torch.zeros(4, 1, 28, 28)
        >>> sorted(model.step(x, x))
        ['d_loss', 'distance', 'g_loss']
        >>> model.translate(x).shape
        torch.Size([4, 1, 28, 28])
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module | None,
        distance: Callable[[Tensor, Tensor], Tensor] = l1_loss,
        weight: float = 10.0,
        *,
        loss: Loss = non_saturating,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.99),
        ema_decay: float = 0.99,
    ):
        if D is None and not weight > 0:
            raise ValueError(
                f"weight: expected a positive number where there is no D, but got {weight!r}; G would have "
                "nothing to learn"
            )
        self.G, self.distance, self.weight, self.loss = G.train(), distance, weight, loss
        self.g_optimizer = fused_adam(G.parameters(), lr, betas)
        self.D = D
        if D is not None:
            self.d_optimizer = fused_adam(D.train().parameters(), lr, betas)
        self.ema = EMA(G, ema_decay)

    def d_objective(self, x: Tensor, fake: Tensor, y: Tensor) -> dict[str, Tensor]:
        """The term that D minimizes; fake comes without a graph."""
        real_logits, fake_logits = real_and_fake_logits(self.D, x, fake, y)
        return {"d_loss": self.loss.d_loss(real_logits.flatten(), fake_logits.flatten())}

    def g_objective(self, x: Tensor, fake: Tensor, y: Tensor) -> dict[str, Tensor]:
        """The terms whose sum G minimizes."""
        terms = {} if self.D is None else {"g_loss": self.loss.g_loss(self.D(fake, y).flatten())}
        if self.weight:
            terms["distance"] = self.weight * self.distance(fake, x)
        return terms

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update of D, then one of G.

        Args:
            x: (B, ...) the pictures wanted.
            y: (B, ...) the pictures given; a Trainer passes them with conditional=True.
        """
        if y is None:
            raise ValueError(
                "y: expected pictures to translate, but got None; Trainer(..., conditional=True)"
            )
        fake, terms = self.G(y), {}
        if self.D is None:
            terms = self.g_objective(x, fake, y)
            optimizer_step(self.g_optimizer, terms)
        else:
            d_terms = self.d_objective(x, fake.detach(), y)
            optimizer_step(self.d_optimizer, d_terms)
            with frozen(self.D):
                g_terms = self.g_objective(x, fake, y)
                optimizer_step(self.g_optimizer, g_terms)
            terms = d_terms | g_terms
        self.ema.update(self.G)
        return {name: term.detach() for name, term in terms.items()}

    def translate(self, y: Tensor, batch: int = 500) -> Tensor:
        """Pictures y (n, ...) -> (n, ...), by the averaged G in eval mode."""
        return translate(self.ema.module, y, batch)


@torch.no_grad()
def translate(net: nn.Module, pictures: Tensor, batch: int) -> Tensor:
    """net(pictures) in eval mode, `batch` of them at a time."""
    with eval_mode(net):
        return torch.cat([net(part) for part in pictures.split(batch)])
