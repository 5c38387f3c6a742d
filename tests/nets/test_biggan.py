"""Class-conditional batch norm against torch's, and standing statistics against the samples themselves."""

import pytest
import torch
from torch.nn.functional import batch_norm

from ganlib.nets.biggan import BigDiscriminator, BigGenerator, ClassBatchNorm, standing_statistics


def test_class_batch_norm_is_batch_norm_with_a_style_for_each_class():
    torch.manual_seed(0)
    layer, h, y = ClassBatchNorm(5, n_classes=3), 2 + 3 * torch.randn(6, 5, 4, 4), torch.tensor([0, 1, 2] * 2)
    torch.nn.init.normal_(layer.style.weight)
    found = layer(h, y)
    for label in range(3):
        scale, shift = layer.style.weight[label].chunk(2)
        by_torch = batch_norm(h, None, None, 1 + scale, shift, training=True)  # all of the batch counts
        assert torch.allclose(found[y == label], by_torch[y == label], atol=1e-5)


def test_a_fresh_layer_knows_no_class():
    h = torch.randn(4, 2, 3, 3)
    layer = ClassBatchNorm(2)
    assert torch.equal(layer(h, torch.zeros(4).long()), layer(h, torch.arange(4)))


@pytest.mark.parametrize("psi", [0.3, 1.0])
def test_standing_statistics_normalize_what_is_sampled(psi):
    torch.manual_seed(0)
    G = standing_statistics(BigGenerator(), psi, batches=8)
    seen = []
    G.norms[1].norm.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        G(psi * torch.randn(1000, 64), torch.arange(1000) % 10)
    assert seen[0].mean((0, 2, 3)).abs().max() < 0.1
    assert (seen[0].std((0, 2, 3)) - 1).abs().max() < 0.1
    assert not G.training and all(norm.norm.momentum == 0.1 for norm in G.norms)


def test_without_them_a_short_z_is_not_normalized():
    torch.manual_seed(0)
    G, seen = standing_statistics(BigGenerator(), 1.0), []
    G.norms[0].norm.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        G(0.3 * torch.randn(500, 64), torch.arange(500) % 10)
    assert seen[0].std((0, 2, 3)).max() < 0.6


def test_the_discriminator_projects_the_label_and_judges_alone():
    torch.manual_seed(0)
    D, x, y = BigDiscriminator(), torch.randn(4, 1, 28, 28), torch.tensor([1, 2, 3, 4])
    together = D(x, y)
    assert torch.allclose(torch.cat([D(x[i : i + 1], y[i : i + 1]) for i in range(4)]), together, atol=1e-5)
    assert (D(x, y.flip(0)) - together).abs().min() > 0


def test_labels_are_asked_for():
    for net, x in ((BigGenerator(), torch.zeros(2, 64)), (BigDiscriminator(), torch.zeros(2, 1, 28, 28))):
        with pytest.raises(ValueError, match="y: expected labels"):
            net(x)
