"""Random affine maps against exact ones."""

import pytest
import torch

from ganlib.data.augment import random_affine


@pytest.fixture
def dot():
    x = torch.full((40, 1, 29, 29), -1.0)
    x[:, :, 14, 14] = 1.0  # the middle
    return x


def centers(x):
    """Where the bright mass of each picture (B, 1, H, W) lies: (row, column) (B, 2), in pixels."""
    weight = (x + 1).flatten(1)
    at = torch.cartesian_prod(torch.arange(29.0), torch.arange(29.0))
    return weight @ at / weight.sum(1, keepdim=True)


def test_nothing_asked_nothing_changed():
    x = torch.randn(3, 2, 11, 11)
    torch.testing.assert_close(random_affine(x, degrees=0, shift=0, scale=0), x, atol=1e-5, rtol=0)


def test_shifts_are_uniform_up_to_the_bound_and_differ_from_picture_to_picture(dot):
    torch.manual_seed(0)
    moved = centers(random_affine(dot.repeat(10, 1, 1, 1), degrees=0, shift=0.1, scale=0)) - 14
    bound = 0.1 * 29
    assert moved.abs().max() <= bound + 0.01 and moved.abs().max() > 0.9 * bound
    assert moved.std(0) == pytest.approx(torch.full((2,), bound / 3**0.5), rel=0.15)
    assert abs(torch.corrcoef(moved.T)[0, 1]) < 0.2, "rows and columns move independently"


def test_a_turn_keeps_the_distance_from_the_middle(dot):
    x = torch.full_like(dot, -1.0)
    x[:, :, 14, 22] = 1.0  # 8 pixels right of the middle
    torch.manual_seed(0)
    turned = centers(random_affine(x, degrees=30, shift=0, scale=0)) - 14
    assert turned.norm(dim=1) == pytest.approx(torch.full((40,), 8.0), abs=0.3)
    angles = torch.atan2(turned[:, 0], turned[:, 1]).rad2deg()
    assert 20 < angles.abs().max() <= 31


def test_a_scale_multiplies_the_distance(dot):
    x = torch.full_like(dot, -1.0)
    x[:, :, 14, 22] = 1.0
    torch.manual_seed(0)
    factors = (centers(random_affine(x, degrees=0, shift=0, scale=0.25)) - 14).norm(dim=1) / 8
    assert 0.74 < factors.min() < 0.85 and 1.15 < factors.max() < 1.26
