"""GAN losses as pairs of functions on logits; both are minimized. Notebooks 01, 02, 05 and 09.

A logit l is the critic's raw output; D = sigmoid(l) is for display only. Working on logits keeps every loss
finite: log(1 - sigmoid(40)) is -inf in float32, -softplus(40) is -40. All functions take logits of shape
(B,), return a scalar, and raise a ValueError for anything else.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from ganlib.engine.checks import describe

__all__ = [
    "Loss",
    "binary_d_loss",
    "hinge",
    "hinge_d_loss",
    "minimax",
    "minimax_g_loss",
    "non_saturating",
    "non_saturating_g_loss",
    "relativistic",
    "relativistic_d_loss",
    "relativistic_g_loss",
    "wasserstein",
    "wasserstein_d_loss",
    "wasserstein_g_loss",
]


class Loss(NamedTuple):
    """d_loss(real, fake) and g_loss(fake): logits of shape (B,) -> scalar, minimized by D and by G."""

    d_loss: Callable[[Tensor, Tensor], Tensor]
    g_loss: Callable[..., Tensor]


def binary_d_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-V(D, G) = -E[log D(x)] - E[log(1 - D(G(z)))], the two cross-entropies of the original game.

    Equals 2 log 2 = 1.386 when D says 1/2 everywhere. Goodfellow et al., 2014, arXiv:1406.2661. Notebook 01.

    Example:
        >>> binary_d_loss(torch.zeros(4), torch.zeros(4))
        tensor(1.3863)
    """
    _check_logits(real=real, fake=fake)
    return softplus(-real).mean() + softplus(fake).mean()  # -log sigmoid(real), -log(1 - sigmoid(fake))


def minimax_g_loss(fake: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))], the saturating loss: its derivative in the logit is -D.

    That vanishes where D is sure of a fake.

    Goodfellow et al., 2014, arXiv:1406.2661. Notebook 01.

    Example:
        >>> minimax_g_loss(torch.zeros(4))
        tensor(-0.6931)
    """
    _check_logits(fake=fake)
    return -softplus(fake).mean()


def non_saturating_g_loss(fake: Tensor) -> Tensor:
    """-E[log D(G(z))]: its derivative in the logit is -(1 - D), which is largest where D is sure of a fake.

    Goodfellow et al., 2014, arXiv:1406.2661, section 3. Notebook 01.

    Example:
        >>> non_saturating_g_loss(torch.zeros(4))
        tensor(0.6931)
    """
    _check_logits(fake=fake)
    return softplus(-fake).mean()


def wasserstein_d_loss(real: Tensor, fake: Tensor) -> Tensor:
    """E[critic(fake)] - E[critic(real)]: minus the critic's gap, an estimate of the Wasserstein-1 distance.

    Critic values are unbounded unless the critic is kept Lipschitz. Arjovsky, Chintala and Bottou, 2017,
    arXiv:1701.07875. Notebook 05.

    Example:
        >>> wasserstein_d_loss(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 1.0]))
        tensor(-3.)
    """
    _check_logits(real=real, fake=fake)
    return fake.mean() - real.mean()


def wasserstein_g_loss(fake: Tensor) -> Tensor:
    """-E[critic(fake)]. Arjovsky, Chintala and Bottou, 2017, arXiv:1701.07875. Notebook 05.

    Example:
        >>> wasserstein_g_loss(torch.tensor([1.0, 2.0]))
        tensor(-1.5000)
    """
    _check_logits(fake=fake)
    return -fake.mean()


def hinge_d_loss(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - critic(real))] + E[max(0, 1 + critic(fake))]: samples beyond the margin no longer count.

    Lim and Ye, 2017, arXiv:1705.02894. Notebook 09.

    Example:
        >>> hinge_d_loss(torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 0.0]))
        tensor(1.)
    """
    _check_logits(real=real, fake=fake)
    return relu(1 - real).mean() + relu(1 + fake).mean()


def relativistic_d_loss(real: Tensor, fake: Tensor) -> Tensor:
    """E[softplus(fake - real)]: D only has to rank each real sample above the fake one at the same position.

    Jolicoeur-Martineau, 2018, arXiv:1807.00734; Huang et al., 2025, arXiv:2501.05441. Notebook 09.

    Example:
        >>> relativistic_d_loss(torch.zeros(4), torch.zeros(4))
        tensor(0.6931)
    """
    _check_logits(real=real, fake=fake)
    _check_pairs(real, fake)
    return softplus(fake - real).mean()


def relativistic_g_loss(real: Tensor, fake: Tensor | None = None) -> Tensor:
    """E[softplus(real - fake)]: the one generator loss that looks at the real logits too.

    `GAN.g_objective` hands in fakes alone, so this loss needs ganlib.variants.RelativisticGAN.
    Jolicoeur-Martineau, 2018, arXiv:1807.00734. Notebook 09.

    Example:
        >>> relativistic_g_loss(torch.zeros(4), torch.zeros(4))
        tensor(0.6931)
    """
    _check_is_relativistic(fake)
    _check_logits(real=real, fake=fake)
    _check_pairs(real, fake)
    return softplus(real - fake).mean()


minimax = Loss(binary_d_loss, minimax_g_loss)
non_saturating = Loss(binary_d_loss, non_saturating_g_loss)
wasserstein = Loss(wasserstein_d_loss, wasserstein_g_loss)
hinge = Loss(hinge_d_loss, wasserstein_g_loss)
relativistic = Loss(relativistic_d_loss, relativistic_g_loss)


def _check_logits(**logits):
    for name, value in logits.items():
        if not (torch.is_tensor(value) and value.is_floating_point() and value.dim() == 1 and len(value) > 0):
            raise ValueError(
                f"{name}: expected logits, a non-empty float tensor of shape (B,), but got "
                f"{describe(value)}; "
                "flatten the critic's output with .flatten()"
            )


def _check_pairs(real, fake):
    if len(real) != len(fake):
        raise ValueError(
            f"fake: expected as many logits as real, {len(real)}, but got {len(fake)}; draw equal batches"
        )


def _check_is_relativistic(fake):
    if fake is None:
        raise ValueError(
            "fake: expected logits next to the real ones, since this loss compares them, but got None; "
            "use ganlib.variants.RelativisticGAN, whose g_objective hands in both"
        )
