"""Damages against scipy's filters and by their definitions."""

import numpy as np
import pytest
import scipy.ndimage
import torch

from ganlib.data.damage import DAMAGES, KINDS, add_noise, box_blur, damage, gaussian_blur


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_box_blur_against_scipy(size):
    x = torch.rand(2, 3, 9, 9)
    origin = 0 if size % 2 else -1  # where scipy puts the longer half
    oracle = scipy.ndimage.uniform_filter(
        x.numpy(), (1, 1, size, size), mode="nearest", origin=(0, 0, origin, origin)
    )
    np.testing.assert_allclose(box_blur(x, size), oracle, atol=1e-5)


def test_gaussian_blur_against_scipy():
    x = torch.rand(2, 3, 12, 12)
    oracle = scipy.ndimage.gaussian_filter(x.numpy(), (0, 0, 1.2, 1.2), mode="nearest", truncate=2.5)
    np.testing.assert_allclose(gaussian_blur(x, 1.2), oracle, atol=1e-5)


def test_a_blur_of_nothing_and_of_less():
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(gaussian_blur(x, 0.0), x)
    for bad in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="sigma: expected 0 or a positive number"):
            gaussian_blur(x, bad)


def test_noise_has_the_standard_deviation_asked_for_and_is_cut_off():
    x = torch.zeros(1, 1, 200, 200)
    noisy = add_noise(x, 0.2, torch.Generator().manual_seed(0))
    assert noisy.std().item() == pytest.approx(0.2, rel=0.02)
    assert add_noise(x, 5.0).abs().max() == 1


@pytest.mark.parametrize("way", range(len(DAMAGES)))
def test_a_damage_counts_its_change_under_its_kind_alone(way):
    torch.manual_seed(way)
    x = torch.rand(32, 1, 28, 28) * 2 - 1
    damaged, amount = damage(x, way)
    assert damaged.shape == x.shape and damaged.abs().max() <= 1 + 1e-5
    kind = KINDS.index(DAMAGES[way][1])
    change = np.sqrt(((damaged - x).double().numpy() ** 2).mean((1, 2, 3)))
    np.testing.assert_allclose(amount[:, kind], change, atol=1e-5)
    assert amount.sum().item() == pytest.approx(amount[:, kind].sum().item())
    assert change.max() > 0.05  # in 32 draws something is damaged visibly
