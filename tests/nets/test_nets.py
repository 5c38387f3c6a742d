"""Nets: shapes, ranges, labels, and that no sample's logit depends on another's."""

import pytest
import torch
from torch import nn

from ganlib.nets import (
    DCDiscriminator,
    MLPDiscriminator,
    MLPGenerator,
    ProjectionDiscriminator,
    mlp,
    with_spectral_norm,
)


def test_shapes_and_range():
    G, D = MLPGenerator(), MLPDiscriminator()
    images = G(torch.randn(5, 64))
    assert images.shape == (5, 1, 28, 28) and images.abs().max() <= 1
    assert D(images).shape == (5,)


def test_mlp_puts_batch_norm_from_the_second_layer_on():
    kinds = [type(layer) for layer in mlp(2, 3, 4, 1, batch_norm=True)]
    assert kinds == [nn.Linear, nn.LeakyReLU, nn.Linear, nn.BatchNorm1d, nn.LeakyReLU, nn.Linear]
    with pytest.raises(ValueError, match="widths"):
        mlp(3)


def test_the_discriminator_judges_each_sample_alone():
    D, x = MLPDiscriminator(), torch.rand(6, 1, 28, 28)
    together, alone = D(x), torch.cat([D(one[None]) for one in x])
    torch.testing.assert_close(together, alone)


def test_labels_change_the_answer_and_are_checked():
    G, y = MLPGenerator(n_classes=10).eval(), torch.tensor([3, 4])
    z = torch.randn(1, 64).expand(2, 64)
    first, second = G(z, y)
    assert not torch.equal(first, second)
    with pytest.raises(ValueError, match="y: expected labels.*or y=... to generate"):
        G(z)
    with pytest.raises(ValueError, match="y: expected labels.*or y=... to generate"):
        ProjectionDiscriminator()(torch.rand(2, 1, 28, 28))
    with pytest.raises(ValueError, match="y: expected 2 labels of dtype int64"):
        G(z, y.float())
    with pytest.raises(ValueError, match="y: expected no labels for an unconditional net"):
        MLPGenerator()(z, y)


def test_a_shift_is_added_to_what_d_sees():
    x, y = torch.rand(6, 1, 28, 28), torch.arange(6)
    for kind, labels in ((MLPDiscriminator, ()), (DCDiscriminator, ()), (ProjectionDiscriminator, (y,))):
        plain, shifted = kind(), kind(shift=1.0)
        shifted.load_state_dict(plain.state_dict())
        torch.testing.assert_close(shifted(x, *labels), plain(x + 1, *labels))
        assert not torch.allclose(shifted(x, *labels), plain(x, *labels))


@pytest.mark.parametrize(
    "D", [MLPDiscriminator((32, 16)), DCDiscriminator(4, hidden=8)], ids=("mlp", "dcgan")
)
def test_spectral_norm_makes_every_largest_singular_value_one(D):
    """A full decomposition, where the library takes a step of power iteration for each pass."""
    assert with_spectral_norm(D) is D
    for _ in range(200):
        D(torch.rand(2, 1, 28, 28))
    layers = [layer for layer in D.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
    largest = [torch.linalg.svdvals(layer.weight.flatten(1))[0].item() for layer in layers]
    assert len(largest) == 3 + isinstance(D, DCDiscriminator) and max(abs(s - 1) for s in largest) < 0.02
