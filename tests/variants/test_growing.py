"""Nets that grow: a fade begins at the old net and ends at the new one."""

import pytest
import torch

from ganlib.data import load
from ganlib.gan import GAN
from ganlib.trainer import Trainer
from ganlib.variants.growing import GrowingDiscriminator, GrowingGenerator, ShrunkImages, fade, set_size


def test_fade_against_a_loop():
    torch.manual_seed(0)
    small, large = torch.randn(2, 1, 3, 3), torch.randn(2, 1, 6, 6)
    found = fade(small, large, 0.3)
    for row in range(6):
        for column in range(6):
            expected = 0.7 * small[..., row // 2, column // 2] + 0.3 * large[..., row, column]
            assert torch.allclose(found[..., row, column], expected)


@pytest.mark.parametrize("side", [14, 28])
def test_a_new_layer_begins_invisible(side):
    torch.manual_seed(0)
    G, D, z = GrowingGenerator(), GrowingDiscriminator(), torch.randn(8, 64)
    G.side, G.alpha = side // 2, 1.0
    old = G(z)
    G.side, G.alpha = side, 0.0
    assert torch.allclose(G(z), old.repeat_interleave(2, 2).repeat_interleave(2, 3), atol=1e-6)
    D.side, D.alpha = side // 2, 1.0
    logits = D(old)
    D.side, D.alpha = side, 0.0
    assert torch.allclose(D(old.repeat_interleave(2, 2).repeat_interleave(2, 3)), logits, atol=1e-5)


def test_every_channel_vector_has_the_same_length():
    G, seen = GrowingGenerator(), []
    G.to_picture[2].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    G(torch.randn(3, 64))
    assert torch.allclose(seen[0].square().mean(1), torch.ones(3, 28, 28), atol=1e-3)


def test_pictures_shrink_to_means_and_fade_as_those_of_g():
    digits = load("mnist")
    torch.manual_seed(0)
    whole, _ = digits.batch(4)
    for alpha in (1.0, 0.25):
        torch.manual_seed(0)
        pictures = ShrunkImages(digits, 14)
        pictures.alpha = alpha
        x, _ = pictures.batch(4)
        means = whole.unflatten(2, (14, 2)).unflatten(4, (14, 2)).mean((3, 5))
        coarse = whole.unflatten(2, (7, 4)).unflatten(4, (7, 4)).mean((3, 5))
        expected = (1 - alpha) * coarse.repeat_interleave(2, 2).repeat_interleave(2, 3) + alpha * means
        assert torch.allclose(x, expected, atol=1e-5)


def test_the_smallest_pictures_have_nothing_to_fade_from():
    pictures = ShrunkImages(load("mnist"), 7)
    torch.manual_seed(0)
    whole, _ = pictures.batch(4)
    pictures.alpha = 0.5
    torch.manual_seed(0)
    assert torch.equal(pictures.batch(4)[0], whole)


def test_it_trains_at_every_size_and_refuses_others():
    gan = GAN(GrowingGenerator(), GrowingDiscriminator())
    for side, alpha in ((7, 1.0), (14, 0.5), (28, 1.0)):
        set_size(gan, side, alpha)
        pictures = ShrunkImages(load("mnist"), side)
        for _ in Trainer(gan, pictures, batch_size=8, graph=False).until(2, every=2):
            pass
        assert gan.generate(2).shape == (2, 1, side, side)
    with pytest.raises(ValueError, match="side: expected one of"):
        set_size(gan, 10)
