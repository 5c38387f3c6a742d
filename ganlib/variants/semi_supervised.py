"""A GAN whose discriminator is a classifier: few labels, many pictures without one. Notebook 13."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlib.data.augment import random_affine
from ganlib.data.images import ImageSet
from ganlib.ema import EMA
from ganlib.engine.checks import describe
from ganlib.gan import GAN

__all__ = ["FewLabels", "SemiSupervisedGAN"]


class FewLabels:
    """Batches of which the first half has labels: x (2n, ...), y (2n,) with -1 where there is none.

    Args:
        labeled: pictures whose labels may be used.
        unlabeled: pictures whose labels are never looked at.
        augment: augment(x) -> x, applied to every picture; None leaves them as they are.

    Example:
        >>> from ganlib.data import load
        >>> digits = load("mnist")
        >>> _, y = FewLabels(digits, digits).batch(4)
        >>> y[2:]
        tensor([-1, -1])
    """

    def __init__(self, labeled: ImageSet, unlabeled: ImageSet, augment=random_affine):
        self.labeled, self.unlabeled, self.augment = labeled, unlabeled, augment

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n pictures, n / 2 of them with labels; drawn with replacement, also where there are fewer."""
        if n % 2 or n <= 0:
            raise ValueError(f"n: expected an even number of pictures but got {n}; use an even batch_size")
        (x, y), (others, _) = (_draw(part, n // 2) for part in (self.labeled, self.unlabeled))
        both = torch.cat([x, others])
        return self.augment(both) if self.augment else both, torch.cat([y, torch.full_like(y, -1)])


def _draw(images: ImageSet, n: int) -> tuple[Tensor, Tensor]:
    return images[torch.randint(len(images), (n,), device=images.images.device)]


class SemiSupervisedGAN(GAN):
    """D gives one logit a class; "fake" is one class more, with its logit fixed at 0.

        p(real | x) = Z / (Z + 1),  Z(x) = Σ_k exp l_k(x),   so the GAN's logit is log Z
        D minimizes CE(class | x, y) on labeled x + d_loss(log Z(unlabeled x), log Z(fake))
        G minimizes the mean of (E f(x) - E f(G(z)))², f = D.features: feature matching

    Salimans et al., 2016, arXiv:1606.03498.

    Args:
        G, D: as for GAN, but D maps x to class logits (B, K) and has `features`.
        d_ema_decay: of D's averaged weights, `classifier`.
        more: as for GAN; d_steps is 1, and a penalty gets log Z as its critic and the unlabeled pictures.

    Example:
        >>> from ganlib.nets import MLPGenerator, NoisyClassifier
        >>> gan = SemiSupervisedGAN(MLPGenerator(), NoisyClassifier(), lr=1e-3)
        >>> y = torch.tensor([3, 8, -1, -1])
        >>> sorted(gan.step(torch.randn(4, 1, 28, 28), y))
        ['class_loss', 'd_loss', 'g_loss']
    """

    def __init__(self, G: nn.Module, D: nn.Module, *, d_ema_decay: float = 0.998, **more):
        super().__init__(G, D, **more)
        if self.d_steps != 1:
            raise ValueError(
                f"d_steps: expected 1, since one half of a batch is labeled, but got {self.d_steps}; "
                "leave it out"
            )
        self.d_ema = EMA(self.D, d_ema_decay)

    @property
    def classifier(self) -> nn.Module:
        """D with averaged weights, in eval mode: x -> class logits (B, K)."""
        return self.d_ema.module

    def sample_fakes(self, n: int, y: Tensor | None = None) -> Tensor:
        """As many fakes as unlabeled pictures; G knows no labels."""
        return super().sample_fakes(n // 2)

    def d_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        n = len(fake)
        labeled, unlabeled, fakes = self.D(torch.cat([real, fake])).split([n] * 3)
        _check_classes(y[:n], labeled.shape[1])
        terms = {
            "class_loss": cross_entropy(labeled, y[:n]),
            "d_loss": self.loss.d_loss(unlabeled.logsumexp(1), fakes.logsumexp(1)),
        }
        if self.penalty is not None:
            terms["penalty"] = self.penalty(lambda x: self.D(x).logsumexp(1), real[n:], fake)
        return terms

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        with torch.no_grad():
            wanted = self.D.features(real[len(fake) :]).mean(0)
        return {"g_loss": (self.D.features(fake).mean(0) - wanted).square().mean()}

    def step(self, real: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One update of D and of G; real (2n, ...) and y (2n,) as `FewLabels` draws them."""
        if y is None or y.dtype != torch.long or y.shape != real.shape[:1]:
            found = "None" if y is None else describe(y)
            raise ValueError(
                f"y: expected {len(real)} labels of dtype int64, -1 in the second half, but got {found}; "
                "train on FewLabels with conditional=True"
            )
        terms = super().step(real, y)
        self.d_ema.update(self.D)
        return terms


def _check_classes(y, classes):
    """On the CPU only: a GPU would have to wait for the answer, and a CUDA graph cannot."""
    unknown = [] if y.is_cuda else y[(y < 0) | (y >= classes)]
    if len(unknown):
        raise ValueError(
            f"y: expected labels from 0 to {classes - 1} in the first half, but got {unknown[0].item()}; the "
            "labeled pictures come first, as FewLabels draws them"
        )
