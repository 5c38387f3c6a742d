"""AC-GAN: D also names the class. Notebook 06."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from ganlib.gan import GAN
from ganlib.nets.mlp import check_labels

__all__ = ["ACGAN"]


class ACGAN(GAN):
    """A GAN whose D also names the class: of real images for its own sake, of fakes so that G gets a grade.

        D minimizes d_loss(real, fake) + CE(class | real, y),   G minimizes g_loss(fake) + CE(class | fake, y)

    D needs `classify`. The paper lets D learn the class of fakes too; without it D's second head is a plain
    classifier of real images. Odena, Olah and Shlens, 2016, arXiv:1610.09585.
    """

    def d_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        check_labels(real, y)
        return super().d_objective(real, fake) | {"d_class": cross_entropy(self.D.classify(real), y)}

    def g_objective(self, real: Tensor, fake: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        return super().g_objective(real, fake) | {"g_class": cross_entropy(self.D.classify(fake), y)}
