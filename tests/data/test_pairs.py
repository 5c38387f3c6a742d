"""Spoiled pictures against scipy and numpy."""

import numpy as np
import scipy.ndimage
import torch

from ganlib import data
from ganlib.data.pairs import Pairs, Unpaired, cut_hole, outline, shrink, thick_on_white, thin_on_black


def digits():
    return data.load("mnist")[:20][0]


def test_outlines_are_scipys_morphological_gradient():
    x = digits()
    for picture, lines in zip(x[:, 0].numpy(), outline(x)[:, 0].numpy()):
        options = {"size": 3, "mode": "constant", "cval": -1.0}
        gradient = scipy.ndimage.grey_dilation(picture, **options) - scipy.ndimage.grey_erosion(
            picture, **options
        )
        np.testing.assert_array_equal(lines > 0, gradient > 0.5)


def test_small_pictures_are_means_of_blocks():
    x = digits()
    blocks = x[:, 0].numpy().reshape(20, 7, 4, 7, 4).mean((2, 4))
    np.testing.assert_allclose(shrink(x)[:, 0].numpy(), blocks, atol=1e-5)


def test_strokes_get_thinner_and_thicker():
    x = digits()
    for picture, thin, thick in zip(
        x[:, 0].numpy(), thin_on_black(x)[:, 0].numpy(), thick_on_white(x)[:, 0].numpy()
    ):
        erosion = scipy.ndimage.grey_erosion(picture, size=2, origin=-1, mode="constant", cval=-1.0)
        np.testing.assert_allclose(thin, erosion)
        dilation = scipy.ndimage.grey_dilation(picture, size=3, mode="constant", cval=-1.0)
        np.testing.assert_allclose(-thick, dilation)


def test_a_hole_is_gray_and_leaves_the_rest():
    x = digits()
    y = cut_hole(x, side=12)
    assert (
        (y[:, :, 8:20, 8:20] == 0).all() and torch.equal(y[:, :, :8], x[:, :, :8]) and not torch.equal(x, y)
    )


def test_pairs_belong_together_and_unpaired_ones_do_not():
    images = data.load("mnist")
    x, y = Pairs(images, shrink).batch(16)
    torch.testing.assert_close(y, shrink(x))
    a, b = Unpaired(images, images, lambda x: x, lambda x: x).batch(16)
    assert a.shape == b.shape and not torch.equal(a, b)
