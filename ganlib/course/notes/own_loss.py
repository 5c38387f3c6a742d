"""A student's own loss for the counterfeiter, judged by a training: what becomes of G under it?"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

__all__ = ["fate_under", "known", "train"]

START = -6.0


def known(fate: str, loss: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A loss marked with the fate that `train` gave it, so that a check need not train it."""
    loss.fate = fate
    return loss


def train(loss: Callable[[Tensor], Tensor], seed: int, rounds: int = 600):
    """Notebook 01's game: G from N(-6, 1) by plain descent of a loss on D's logits, D by Adam.

    Returns:
        G's mean and spread at the end; `...` where the loss gives back nothing.
    """
    torch.manual_seed(seed)
    G, hidden = nn.Linear(1, 1), (nn.Linear(1, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2))
    D = nn.Sequential(*hidden, nn.Linear(32, 1), nn.Flatten(0))
    nn.init.constant_(G.bias, START)
    nn.init.constant_(G.weight, 1.0)
    g_optimizer = torch.optim.SGD(G.parameters(), lr=0.02)
    d_optimizer = torch.optim.Adam(D.parameters(), lr=3e-3, betas=(0.5, 0.999), fused=True)
    for _ in range(rounds):
        fake = G(torch.randn(128, 1))
        d_loss = softplus(-D(2 + torch.randn(128, 1))).mean() + softplus(D(fake.detach())).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = loss(D(fake))
        if g_loss is None or g_loss is ...:
            return ...
        if not torch.is_tensor(g_loss):
            raise ValueError("return a tensor, without .item(): backward() has to run through it")
        if g_loss.numel() != 1:
            raise ValueError("it should return one number, such as the mean over the notes")
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
    return G.bias.item(), abs(G.weight.item())


def fate_under(loss: Callable[[Tensor], Tensor], seed: int):
    """G arrives, stands still, runs away, is off, or is elsewhere; or the loss copies the page."""
    if hasattr(loss, "fate"):
        return loss.fate
    if _copies_the_page(loss):
        return "copies the page"
    end = train(loss, seed)
    if end is ...:
        return ...
    mean, spread = end
    if abs(mean - START) < 1.5:
        return "stands still"
    if mean < START:
        return "runs away"
    if not abs(mean - 2) < 1.5:
        return "is elsewhere"
    return "arrives" if abs(mean - 2) < 0.3 and abs(spread - 1) < 0.25 else "is off"


def _copies_the_page(loss: Callable[[Tensor], Tensor]) -> bool:
    """Whether a loss pushes each logit as the non-saturating one does, up to one common factor."""
    logits = torch.linspace(-6, 6, 13, requires_grad=True)
    value = loss(logits)
    if not torch.is_tensor(value) or not value.requires_grad or value.numel() != 1:
        return False
    (push,) = torch.autograd.grad(value, logits)
    (known,) = torch.autograd.grad(softplus(-logits).mean(), logits)
    return bool(torch.cosine_similarity(push, known, dim=0) > 0.99999)
