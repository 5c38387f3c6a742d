"""Orthogonal regularization by its closed form and by finite differences; a GAN that pays for it."""

import pytest
import torch
from torch import nn

from ganlib.nets import BigDiscriminator, BigGenerator
from ganlib.penalties import gradient_penalty
from ganlib.variants.biggan import BigGAN, orthogonal_penalty


def pairs(rows):
    """Σ over ordered pairs of different rows of their squared inner product, by loops."""
    return sum(float(a @ b) ** 2 for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j)


@pytest.mark.parametrize(
    "layer",
    [nn.Linear(4, 3), nn.Linear(3, 7), nn.Conv2d(2, 3, 3), nn.ConvTranspose2d(3, 2, 4)],
    ids=["wide", "tall", "convolution", "transposed"],
)
def test_it_sums_over_pairs_of_filters(layer):
    weight = layer.weight.detach().double()
    rows = (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)
    assert orthogonal_penalty(layer, 2.0).item() == pytest.approx(2 * pairs(rows), rel=1e-4, abs=1e-6)


def test_orthogonal_filters_of_any_length_are_free():
    layer = nn.Linear(6, 4).double()
    nn.init.orthogonal_(layer.weight)
    layer.weight.data *= torch.tensor([[1.0], [2.0], [3.0], [0.1]])
    assert abs(orthogonal_penalty(layer, 1.0).item()) < 1e-12


def test_its_gradient_by_finite_differences():
    torch.manual_seed(0)
    layer, h = nn.Linear(3, 4).double(), 1e-6
    orthogonal_penalty(layer, 1.0).backward()
    for i, j in ((0, 0), (3, 2)):
        layer.weight.data[i, j] += h
        above = orthogonal_penalty(layer, 1.0).item()
        layer.weight.data[i, j] -= 2 * h
        below = orthogonal_penalty(layer, 1.0).item()
        layer.weight.data[i, j] += h
        assert layer.weight.grad[i, j].item() == pytest.approx((above - below) / 2 / h, rel=1e-5)


def test_a_gan_lowers_it():
    torch.manual_seed(0)
    found = {}
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        gan = BigGAN(BigGenerator(), BigDiscriminator(), orthogonal=weight)
        for _ in range(5):
            gan.step(torch.rand(16, 1, 28, 28), torch.arange(16) % 10)
        found[weight] = orthogonal_penalty(gan.G, 1.0).item()
    assert found[1.0] < 0.8 * found[0.0]


def test_a_second_penalty_is_refused():
    with pytest.raises(ValueError, match="penalty: expected none, since BigGAN has R1, but got"):
        BigGAN(BigGenerator(), BigDiscriminator(), penalty=gradient_penalty)
