"""What is taken away opens in other programs: GIF, MP4, PNG, ONNX, a model card, all of a run's."""

import os
import sys
import warnings

import imageio_ffmpeg
import mistune
import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image, ImageSequence

from ganlib import takeaway, train
from ganlib.course import __main__ as course
from ganlib.gan import GAN
from ganlib.nets import DCGenerator, MLPDiscriminator, MLPGenerator
from ganlib.takeaway import __main__ as program
from ganlib.takeaway.onnx_file import export_arguments


@pytest.fixture
def gan():
    torch.manual_seed(0)
    return GAN(MLPGenerator(5, (16, 32), (1, 9, 9)), MLPDiscriminator((16,), (1, 9, 9)))


def frames_of(path):
    """(pixels (frames, H, W), milliseconds) of a GIF, by Pillow."""
    with Image.open(path) as picture:
        shown = [
            (np.asarray(frame.convert("L"), float), frame.info["duration"])
            for frame in ImageSequence.Iterator(picture)
        ]
        assert picture.info["loop"] == 0
    pixels, times = zip(*shown)
    return np.stack(pixels), list(times)


def test_a_training_as_gif(gan, tmp_path):
    z = torch.randn(4, 5)
    sheets = []
    for _ in range(6):
        gan.step(torch.rand(32, 1, 9, 9))
        sheets.append(gan.generate(z=z, ema=False))
    takeaway.save_animation(sheets, tmp_path / "training.gif", 90)
    pixels, times = frames_of(tmp_path / "training.gif")
    assert times == [90] * 5 + [1500] and pixels.shape == (6, 2 * (2 * 9 + 6), 2 * (2 * 9 + 6))
    for found, images in zip(pixels, sheets):
        assert abs(found[4:22, 4:22][::2, ::2] - (images[0, 0].numpy() + 1) * 127.5).max() <= 1


def test_colors_survive_and_sheets_may_come_from_files(tmp_path):
    paths = []
    for i in range(3):
        colors = torch.full((1, 3, 8, 8), -1.0)
        colors[:, i] = 1
        paths.append(tmp_path / f"samples-{i:06}.png")
        takeaway.save_sheet(colors, paths[-1], step=i)
    takeaway.save_animation(paths, tmp_path / "colors.gif")
    with Image.open(tmp_path / "colors.gif") as picture:
        middle = [frame.convert("RGB").getpixel((5, 5)) for frame in ImageSequence.Iterator(picture)]
    assert middle == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def test_the_walk_is_a_closed_loop_of_the_generators_pictures(gan, tmp_path):
    takeaway.save_walk(gan, tmp_path / "walk.gif", n=4, stops=3, between=5, seed=7)
    pixels, times = frames_of(tmp_path / "walk.gif")
    assert times == [80] * 15
    z = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(7))
    for stop in range(3):
        expected = np.asarray(takeaway.image_grid(gan.generate(z=z[stop]), 2, scale=2), float)
        assert abs(pixels[5 * stop] - expected).max() <= 1
    jumps = abs(pixels - np.roll(pixels, -1, 0)).mean((1, 2))
    assert jumps.max() < 4 * jumps.mean(), "no jump, also not from the last picture to the first"


