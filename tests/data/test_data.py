"""Data: the bundle is balanced and in range, bad input is named, toys have the moments they state.

What is damaged or missing is in tests/faults.
"""

import gzip
import math

import numpy as np
import pytest
import torch

from ganlib import data
from ganlib.data import toys
from ganlib.data.images import read_idx


@pytest.mark.parametrize("name, per_class", [("mnist", 1000), ("fashion", 500)])
def test_the_bundle_is_balanced_and_in_range(name, per_class):
    images = data.load(name)
    assert images.images.dtype == torch.uint8 and images.images.shape == (10 * per_class, 1, 28, 28)
    assert torch.bincount(images.labels).tolist() == [per_class] * 10
    assert len(images.images.flatten(1).unique(dim=0)) == len(images), "no image twice"
    x, y = images.batch(256)
    assert x.shape == (256, 1, 28, 28) and x.dtype == torch.float32 and x.min() >= -1 and x.max() <= 1
    assert x.min() == -1 and y.shape == (256,) and y.dtype == torch.long


def test_images_and_labels_belong_together(digits, judge):
    x, y = digits[torch.arange(500)]
    assert (judge.classes(x) == y).float().mean() > 0.97


def test_of_class(digits):
    sevens = digits.of_class(7)
    assert len(sevens) == 1000 and set(sevens.batch(50)[1].tolist()) == {7}
    with pytest.raises(ValueError, match=r"label: expected a class with pictures, one of \[7\], but got 3"):
        sevens.of_class(3)


def test_read_idx_against_a_file_written_by_hand(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "a.gz"
    path.write_bytes(
        gzip.compress(b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (2, 3, 4)) + array.tobytes())
    )
    assert (read_idx(path) == array).all()
    for bad in (
        path.read_bytes()[:-20],
        b"<html>log in</html>",
        gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc"),
        b"",
    ):
        path.write_bytes(bad)
        with pytest.raises(
            ValueError, match="expected a complete gzipped idx file, but got a.gz .*fetch it again"
        ):
            read_idx(path)


def test_bad_input_is_named():
    images, labels = torch.zeros(4, 1, 28, 28, dtype=torch.uint8), torch.arange(4)
    with pytest.raises(ValueError, match="name: expected one of mnist, fashion, but got 'minst'"):
        data.load("minst")
    with pytest.raises(ValueError, match="images: expected a non-empty uint8 tensor"):
        data.ImageSet(images.float(), labels, data.DIGITS)
    with pytest.raises(ValueError, match="labels: expected 4 labels"):
        data.ImageSet(images, labels[:3], data.DIGITS)
    with pytest.raises(ValueError, match=r"labels: expected classes from 0 to 1, but got 0 to 3"):
        data.ImageSet(images, labels, ["a", "b"])
    with pytest.raises(ValueError, match="n: expected 1 to 4 images, the size of the set, but got 5"):
        data.ImageSet(images, labels, data.DIGITS).batch(5)


# Toys


def test_ring_and_grid_have_their_modes():
    ring, grid = toys.ring(), toys.grid()
    assert ring.centers.norm(dim=1).tolist() == pytest.approx([2.0] * 8)
    assert sorted(set(grid.centers[:, 0].tolist())) == [-2, -1, 0, 1, 2] and len(grid.centers) == 25
    torch.manual_seed(0)
    x, mode = ring.batch(40_000)
    assert (x - ring.centers[mode]).std().item() == pytest.approx(0.05, rel=0.02)
    assert torch.bincount(mode).float().div(40_000).tolist() == pytest.approx([1 / 8] * 8, abs=0.01)


def test_mixture_density_integrates_to_one_and_matches_scipy():
    from scipy.stats import norm

    mixture = toys.Mixture([[-1.0], [2.0]], sd=0.5, weights=[1, 3])
    x = torch.linspace(-6, 7, 4001)
    density = mixture.log_prob(x[:, None]).exp()
    oracle = 0.25 * norm.pdf(x, -1, 0.5) + 0.75 * norm.pdf(x, 2, 0.5)
    np.testing.assert_allclose(density, oracle, atol=1e-6)
    assert torch.trapezoid(density, x).item() == pytest.approx(1, abs=1e-5)
    plane = toys.ring().log_prob(torch.zeros(1, 2)).item()
    assert plane == pytest.approx(-(2**2) / (2 * 0.05**2) - math.log(2 * math.pi * 0.05**2), rel=1e-5)


def test_curves_lie_where_they_should():
    torch.manual_seed(0)
    x, _ = toys.swiss_roll(sd=0).batch(1000)
    assert x.norm(dim=1).min() >= 0.5 and x.norm(dim=1).max() <= 2 + 1e-6
    x, branch = toys.two_moons(sd=0).batch(1000)
    center = torch.where(branch[:, None] == 0, torch.tensor([-0.5, 0.0]), torch.tensor([0.5, 0.5]))
    torch.testing.assert_close((x - center).norm(dim=1), torch.ones(1000))


def test_bad_toys_are_named():
    for make, name in (
        (lambda: toys.Mixture([1.0], 0.1), "centers"),
        (lambda: toys.ring(sd=0), "sd"),
        (lambda: toys.Mixture([[0.0], [1.0]], 0.1, weights=[1]), "weights"),
        (lambda: toys.two_moons(sd=-1), "sd"),
    ):
        with pytest.raises(ValueError, match=f"{name}: expected .*but got"):
            make()
