"""A GAN whose generator loss compares fakes with real samples. Notebook 09."""

from torch import Tensor

from ganlib.gan import GAN

__all__ = ["RelativisticGAN"]


class RelativisticGAN(GAN):
    """A GAN for ganlib.losses.relativistic: G minimizes g_loss(D(real), D(fake)), other losses D(fake) alone.

    Jolicoeur-Martineau, 2018, arXiv:1807.00734; with R1 and R2 it is R3GAN: Huang et al., 2025,
    arXiv:2501.05441.

    Example:
        >>> from ganlib.losses import relativistic
        >>> from ganlib.nets import MLPDiscriminator, MLPGenerator
        >>> gan = RelativisticGAN(MLPGenerator(), MLPDiscriminator(), relativistic)
    """

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        return {"g_loss": self.loss.g_loss(*self.logits(real, fake, y))}