@pytest.mark.parametrize(
    "pictures, name, message",
    [
        ([torch.zeros(1, 1, 8, 8)], "a.gif", "expected 2 or more of one size, but got 1"),
        ([torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 9, 9)], "a.gif", "of one size"),
        ([torch.zeros(1, 1, 8, 8)] * 2, "a.avi", "ends in .gif or .mp4, but got 'a.avi'"),
        ([torch.zeros(8, 8)] * 2, "a.gif", "images: expected a non-empty tensor"),
    ],
)
def test_mistakes_are_named(tmp_path, pictures, name, message):
    with pytest.raises(ValueError, match=message):
        takeaway.save_animation(pictures, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_mp4_without_ffmpeg_says_what_to_install(gan, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("ganlib.takeaway.animation.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="expected the program ffmpeg .*pip install imageio-ffmpeg"):
        takeaway.save_walk(gan, tmp_path / "walk.mp4")


def test_an_mp4_shows_the_pictures(gan, tmp_path):
    """Another program's frames: as many as were saved, with their sides made even, near in brightness."""
    sheets = [torch.full((4, 1, 9, 9), value) for value in (-0.8, 0.0, 0.8)]
    takeaway.save_animation(sheets, tmp_path / "t.mp4", 500)
    frames = imageio_ffmpeg.read_frames(str(tmp_path / "t.mp4"))
    about = next(frames)
    width, height = takeaway.image_grid(sheets[0], 2, scale=2).size
    assert about["codec"] == "h264" and about["pix_fmt"].startswith("yuv420p")
    assert about["source_size"] == (width + width % 2, height + height % 2) and about["fps"] == 2
    inner = [
        np.frombuffer(frame, np.uint8).reshape(*about["size"][::-1], 3)[4:9, 4:9].mean() for frame in frames
    ]
    assert np.allclose(inner, [25.5, 127.5, 229.5, 229.5, 229.5], atol=6)


FAKE = """#!{python}
import json, sys
data = sys.stdin.buffer.read()
if "-fail" in {flags!r}:
    sys.exit("first line\\nUnknown encoder 'libx264'")
open(sys.argv[-1], "wb").write(json.dumps(sys.argv[1:-1]).encode() + b"\\n" + data)
"""


@pytest.mark.skipif(os.name == "nt", reason="the program that stands in for ffmpeg is a POSIX script")
def test_ffmpeg_gets_every_pixel(gan, tmp_path, monkeypatch):
    """A program that stands in for ffmpeg keeps what it gets; the test above uses a real one."""
    fake = tmp_path / "ffmpeg"
    fake.write_text(FAKE.format(python=sys.executable, flags=""))
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    sheets = [gan.generate(z=torch.randn(4, 5)) for _ in range(3)]
    takeaway.save_animation(sheets, tmp_path / "t.mp4", 500)
    words, pixels = (tmp_path / "t.mp4").read_bytes().split(b"\n", 1)
    frames = [takeaway.image_grid(sheet, 2, scale=2).convert("RGB") for sheet in sheets]
    assert pixels == b"".join(frame.tobytes() for frame in [*frames, frames[-1], frames[-1]])
    assert '"-s", "{}x{}"'.format(*frames[0].size) in words.decode() and '"1000/500"' in words.decode()
    fake.write_text(FAKE.format(python=sys.executable, flags="-fail"))
    with pytest.raises(ValueError, match="failed and said: Unknown encoder 'libx264'"):
        takeaway.save_animation(sheets, tmp_path / "other.mp4")
    assert not (tmp_path / "other.mp4").exists()


def test_a_sheet_knows_its_seed(gan, tmp_path):
    images = gan.generate(6)
    takeaway.save_sheet(images, tmp_path / "sheet.png", seed=3, run="a | b")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.text == {"seed": "3", "run": "a | b"} and sheet.size == (2 * 11 + 2, 3 * 11 + 2)
        first = np.asarray(sheet, float)[2:11, 2:11]
    assert abs(first - (images[0, 0].numpy() + 1) * 127.5).max() <= 0.5 + 1e-4


GENERATORS = [MLPGenerator(5, (16, 32)), MLPGenerator(5, (16, 32), n_classes=3), DCGenerator(5, 4, 32, 3)]


@pytest.mark.parametrize("G", GENERATORS, ids=("mlp", "labels", "dcgan"))
def test_what_becomes_an_onnx_file_takes_any_batch(G):
    """The exporter's first half, which needs no other package: torch's own program of the net."""
    arguments = export_arguments(G.eval())
    assert arguments["input_names"] == ["z", "y"][: len(arguments["args"])]
    exported = torch.export.export(G, arguments["args"], dynamic_shapes=arguments["dynamic_shapes"])
    inputs = [torch.randn(7, 5), torch.tensor([0, 1, 2, 0, 1, 2, 2])][: len(arguments["args"])]
    torch.testing.assert_close(exported.module()(*inputs), G(*inputs))


@pytest.mark.parametrize("G", GENERATORS, ids=("mlp", "labels", "dcgan"))
def test_an_onnx_file_runs_without_torch(G, tmp_path):
    with warnings.catch_warnings(record=True) as noise:
        takeaway.save_onnx(G, tmp_path / "generator.onnx")
    assert not [warning for warning in noise if "axis name" in str(warning.message)]
    session = onnxruntime.InferenceSession(tmp_path / "generator.onnx")
    inputs = [torch.randn(7, 5), torch.tensor([0, 1, 2, 0, 1, 2, 2])]
    names = [entry.name for entry in session.get_inputs()]
    (found,) = session.run(["pictures"], dict(zip(names, (tensor.numpy() for tensor in inputs))))
    with torch.no_grad():
        torch.testing.assert_close(
            torch.from_numpy(found), G.eval()(*inputs[: len(names)]), atol=1e-5, rtol=0
        )


def test_without_onnx_a_sentence_says_what_to_install(gan, tmp_path, monkeypatch):
    monkeypatch.setattr("ganlib.takeaway.onnx_file.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install onnx onnxscript"):
        takeaway.save_onnx(gan.G, tmp_path / "generator.onnx")
    assert list(tmp_path.iterdir()) == []


def cells(path):
    """(headings, {first cell: second cell} of all tables) of a Markdown file, by a parser of Markdown."""
    tokens = mistune.create_markdown(renderer=None, plugins=["table"])(path.read_text(encoding="utf-8"))

    def text(node):
        return node.get("raw", "") + "".join(map(text, node.get("children", [])))

    rows = [
        [text(cell) for cell in row["children"]]
        for table in tokens
        if table["type"] == "table"
        for row in table["children"][1]["children"]
    ]
    return [text(token) for token in tokens if token["type"] == "heading"], dict(rows)


def test_the_card_says_what_is_known_and_what_is_not(gan, tmp_path):
    path = tmp_path / "README.md"
    metrics = {"Fréchet distance": 0.051234, "a | b": "5 ± 1"}
    takeaway.save_card(gan, path, data="mnist", metrics=metrics, seed=3, settings={"lr": 1e-3})
    headings, facts = cells(path)
    assert headings[1:] == ["Data", "Sizes", "Training", "Metrics", "Limits"]
    weights = 5 * 16 + 16 + 16 * 32 + 32 + 2 * 32 + 32 * 81 + 81  # with batch norm's gains and shifts
    assert facts["generator"] == f"MLPGenerator, {weights:,} weights"
    assert facts["seed"] == "3" and facts["lr"] == "0.001" and facts["Fréchet distance"] == "0.05123"
    assert facts["a | b"] == "5 ± 1" and "CC BY-SA 3.0" in path.read_text()
    takeaway.save_card(gan, path, data="40 photos of my cat")
    text = path.read_text()
    assert "License of the data: not stated" in text and "Not measured." in text
    assert cells(path)[1]["seed"] == "not stated"


def test_all_of_a_run_by_one_command(tmp_path, capsys, monkeypatch):
    options = ["--data", "mnist", "--size", "28", "--channels", "1", "--width", "8", "--batch", "8"]
    options += ["--device", "cpu", "--out"]
    for steps in ("2", "4"):
        train.main([*options, str(tmp_path / "a"), "--steps", steps])
    monkeypatch.setattr(takeaway.animation.shutil, "which", lambda name: None)
    monkeypatch.setattr(takeaway.animation, "find_spec", lambda name: None)
    capsys.readouterr()
    program.main([str(tmp_path / "a"), "--seed", "5"])
    said = capsys.readouterr().out
    out = tmp_path / "a" / "takeaway"
    assert {"samples.png", "walk.gif", "training.gif", "README.md"} <= {path.name for path in out.iterdir()}
    assert "no training.mp4: path: expected the program ffmpeg" in said
    assert frames_of(out / "training.gif")[1] == [120, 1500]
    assert cells(out / "README.md")[1]["steps"] == "4"
    with Image.open(out / "samples.png") as sheet:
        assert sheet.text == {"seed": "5", "step": "4", "run": "a"}
    with pytest.raises(ValueError, match="expected a folder of python -m ganlib.train"):
        program.main([str(tmp_path / "none")])
    monkeypatch.setattr(sys, "argv", ["ganlib.course", "walk", str(tmp_path / "a")])
    course.main()
    assert '"kernels": [0, 4, 4], "shape": [1, 28, 28]' in (tmp_path / "a" / "walk.html").read_text()
