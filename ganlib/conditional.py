"""Two more ways to tell D about the label: a projection, and a second head that names the class. Notebook 06.

The third, an embedding appended to the input, is in ganlib.models: build an MLP net with n_classes.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ganlib.errors import expect
from ganlib.gan import GAN
from ganlib.models import mlp


class ProjectionDiscriminator(nn.Module):
    """x (B, *shape), y (B,) -> logits (B,): how real the sample looks, plus what its label adds.

        critic(x, y) = psi(phi(x)) + <v_y, phi(x)>

    phi: layers of the given widths, psi: one linear layer, v_y: one vector a class. At the best D the product compares
    how well y fits x among the real pairs and among the fakes: log p(y|x) - log g(y|x), up to a term without y. The
    label meets the features at the end, not the pixels at the start. Miyato and Koyama, 2018, arXiv:1802.05637.
    """

    per_sample = True

    def __init__(self, widths=(512, 256), shape=(1, 28, 28), n_classes=10):
        super().__init__()
        self.phi, self.psi = features(widths, shape), nn.Linear(widths[-1], 1)
        self.class_vectors = nn.Embedding(n_classes, widths[-1])
        nn.init.normal_(self.class_vectors.weight, std=widths[-1] ** -0.5)  # as small as the weights of psi

    def forward(self, x, y=None):
        check_labels(x, y)
        h = self.phi(x.flatten(1))  # (B, width)
        return self.psi(h).flatten() + (self.class_vectors(y) * h).sum(1)  # (B,)


class ACDiscriminator(nn.Module):
    """x (B, *shape) -> logits (B,); `classify` gives class logits (B, n_classes) from the same features.

    It never sees a label. Odena, Olah and Shlens, 2016, arXiv:1610.09585.
    """

    per_sample = True

    def __init__(self, widths=(512, 256), shape=(1, 28, 28), n_classes=10):
        super().__init__()
        self.phi, self.psi = features(widths, shape), nn.Linear(widths[-1], 1)
        self.classes = nn.Linear(widths[-1], n_classes)

    def forward(self, x):
        return self.psi(self.phi(x.flatten(1))).flatten()  # (B,)

    def classify(self, x):
        """Class logits (B, n_classes), for cross_entropy."""
        return self.classes(self.phi(x.flatten(1)))


class ACGAN(GAN):
    """A GAN whose D also names the class: of real images for its own sake, of fakes so that G gets a grade.

        D minimizes d_loss(real, fake) + CE(class | real, y),   G minimizes g_loss(fake) + CE(class | fake, y)

    D needs `classify`. The paper lets D learn the class of fakes too; without it D's second head is a plain
    classifier of real images. Odena, Olah and Shlens, 2016, arXiv:1610.09585.
    """

    def d_objective(self, real, fake, y=None):
        check_labels(real, y)
        return super().d_objective(real, fake) | {"d_class": cross_entropy(self.D.classify(real), y)}

    def g_objective(self, fake, y=None):
        return super().g_objective(fake) | {"g_class": cross_entropy(self.D.classify(fake), y)}


def check_labels(x, y):
    """Raise a ValueError unless there is one whole label for each sample."""
    ok = torch.is_tensor(y) and y.dtype == torch.long and y.shape == x.shape[:1]
    expect(ok, "y", y, f"{len(x)} labels of dtype int64", "pass conditional=True to the Trainer")


def features(widths, shape):
    """phi: pixels (B, numel) -> (B, widths[-1]), an activation after every layer."""
    numel = torch.Size(shape).numel()
    return nn.Sequential(*mlp(numel, *widths), nn.LeakyReLU(0.2))
