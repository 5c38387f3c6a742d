"""GAN losses as pairs of functions on logits; both are minimized. Notebooks 01, 02, 05 and 09.

A logit l is the critic's raw output; D = sigmoid(l) is for display only. Working on logits keeps every
loss finite: log(1 - sigmoid(40)) is -inf in float32, -softplus(40) is -40.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.nn.functional import relu, softplus

from ganlib.errors import expect


class Loss(NamedTuple):
    """d_loss(real, fake) and g_loss(fake): logits of shape (B,) -> scalar, minimized by D and by G."""

    d_loss: Callable
    g_loss: Callable


def check_logits(**logits):
    """Raise a ValueError that names the first argument that is not a non-empty tensor of (B,) real numbers."""
    for name, value in logits.items():
        ok = torch.is_tensor(value) and value.is_floating_point() and value.dim() == 1 and len(value) > 0
        expect(ok, name, value, "logits: a non-empty float tensor of shape (B,)", "flatten the critic's output with .flatten()")


def binary_d_loss(real, fake):
    """-V(D, G) = -E[log D(x)] - E[log(1 - D(G(z)))], the two cross-entropies of the original game.

    real, fake: logits (B,) -> scalar. Equals 2 log 2 = 1.386 when D says 1/2 everywhere.
    Goodfellow et al., 2014, arXiv:1406.2661. Notebook 01.
    """
    check_logits(real=real, fake=fake)
    return softplus(-real).mean() + softplus(fake).mean()  # -log sigmoid(real), -log(1 - sigmoid(fake))


def minimax_g_loss(fake):
    """E[log(1 - D(G(z)))], the saturating loss: its slope in the logit is -D, which dies where D is sure of a fake.

    fake: logits (B,) -> scalar. Goodfellow et al., 2014, arXiv:1406.2661. Notebook 01.
    """
    check_logits(fake=fake)
    return -softplus(fake).mean()


def non_saturating_g_loss(fake):
    """-E[log D(G(z))]: its slope in the logit is -(1 - D), which is largest where D is sure of a fake.

    fake: logits (B,) -> scalar. Goodfellow et al., 2014, arXiv:1406.2661, section 3. Notebook 01.
    """
    check_logits(fake=fake)
    return softplus(-fake).mean()


def wasserstein_d_loss(real, fake):
    """E[critic(fake)] - E[critic(real)]: minus the critic's estimate of the Wasserstein-1 distance.

    real, fake: critic values (B,) -> scalar, unbounded unless the critic is kept Lipschitz.
    Arjovsky, Chintala and Bottou, 2017, arXiv:1701.07875. Notebook 05.
    """
    check_logits(real=real, fake=fake)
    return fake.mean() - real.mean()


def wasserstein_g_loss(fake):
    """-E[critic(fake)]. fake: critic values (B,) -> scalar. Arjovsky et al., 2017, arXiv:1701.07875. Notebook 05."""
    check_logits(fake=fake)
    return -fake.mean()


def hinge_d_loss(real, fake):
    """E[max(0, 1 - critic(real))] + E[max(0, 1 + critic(fake))]: samples beyond the margin no longer count.

    real, fake: critic values (B,) -> scalar. Lim and Ye, 2017, arXiv:1705.02894. Notebook 09.
    """
    check_logits(real=real, fake=fake)
    return relu(1 - real).mean() + relu(1 + fake).mean()


def relativistic_d_loss(real, fake):
    """E[softplus(fake - real)]: D only has to rank each real sample above its fake partner.

    real, fake: logits (B,), paired by position -> scalar.
    Jolicoeur-Martineau, 2018, arXiv:1807.00734; Huang et al., 2025, arXiv:2501.05441. Notebook 09.
    """
    check_logits(real=real, fake=fake)
    expect(len(real) == len(fake), "fake", fake, f"as many logits as real, {len(real)}", "draw equal batches")
    return softplus(fake - real).mean()


def relativistic_g_loss(real, fake=None):
    """E[softplus(real - fake)]: the one generator loss that looks at the real logits too.

    real, fake: logits (B,), paired by position -> scalar. `GAN.g_objective` sees only fakes, so this loss needs a
    subclass that overrides it. Jolicoeur-Martineau, 2018, arXiv:1807.00734. Notebook 09.
    """
    mend = "in a subclass of GAN, override g_objective to hand in both"
    expect(fake is not None, "fake", fake, "logits beside the real ones, since this loss compares them", mend)
    return relativistic_d_loss(fake, real)


minimax = Loss(binary_d_loss, minimax_g_loss)
non_saturating = Loss(binary_d_loss, non_saturating_g_loss)
wasserstein = Loss(wasserstein_d_loss, wasserstein_g_loss)
hinge = Loss(hinge_d_loss, wasserstein_g_loss)
relativistic = Loss(relativistic_d_loss, relativistic_g_loss)
