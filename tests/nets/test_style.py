"""The style-based generator against torch's own norms."""

import pytest
import torch
from torch.nn.functional import instance_norm

from ganlib.nets.style import MappingNetwork, StyleGenerator, adain, truncate


@pytest.mark.parametrize("seed", range(3))
def test_adain_is_instance_norm_with_a_style(seed):
    torch.manual_seed(seed)
    h, scale, shift = 3 + 2 * torch.randn(4, 5, 6, 7), torch.randn(4, 5), torch.randn(4, 5)
    plain = instance_norm(h)
    assert torch.allclose(
        adain(h, scale, shift), plain * scale[..., None, None] + shift[..., None, None], atol=1e-5
    )


def test_adain_gives_each_picture_its_own_mean_and_spread():
    torch.manual_seed(0)
    h, scale, shift = torch.randn(3, 2, 9, 9), 1 + torch.rand(3, 2), torch.randn(3, 2)
    styled = adain(h, scale, shift)
    assert torch.allclose(styled.mean((2, 3)), shift, atol=1e-5)
    assert torch.allclose(styled.std((2, 3), unbiased=False), scale, atol=1e-3)
    other = torch.cat([h[:1], 100 * torch.randn(2, 2, 9, 9)])
    assert torch.allclose(adain(other, scale, shift)[0], styled[0], atol=1e-5), "its neighbors do not matter"


def test_adain_refuses_a_style_of_another_shape():
    with pytest.raises(ValueError, match=r"shift: expected shape \(2, 3\)"):
        adain(torch.zeros(2, 3, 4, 4), torch.zeros(2, 3), torch.zeros(3))


def test_truncation_ends_at_the_mean_and_leaves_one_alone():
    w, mean = torch.randn(6, 4), torch.randn(4)
    assert torch.equal(truncate(w, mean, 0.0), mean.expand(6, 4))
    assert torch.allclose(truncate(w, mean, 1.0), w)
    assert torch.allclose((truncate(w, mean, 0.5) - mean).norm(dim=1), (w - mean).norm(dim=1) / 2)


def test_the_mapping_sees_only_the_direction_of_z_and_keeps_a_spread():
    torch.manual_seed(0)
    net, z = MappingNetwork(64), torch.randn(500, 64)
    assert torch.allclose(net(z), net(7 * z), atol=1e-4)
    assert 0.5 < net(z).square().mean().sqrt() < 2


def test_a_layer_hears_its_own_style_only():
    torch.manual_seed(0)
    G = StyleGenerator().eval()  # the noise has strength 0 before training
    a, b = (G.mapping(torch.randn(3, 64)) for _ in range(2))
    maps = {}
    for i, layer in enumerate(G.layers):
        layer.register_forward_hook(lambda module, inputs, output, i=i: maps.setdefault(i, []).append(output))
    with torch.no_grad():
        G.synthesize(torch.stack([a, a, a, a], 1))
        G.synthesize(torch.stack([a, a, a, b], 1))
    assert all(torch.equal(*maps[i]) for i in range(3)) and not torch.allclose(*maps[3])


def test_half_of_the_training_pictures_mix_two_styles():
    torch.manual_seed(0)
    G = StyleGenerator()
    w = G.mapping(torch.randn(4000, 64))[:, None].expand(-1, 4, -1)
    own = (G._mixed(w) == w).all(2).float()
    assert own[:, 0].min() == 1 and (own.diff(dim=1) <= 0).all()  # one cut, from a to another
    assert own[:, 3].mean().item() == pytest.approx(0.5, abs=0.04)
    assert own[:, 1].mean().item() == pytest.approx(1 - 0.5 / 3, abs=0.04)


def test_every_weight_gets_a_gradient():
    G = StyleGenerator()
    G(torch.randn(8, 64)).square().sum().backward()
    assert [name for name, p in G.named_parameters() if p.grad is None] == []


def test_synthesize_refuses_one_style_for_all():
    with pytest.raises(ValueError, match="w: expected shape"):
        StyleGenerator().synthesize(torch.zeros(2, 64))
