"""What GAN and Trainer accept, and how they refuse the rest."""

from typing import Any

import torch
from torch import Tensor, nn

from ganlib.engine.checks import describe

__all__ = [
    "check_batch",
    "check_gan",
    "check_range",
    "check_same_shape",
    "check_steps",
    "check_trainer",
    "conditions",
    "latent_vectors",
]


def check_same_shape(real, fake):
    if real.shape[1:] != fake.shape[1:]:
        raise ValueError(
            f"real: expected samples of the shape that G draws, {tuple(fake.shape[1:])}, but got "
            f"{tuple(real.shape[1:])}; "
            "build G and D with the shape of the data"
        )


def check_gan(G, D, loss, d_steps, z_dim):
    for name, net in (("G", G), ("D", D)):
        if not isinstance(net, nn.Module):
            raise ValueError(
                f"{name}: expected a torch.nn.Module, but got {describe(net)}; MLPGenerator() is one"
            )
        if next(net.parameters(), None) is None:
            raise ValueError(
                f"{name}: expected a net with weights, but got {type(net).__name__}, which has none; "
                "MLPGenerator() has some"
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


def check_batch(real: Any, gan: Any) -> None:
    """Raise an error unless real is a batch that gan.step can use."""
    if not torch.is_tensor(real):
        raise TypeError(f"real: expected a tensor, but got {type(real).__name__}; torch.as_tensor(array)")
    dtype = next(gan.D.parameters(), real).dtype
    if real.dtype != dtype or real.device.type != gan.device.type:
        raise ValueError(
            f"real: expected {dtype} on {gan.device}, but got {real.dtype} on {real.device}; "
            "data.load(..., device=device) gives such batches, x.float() converts"
        )
    if len(real) % gan.d_steps:
        raise ValueError(
            f"real: expected a multiple of d_steps = {gan.d_steps} samples, but got {len(real)}; draw more"
        )


def latent_vectors(n: Any, z: Any, z_dim: int, weight: Tensor) -> Tensor:
    """n random latent vectors, or z as a tensor (n, z_dim); exactly one of n and z may be given.

    They have the dtype and the device of weight, one of G's.
    """
    if (n is None) == (z is None):
        raise ValueError(
            f"n: expected either n or z, but got n = {n!r} and {'no z' if z is None else 'a z'}; generate(64)"
        )
    if z is None:
        if not (isinstance(n, int) and n > 0):
            raise ValueError(f"n: expected a positive integer, but got {n!r}; generate(64)")
        return torch.randn(n, z_dim, dtype=weight.dtype, device=weight.device)
    z = torch.as_tensor(z, dtype=weight.dtype, device=weight.device)
    if z.dim() != 2 or z.shape[1] != z_dim:
        raise ValueError(f"z: expected shape (n, {z_dim}), but got {describe(z)}; torch.randn(n, gan.z_dim)")
    return z


def conditions(y: Any, n: int, classes: int, device: torch.device) -> Tensor:
    """One label or n of them as a tensor (n,) of known classes; images (n, ...) as they are."""
    given, y = y, torch.as_tensor(y, device=device)
    if y.is_floating_point() and y.dim() > 1:
        if len(y) != n:
            raise ValueError(f"y: expected {n} images, but got {describe(y)}; one for each sample")
        return y
    if not classes:
        raise ValueError(
            f"y: expected no labels, since G has no n_classes, but got {describe(given)}; build G with "
            "n_classes=10"
        )
    wanted = f"y: expected 1 or {n} integer labels from 0 to {classes - 1}"
    if y.dtype != torch.long or y.numel() not in (1, n):
        raise ValueError(f"{wanted}, but got {describe(given)}; y=3, or torch.arange(n) % {classes}")
    unknown = y[(y < 0) | (y >= classes)]
    if len(unknown):
        raise ValueError(f"{wanted}, but got {unknown[0].item()}; build both nets with more n_classes")
    return y.flatten().expand(n)


def check_trainer(model, data, batch_size, conditional):
    if not (isinstance(batch_size, int) and batch_size > 1):
        raise ValueError(f"batch_size: expected an integer, 2 or more, but got {batch_size!r}; use 64")
    if not hasattr(model, "capture_key"):
        raise ValueError(
            f"model: expected a GAN or another Trainable, but got {describe(model)}; GAN(G, D) is one"
        )
    if not hasattr(data, "batch"):
        raise ValueError(
            f"data: expected an object with batch(n) -> (x, y), but got {describe(data)}; "
            "data.load('mnist'), or toys.ring()"
        )
    known = getattr(getattr(model, "G", None), "n_classes", None)
    classes = len(getattr(data, "class_names", ()))
    if conditional and known is not None and classes > known:
        raise ValueError(
            f"data: expected the {known} classes that G knows, but got {classes}; build both nets with "
            f"n_classes={classes}"
        )


def check_steps(total, every):
    if not (isinstance(total, int) and total >= 0):
        raise ValueError(f"total: expected an integer number of steps, but got {total!r}; until(5_000)")
    if not (isinstance(every, int) and every > 0):
        raise ValueError(f"every: expected a positive integer number of steps, but got {every!r}; every=100")


def check_range(x):
    """Images in [0, 1] or [0, 255] train silently and badly, since G's tanh draws in [-1, 1]."""
    if not torch.is_tensor(x):
        raise TypeError(
            f"data: expected batches of tensors, but got {type(x).__name__}; torch.as_tensor(array)"
        )
    if x.dim() != 4 or not x.is_floating_point():
        return
    low, high = x.min().item(), x.max().item()
    if low >= 0 and high > 0 or low < -1.01 or high > 1.01:
        raise ValueError(
            f"data: expected images scaled to [-1, 1], but got values from {low:.3g} to {high:.3g}; "
            "scale bytes with x / 127.5 - 1, and values in [0, 1] with 2 * x - 1"
        )
