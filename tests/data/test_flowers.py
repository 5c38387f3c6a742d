"""The pictures to practice on: equal for equal seeds, each its own, read back as classes."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from ganlib import data
from ganlib.data.flowers import KINDS


def files(folder):
    return sorted(folder.rglob("*.png"))


def test_a_folder_of_flowers_is_a_data_set(tmp_path):
    data.draw_flowers(tmp_path / "a", n=42, size=32, seed=3)
    read = data.folder(tmp_path / "a", size=32, channels=3)
    assert read.images.shape == (42, 3, 32, 32) and read.class_names == sorted(KINDS)
    assert read.labels.bincount().tolist() == [11, 11, 10, 10]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in files(tmp_path)}) == 42


def test_equal_seeds_draw_equal_pictures(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        data.draw_flowers(tmp_path / name, n=4, seed=seed)
    a, b, c = ([np.asarray(Image.open(path)) for path in files(tmp_path / name)] for name in "abc")
    assert all(map(np.array_equal, a, b)) and not any(map(np.array_equal, a, c))


def test_the_colors_are_those_of_the_kinds(tmp_path):
    """A poppy's middle third is redder than green, a violet's bluer; the ground is green."""
    data.draw_flowers(tmp_path, n=40)
    for kind, channel in (("poppy", 0), ("violet", 2)):
        flowers = [np.asarray(Image.open(path), float) for path in files(tmp_path / kind)]
        strongest = [picture[6:18, 8:24].reshape(-1, 3).max(0) - picture[31, 0] for picture in flowers]
        assert np.mean([s[channel] - s[1] for s in strongest]) > 30
        assert all(picture[31, 0].argmax() == 1 for picture in flowers)


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match="expected 4 pictures or more, of 16 pixels or more, but got n=3"):
        data.draw_flowers(tmp_path, n=3)
