"""Penalties on the critic's slope, all called as penalty(critic, real, fake), and weight clipping. Notebooks 05 and 09.

`critic` maps x to one logit a sample; labels, where there are any, are already bound into it.
"""

import torch

from ganlib.errors import expect


def input_gradient(critic, x):
    """The slope of the critic at each sample: x (B, ...) -> ∇critic(x) (B, ...), still differentiable.

    Summing the logits before differentiating gives every sample its own gradient only while no sample's logit
    depends on another sample: batch norm in the critic breaks that. Notebook 05.
    """
    check_batch("x", x)
    x = x.detach().requires_grad_()
    logits = critic(x)
    ok = torch.is_tensor(logits) and logits.shape == x.shape[:1]
    expect(ok, "critic(x)", logits, f"logits of shape ({len(x)},)", "flatten the critic's output")
    expect(logits.requires_grad, "critic(x)", "logits without a graph", "a graph back to x", "leave torch.no_grad() and detach()")
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True, materialize_grads=True)
    return gradient


def check_batch(name, x):
    """Raise a ValueError unless x is a non-empty tensor of float samples."""
    ok = torch.is_tensor(x) and x.is_floating_point() and x.dim() > 1 and len(x) > 0
    expect(ok, name, x, "a non-empty float batch (B, ...)", "pass samples, scaled as floats")


def squared_norm(gradient):
    """(B, ...) -> (B,): the squared length of each sample's gradient, in float32 at least: 300² is too large for float16."""
    return gradient.flatten(1).to(torch.promote_types(gradient.dtype, torch.float32)).square().sum(1)


def gradient_penalty(critic, real, fake, weight=10.0):
    """Pull the critic's slope toward 1 between real and fake samples.

        weight * E[(|∇critic(x̂)| - 1)²],   x̂ = real + t (fake - real),  t ~ U[0, 1]

    real, fake: (B, ...) -> scalar. One t a sample, not a pixel. The critic must not use batch norm:
    the slope belongs to a single sample. Gulrajani et al., 2017, arXiv:1704.00028. Notebook 05.
    """
    check_batch("real", real)
    check_batch("fake", fake)
    expect(fake.shape == real.shape, "fake", fake, f"the shape of real, {tuple(real.shape)}", "draw equal batches")
    t = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, dtype=real.dtype)  # (B, 1, ...)
    slope = norm(input_gradient(critic, real + t * (fake - real)))  # (B,)
    return weight * (slope - 1).square().mean()


def norm(gradient):
    """(B, ...) -> (B,): the length of each sample's gradient, with slope 0 instead of NaN where the length is 0."""
    squared = squared_norm(gradient)
    return torch.where(squared > 0, squared.clamp_min(1e-24).sqrt(), squared)


def r1_penalty(critic, real, fake=None, weight=0.1):
    """weight / 2 * E[|∇critic(real)|²]: damp the critic on real samples, which makes training locally convergent.

    real: (B, ...) -> scalar; fake is not used. Mescheder, Geiger and Nowozin, 2018, arXiv:1801.04406. Notebook 09.
    """
    return weight / 2 * squared_norm(input_gradient(critic, real)).mean()


def r2_penalty(critic, real, fake, weight=0.1):
    """weight / 2 * E[|∇critic(fake)|²]: the same damping on generated samples; real is not used.

    fake: (B, ...) -> scalar. Mescheder, Geiger and Nowozin, 2018, arXiv:1801.04406. Notebook 09.
    """
    return weight / 2 * squared_norm(input_gradient(critic, fake)).mean()


@torch.no_grad()
def clip_weights(critic, limit=0.01):
    """Clamp every parameter of the critic, a module, to [-limit, limit] in place: WGAN's crude bound on its slope.

    Arjovsky, Chintala and Bottou, 2017, arXiv:1701.07875. Notebook 05.
    """
    expect(limit > 0, "limit", limit, "a positive number", "the paper uses 0.01")
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)
