"""A folder of somebody's own pictures: every mode and size, turned, nested, broken, too many."""

import io
import itertools
import os

import numpy as np
import pytest
import torch
from PIL import Image

from ganlib import data

BAD_OPTIONS = [
    ({"size": 3}, "size: expected an integer"),
    ({"channels": 2}, "channels: expected 1"),
    ({"fit": "stretch"}, "fit: expected 'crop' or 'pad'"),
]


def picture(path, size=(40, 30), color="red", mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


def test_nested_folders_are_classes_and_any_mode_becomes_color(tmp_path):
    picture(tmp_path / "cats" / "a.png", mode="RGBA", color=(255, 0, 0, 0))  # transparent: white
    picture(tmp_path / "cats" / "b.jpg", size=(300, 200))
    picture(tmp_path / "dogs" / "small" / "c.gif", mode="P", color=0)
    picture(tmp_path / "dogs" / "d.tif", mode="L", color=128)
    picture(tmp_path / "e.bmp", mode="1", color=1)
    images = data.folder(tmp_path, size=32)
    assert images.images.shape == (5, 3, 32, 32) and images.class_names == [".", "cats", "dogs", "dogs/small"]
    assert images.labels.tolist() == [1, 1, 2, 3, 0]
    assert (images.images[0] == 255).all(), "what is transparent becomes white"
    gray = data.folder(tmp_path, size=16, channels=1)
    assert gray.images.shape == (5, 1, 16, 16) and abs(int(gray.images[2, 0, 0, 0]) - 128) < 2
    x, y = images.batch(4)
    assert x.min() >= -1 and x.max() <= 1 and y.shape == (4,)


def test_crop_takes_the_middle_and_pad_adds_white(tmp_path):
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = 255  # the middle third is white, the rest black
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert (data.folder(tmp_path, size=20).images == 255).all()
    padded = data.folder(tmp_path, size=60, fit="pad").images[0, 0]
    assert (padded[:19] == 255).all() and (padded[41:] == 255).all() and padded[30, 5] == 0


def test_a_turned_photograph_stands_upright(tmp_path):
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16] = 255  # white above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise when it is shown
    Image.fromarray(pixels).rotate(90).save(tmp_path / "a.png", exif=exif)
    upright = data.folder(tmp_path, size=32).images[0, 0]
    assert upright[4:12].float().mean() > 200 and upright[20:28].float().mean() < 50


def test_what_is_no_picture_is_skipped_and_named(tmp_path, capsys):
    picture(tmp_path / "good.png")
    (tmp_path / "text.png").write_text("not a picture")
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "PNG")
    (tmp_path / "cut.png").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    (tmp_path / ".hidden").write_text("x")
    assert len(data.folder(tmp_path, size=16)) == 1
    said = capsys.readouterr().out
    assert "2 of 3 files" in said and "text.png: no picture" in said and "cut.png" in said
    data.folder(tmp_path, size=16)
    assert "2 of 3 files" in capsys.readouterr().out, "said again when the cache answers"


