"""Shapes, what a patch sees, and where a skip leads."""

import pytest
import torch
from torch import nn

from ganlib.nets import PatchDiscriminator, Translator, Upscaler
from ganlib.nets.translation import receptive_field


@pytest.mark.parametrize("side", [0, 7, 28])
def test_a_patch_sees_as_many_pixels_as_the_formula_says(side):
    D = PatchDiscriminator(width=4, side=side)
    x = torch.randn(1, 1, 28, 28, requires_grad=True)
    logits = D(x, torch.randn(1, 1, side, side) if side else None)
    assert logits.shape == (1, 7, 7)
    (pull,) = torch.autograd.grad(logits[0, 3, 3], x)
    columns = (pull[0, 0] != 0).any(0).nonzero().flatten()
    assert columns[-1] - columns[0] + 1 == receptive_field(D.kernels, D.strides) == 18


def test_the_receptive_field_of_random_layers_by_the_gradient():
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        kernels = torch.randint(1, 6, (3,), generator=generator).tolist()
        strides = torch.randint(1, 4, (3,), generator=generator).tolist()
        layers = [nn.Conv1d(1, 1, k, s) for k, s in zip(kernels, strides)]
        for layer in layers:
            nn.init.ones_(layer.weight)
        x = torch.zeros(1, 1, 300, requires_grad=True)
        out = nn.Sequential(*layers)(x)
        (pull,) = torch.autograd.grad(out[0, 0, out.shape[2] // 2], x)
        seen = pull[0, 0].nonzero().flatten()
        assert seen[-1] - seen[0] + 1 == receptive_field(kernels, strides)


def test_a_condition_counts_and_one_too_many_does_not():
    x, y = torch.randn(2, 1, 28, 28), torch.randn(2, 1, 7, 7)
    D = PatchDiscriminator(width=4, side=7)
    assert not torch.allclose(D(x, y), D(x, y.flip(0)))
    D = PatchDiscriminator(width=4, side=0)
    assert torch.equal(D(x, y), D(x))


def test_the_skip_carries_what_the_middle_cannot():
    torch.manual_seed(0)
    x = torch.randn(1, 1, 28, 28)
    for skip in (True, False):
        net = Translator(width=4, skip=skip).eval()
        net.middle = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Flatten(1), nn.Unflatten(1, (4, 14, 14)))
        nn.init.zeros_(net.middle[0].weight)  # the middle says nothing of x
        same = torch.allclose(net(x), net(x.flip(3)), atol=1e-6)
        assert same != skip


def test_shapes_and_range():
    big = Upscaler(width=8)(torch.randn(3, 1, 7, 7))
    assert big.shape == (3, 1, 28, 28) and big.abs().max() <= 1
    assert Translator(width=8)(torch.randn(3, 1, 28, 28)).shape == (3, 1, 28, 28)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: PatchDiscriminator(side=14), "28, 7 or 0"),
        (lambda: PatchDiscriminator(4)(torch.zeros(2, 1, 28, 28)), r"y: expected pictures .*but got None"),
        (
            lambda: PatchDiscriminator(4, side=7)(torch.zeros(2, 1, 28, 28), torch.zeros(2, 1, 28, 28)),
            r"y: expected pictures of shape \(2, 1, 7, 7\), but got a tensor of shape \(2, 1, 28, 28\)",
        ),
        (lambda: receptive_field([3], [1, 1]), "kernels"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=words):
        call()
