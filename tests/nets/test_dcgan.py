"""DCGAN's nets: shapes for every size allowed, rules that can be left out, a training resumed bit for bit."""

import pytest
import torch
from torch import nn

from ganlib.gan import GAN
from ganlib.nets import DCDiscriminator, DCGenerator, dcgan
from ganlib.trainer import Trainer

UPS = [dcgan.transposed, dcgan.resize_conv, lambda n_in, n_out: dcgan.transposed(n_in, n_out, kernel=3)]


@pytest.mark.parametrize("size", [16, 20, 28, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_fit_at_every_size_that_halves(size, channels):
    G, D = DCGenerator(width=4, size=size, channels=channels), DCDiscriminator(4, size, channels, hidden=8)
    pictures = G(torch.randn(3, G.z_dim))
    assert pictures.shape == (3, channels, size, size) and pictures.abs().max() <= 1
    assert D(pictures).shape == (3,)


@pytest.mark.parametrize("size", [7, 26, 27, 36, 0, 4])
def test_a_size_that_does_not_halve_to_a_small_map_is_named(size):
    with pytest.raises(ValueError, match=f"size: expected .* but got {size}"):
        DCGenerator(size=size)


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("side", [4, 7, 14])
def test_doubling_and_halving(up, side):
    x = torch.randn(2, 5, side, side)
    assert up(5, 3)(x).shape == (2, 3, 2 * side, 2 * side)
    for down in (dcgan.strided, dcgan.pooled):
        assert down(3, 5)(up(5, 3)(x)).shape == (2, 5, side, side)


def test_an_even_kernel_of_a_resize_convolution_is_refused():
    with pytest.raises(ValueError, match="kernel: expected an odd number, .*but got 4"):
        dcgan.resize_conv(5, 3, kernel=4)


def test_rules_can_be_left_out():
    G = DCGenerator(norm=nn.Identity, activation=dcgan.leaky, output=nn.Identity, up=dcgan.resize_conv)
    kinds = {type(part) for part in G.modules()}
    assert {nn.LeakyReLU, nn.Upsample} <= kinds
    assert not kinds & {nn.BatchNorm2d, nn.ReLU, nn.Tanh, nn.ConvTranspose2d}
    D = DCDiscriminator(norm=nn.BatchNorm2d, hidden=0, down=dcgan.pooled, activation=nn.ReLU)
    kinds = [type(part) for part in D.modules()]
    assert kinds.count(nn.Linear) == 1 and kinds.count(nn.BatchNorm2d) == 1 and nn.MaxPool2d in kinds
    assert nn.LeakyReLU not in kinds and D(G(torch.randn(4, 64))).shape == (4,)


def test_per_sample_says_whether_logits_depend_on_each_other():
    x = torch.rand(6, 1, 28, 28)
    for norm, alone in ((nn.Identity, True), (nn.BatchNorm2d, False)):
        D = DCDiscriminator(width=4, hidden=8, norm=norm)
        assert D.per_sample == alone
        assert torch.allclose(D(x)[:3], D(x[:3]), atol=1e-6) == alone


def test_a_resize_convolution_prints_flat_maps_flat():
    flat = torch.randn(2, 5, 1, 1).expand(2, 5, 8, 8)
    inside = dcgan.resize_conv(5, 3)(flat)[..., 2:-2, 2:-2]
    torch.testing.assert_close(inside, inside[..., :1, :1].expand_as(inside))


def test_training_resumes_bit_for_bit_with_channels_last(tmp_path, digits):
    def fresh():
        torch.manual_seed(0)
        gan = GAN(DCGenerator(width=4), DCDiscriminator(width=4, hidden=8))
        return gan, Trainer(gan, digits, batch_size=8)

    (gan, trainer), (other, resumed) = fresh(), fresh()
    list(trainer.until(3))
    trainer.save(tmp_path / "three.safetensors")
    list(trainer.until(6))
    resumed.load(tmp_path / "three.safetensors")
    list(resumed.until(6))
    for name, value in gan.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