def test_a_decompression_bomb_is_never_unpacked(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    picture(tmp_path / "bomb.png", size=(50, 50))
    picture(tmp_path / "large.png", size=(40, 40))
    picture(tmp_path / "good.png", size=(20, 20))
    assert len(data.folder(tmp_path, size=16)) == 1
    assert "decompression bomb" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may read everything")
def test_a_file_without_permission_is_skipped(tmp_path, capsys):
    picture(tmp_path / "good.png")
    picture(tmp_path / "locked.png")
    (tmp_path / "locked.png").chmod(0)
    assert len(data.folder(tmp_path, size=16)) == 1 and "locked.png: no permission" in capsys.readouterr().out


def test_the_cache_is_by_content_and_mends_itself(tmp_path, fresh_home, monkeypatch):
    picture(tmp_path / "a.png")
    first = data.folder(tmp_path, size=16)
    (cached,) = (fresh_home / "folders").iterdir()

    def never(*arguments):
        raise AssertionError("the pictures are read again")

    with monkeypatch.context() as patched:
        patched.setattr("ganlib.data.pictures._read_all", never)
        assert torch.equal(data.folder(tmp_path, size=16).images, first.images)
    picture(tmp_path / "b.png", color="blue")
    assert len(data.folder(tmp_path, size=16)) == 2
    cached.write_bytes(b"damaged")
    (tmp_path / "b.png").unlink()
    assert torch.equal(data.folder(tmp_path, size=16).images, first.images)


def test_bad_folders_are_named(tmp_path):
    with pytest.raises(ValueError, match="path: expected pictures below .*, but got none"):
        data.folder(tmp_path)
    with pytest.raises(ValueError, match="path: expected a folder, but got .*missing"):
        data.folder(tmp_path / "missing")
    for options, message in BAD_OPTIONS:
        with pytest.raises(ValueError, match=message):
            data.folder(tmp_path, **options)


def test_too_many_pictures_are_refused_before_any_is_read(tmp_path, monkeypatch):
    files = [tmp_path / f"{i}.png" for i in range(200_000)]
    monkeypatch.setattr("ganlib.data.pictures._files_below", lambda path: files)
    with pytest.raises(
        ValueError, match="at most 174,762 pictures of 64x64, 2 GiB in memory, but got 200,000"
    ):
        data.folder(tmp_path)


def ramp(dtype):
    """Grays from black to white, 64x64, in 16 bits."""
    return np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(dtype)


@pytest.mark.parametrize(
    "name, dtype, mode", [("a.png", "<u2", "I;16"), ("a.tif", ">u2", "I;16B"), ("a.tif", "i4", "I")]
)
def test_grays_of_16_bits_are_scaled_and_not_cut_off(tmp_path, name, dtype, mode):
    Image.fromarray(ramp(dtype)).save(tmp_path / name)
    assert Image.open(tmp_path / name).mode == mode
    for images in (
        data.folder(tmp_path, size=64, channels=1),
        data.from_dataset([Image.open(tmp_path / name)]),
    ):
        expected = torch.from_numpy(ramp(float) / 257).expand_as(images.images[0])
        assert (images.images[0] - expected).abs().max() < 1


def test_pictures_of_floats_are_refused_by_name(tmp_path, capsys):
    floats = Image.fromarray(ramp(np.float32))
    floats.save(tmp_path / "floats.tif")
    picture(tmp_path / "good.png")
    assert len(data.folder(tmp_path, size=16)) == 1
    assert "floats.tif: expected 8 or 16 bits a pixel, but got floats (mode F)" in capsys.readouterr().out
    with pytest.raises(ValueError, match="but got .*mode=F.* as entry 1; .*scale floats to bytes"):
        data.from_dataset([Image.new("L", (9, 9)), floats])


def test_a_dataset_is_checked_as_a_folder_is():
    pictures = [np.zeros((9, 12, 3), np.uint8)]
    for options, message in BAD_OPTIONS:
        with pytest.raises(ValueError, match=message):
            data.from_dataset(pictures, **options)


def test_too_large_a_dataset_is_refused(monkeypatch):
    class Large:
        def __len__(self):
            return 200_000

        def __iter__(self):
            raise AssertionError("a picture is read")

    message = "dataset: expected at most 174,762 pictures of 64x64, 2 GiB in memory, but got 200,000"
    with pytest.raises(ValueError, match=message):
        data.from_dataset(Large())
    monkeypatch.setattr("ganlib.data.pictures.MAX_BYTES", 3 * 8 * 8 * 2)
    endless = itertools.repeat(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="dataset: expected at most 2 pictures of 8x8"):
        data.from_dataset(endless, size=8)


def test_datasets_of_other_libraries():
    class Torchvision:
        classes = ["cat", "dog"]

        def __iter__(self):
            yield Image.new("RGB", (30, 20), "red"), 1
            yield Image.new("L", (20, 30), 7), 0

    images = data.from_dataset(Torchvision(), size=16)
    assert images.class_names == ["cat", "dog"] and images.labels.tolist() == [1, 0]
    rows = [{"image": Image.new("RGB", (9, 9)), "label": 2}, {"img": Image.new("RGB", (9, 9)), "label": 0}]
    assert data.from_dataset(rows, size=16).class_names == ["0", "1", "2"]
    arrays = np.full((5, 28, 28), 9, np.uint8)
    assert (data.from_dataset(arrays, size=28, channels=1).images == 9).all()
    tensors = torch.full((2, 3, 8, 8), 4, dtype=torch.uint8)
    assert (data.from_dataset(tensors, size=8).images == 4).all()
    with pytest.raises(ValueError, match="dataset: expected PIL images or uint8 arrays, but got .*entry 0"):
        data.from_dataset([torch.rand(3, 8, 8)])
    with pytest.raises(ValueError, match="dataset: expected pictures, but got an empty one"):
        data.from_dataset([])
