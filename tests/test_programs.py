"""python -m ganlib.train and ganlib.sample: a run begins, stops, goes on, and is drawn from."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from functools import partialmethod
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ganlib import sample, train
from ganlib.engine.checkpoint import load_tensors

ROOT = Path(__file__).parent.parent


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        Image.fromarray(rng.integers(0, 255, (40, 50, 3), np.uint8)).save(folder / f"{i}.png")
    return folder


def command(photos, out, steps):
    options = {
        "data": photos,
        "out": out,
        "steps": steps,
        "size": 32,
        "batch": 8,
        "width": 8,
        "device": "cpu",
    }
    return [part for name, value in options.items() for part in (f"--{name}", str(value))]


def test_a_run_stops_and_goes_on_bit_for_bit(photos, tmp_path, capsys):
    train.main(command(photos, tmp_path / "a", 6))
    for steps in (3, 6):
        train.main(command(photos, tmp_path / "b", steps))
    one, other = (load_tensors(tmp_path / name / "state.safetensors")[0] for name in "ab")
    assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
    assert "6 of 6 steps" in capsys.readouterr().out
    rows = [json.loads(line) for line in (tmp_path / "b" / "losses.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [3, 6] and {"d_loss", "penalty", "g_loss"} <= rows[0].keys()
    with Image.open(tmp_path / "b" / "samples-000006.png") as sheet:
        assert sheet.mode == "RGB" and sheet.text == {"seed": "0", "step": "6", "run": "b"}


def test_other_settings_do_not_mix_into_a_run(photos, tmp_path):
    train.main(command(photos, tmp_path / "a", 2))
    with pytest.raises(ValueError, match="--batch: expected 8, with which .*a was begun, but got 16"):
        train.main([*command(photos, tmp_path / "a", 4), "--batch", "16"])


def test_samples_of_equal_seeds_are_equal(photos, tmp_path):
    train.main(command(photos, tmp_path / "a", 2))
    first, again, other = (sample.samples(tmp_path / "a", 5, seed) for seed in (3, 3, 4))
    assert first.shape == (5, 3, 32, 32) and torch.equal(first, again) and not torch.equal(first, other)
    sample.main([str(tmp_path / "a"), "--n", "4", "--grid", "--seed", "3"])
    with Image.open(tmp_path / "a" / "samples-seed3.png") as sheet:
        assert sheet.size == (2 * 34 + 2, 2 * 34 + 2) and sheet.text["seed"] == "3"
    sample.main([str(tmp_path / "a"), "--n", "3", "--out", str(tmp_path / "files")])
    assert len(list((tmp_path / "files").iterdir())) == 3


def test_control_c_saves_and_the_run_goes_on(photos, tmp_path):
    words = [sys.executable, "-m", "ganlib.train", *command(photos, tmp_path / "a", 1_000_000)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while not (tmp_path / "a" / "losses.jsonl").is_file():
        assert process.poll() is None
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "Stopped at step" in said and "The same command goes on" in said
    assert (tmp_path / "a" / "state.safetensors").is_file()


def test_what_a_kill_has_undone_is_not_in_the_losses_twice(photos, tmp_path, monkeypatch):
    """The last saved state is of step 4, the losses go on to step 6 and to half a line."""
    monkeypatch.setattr(train.Trainer, "until", partialmethod(train.Trainer.until, every=2))
    losses, state = (tmp_path / "a" / name for name in ("losses.jsonl", "state.safetensors"))
    train.main(command(photos, tmp_path / "a", 4))
    kept = state.read_bytes()
    train.main(command(photos, tmp_path / "a", 6))
    whole = losses.read_text()
    losses.write_text(whole + '{"step": 8, "d_lo')
    state.write_bytes(kept)
    train.main(command(photos, tmp_path / "a", 6))
    assert losses.read_text() == whole


def test_drawing_leaves_the_callers_random_stream_alone(photos, tmp_path):
    train.main(command(photos, tmp_path / "a", 1))
    torch.manual_seed(7)
    before = torch.get_rng_state()
    sample.samples(tmp_path / "a", 2, seed=3)
    assert torch.equal(torch.get_rng_state(), before)


def test_tensorboard_gets_losses_and_samples(photos, tmp_path):
    """TensorBoard's own reader finds them."""
    train.main(command(photos, tmp_path / "a", 3))
    events = EventAccumulator(str(tmp_path / "a" / "tensorboard"))
    events.Reload()
    (row,) = map(json.loads, (tmp_path / "a" / "losses.jsonl").read_text().splitlines())
    assert set(events.Tags()["scalars"]) == row.keys() - {"step"} and len(row) == 4
    for name in events.Tags()["scalars"]:
        (scalar,) = events.Scalars(name)
        assert scalar.step == 3 and abs(scalar.value - row[name]) < 1e-5
    (image,) = events.Images("samples")
    with Image.open(tmp_path / "a" / "samples-000003.png") as sheet:
        drawn = np.asarray(sheet)[2:34, 2:34].astype(int)
    shown = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))[2:34, 2:34]
    assert image.step == 3 and (image.width, image.height) == (8 * 34 + 2,) * 2
    assert abs(drawn - shown).max() <= 1


def test_without_tensorboard_training_goes_on(photos, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # importing it raises an ImportError
    train.main(command(photos, tmp_path / "a", 1))
    assert not (tmp_path / "a" / "tensorboard").exists()


def test_the_sheets_of_a_run_make_an_animation(photos, tmp_path, monkeypatch):
    """Few at the end, many at the start, when pictures change most."""
    monkeypatch.setattr(train.Trainer, "until", partialmethod(train.Trainer.until, every=2))
    train.main(command(photos, tmp_path / "a", 20))
    assert [path.stem[-2:] for path in sorted((tmp_path / "a").glob("samples-*.png"))] == [
        *("02", "04", "06", "08", "10", "12", "16", "20")
    ]


def test_mistakes_end_in_one_sentence(tmp_path):
    bad = [
        (
            ["ganlib.train", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "a")],
            "expected a folder",
        ),
        (["ganlib.train", "--data", "mnist", "--out", str(tmp_path / "b")], "expected 28 and --channels 1"),
        (["ganlib.sample", str(tmp_path / "c")], "expected a folder of python -m ganlib.train"),
    ]
    for words, message in bad:
        done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1 and message in done.stderr and "Traceback" not in done.stderr


def test_an_explosion_ends_in_words_for_a_command_line(photos, tmp_path):
    words = [sys.executable, "-m", "ganlib.train", *command(photos, tmp_path / "a", 2), "--r1", "1e39"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr and "cell" not in done.stderr
    assert done.stderr.endswith("by step 2; begin again with another --out and a lower --lr\n")


def test_a_full_memory_ends_in_words_for_a_command_line():
    full = MemoryError("The device's memory is full with batch_size=64. Build the Trainer again.")
    way_on = "; begin again with another --out and a smaller --batch"
    assert train._in_words(full) == f"The device's memory is full with batch_size=64{way_on}"
    assert train._in_words(MemoryError()) == f"the memory is full{way_on}"
