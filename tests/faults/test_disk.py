"""Disks that are full, read-only or gone, processes killed while they save, files that are damaged."""

import json
import multiprocessing
import os
import pickle
import random
import subprocess
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from ganlib.course import progress
from ganlib.data import toys
from ganlib.engine import checkpoint, files
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer
from tests.faults import isolated

TRAINER = """
import torch
from ganlib import data
from ganlib.course import progress
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer
torch.manual_seed(0)
trainer = Trainer(GAN(MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,))), toys.ring(), 16)
"""


def small(widths=(8, 8), d_widths=(8,)):
    torch.manual_seed(0)
    return Trainer(GAN(MLPGenerator(4, widths, (2,)), MLPDiscriminator(d_widths, (2,))), toys.ring(), 16)


def copy_of_the_course(folder):
    """What a clone holds, at another place."""
    files = subprocess.run(
        ["git", "ls-files", "ganlib", "assets"], cwd=isolated.ROOT, capture_output=True, text=True, check=True
    )
    for name in files.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((isolated.ROOT / name).read_bytes())
    return folder


@isolated.needs_namespaces
def test_a_read_only_clone_at_a_path_with_spaces_and_letters(tmp_path):
    """Everything lies under one folder that nobody can write, GANLIB_HOME and all."""
    course = copy_of_the_course(tmp_path / "Übung № 7, дома" / "gan course")
    code = (
        TRAINER
        + """
for snapshot in trainer.until(4, every=2):
    trainer.save(folder + "/a.safetensors")
print(trainer.step, len(data.load("fashion")), data.load.__globals__["__file__"])
progress.record("x", 1)
print(progress.read()["x"])
"""
    )
    said = isolated.run(
        code, course, isolated.READ_ONLY, course, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=""
    ).splitlines()
    sentence = f"Not saved: {course}/a.safetensors cannot be written (Read-only file system). "
    sentence += "An older file there is complete"
    assert said[0].startswith(sentence) and said[1].startswith(sentence)
    assert said[2] == f"4 5000 {course}/ganlib/data/images.py" and said[3:] == ["1"]


def test_saving_and_loading_under_spaces_and_letters(tmp_path):
    path = tmp_path / "Übung № 7" / "моя сеть.safetensors"
    path.parent.mkdir()
    t, u = small(), small()
    list(t.until(3))
    assert t.save(path) and [p.name for p in path.parent.iterdir()] == [path.name]
    u.load(path)
    assert u.step == 3


@isolated.needs_namespaces
def test_a_full_disk_leaves_the_older_checkpoint_and_training_goes_on(tmp_path):
    code = (
        TRAINER
        + """
import pathlib
path = folder + "/a.safetensors"
list(trainer.until(2))
print(trainer.save(path))
before = pathlib.Path(path).read_bytes()
filler = open(folder + "/filler", "wb", buffering=0)
try:
    while True:
        filler.write(bytes(4096))
except OSError:
    pass
for snapshot in trainer.until(6, every=2):
    print(trainer.save(path))
names = sorted(p.name for p in pathlib.Path(folder).iterdir())
print(trainer.step, pathlib.Path(path).read_bytes() == before, names)
trainer.load(path)
print(trainer.step)
"""
    )
    said = isolated.run(code, tmp_path, isolated.tiny_disk(200)).splitlines()
    assert said[0] == "True" and said[2] == said[4] == "False" and said[-1] == "2"
    assert said[1] == said[3] and "a.safetensors cannot be written (No space left on device)" in said[1]
    assert said[5] == "6 True ['a.safetensors', 'filler']"


@isolated.needs_namespaces
def test_no_disk_can_be_written_at_all(tmp_path):
    """With a full home and read-only temporary folders progress stays in memory, and the bundle is used.

    Each is said in a sentence.
    """
    tmpfs = isolated.tiny_disk(4) + '; head -c 9999 /dev/zero > "$1/filler" 2>/dev/null || true'
    places = [place for place in ("/var/tmp", "/dev/shm", "/tmp") if Path(place).is_dir()]
    locks = "".join(f"; mount --rbind {place} {place}; mount -o remount,ro,bind {place}" for place in places)
    code = """
import os
os.chdir("/proc")
from ganlib import data
from ganlib.course import progress
from ganlib.course.predict import Prediction
progress.record("solved", [1])
print(progress.read()["solved"])
print(len(data.load("mnist", full=True)), len(data.load("mnist", full=True, cache=folder + "/cache")))
"""
    said = isolated.run(
        code, tmp_path, tmpfs + locks, MPLCONFIGDIR="/proc", PYTHONDONTWRITEBYTECODE="1"
    ).splitlines()
    assert said[0].startswith(
        "This is remembered until the kernel ends, not longer: no folder can be written ("
    )
    assert said[1] == "[1]" and said[-1] == "10000 10000"
    assert said[2].startswith("The full MNIST cannot be kept: the folder for downloads is not writable (")
    assert said[3] == said[5] == "Training goes on with the 10,000 bundled images in place of all 60,000."


@isolated.needs_namespaces
def test_no_home(tmp_path):
    code = "from ganlib.course import progress\nfrom ganlib.engine import files\n"
    code += "progress.record('a', 1)\nprint(progress.read(), files.user_folder())"
    said = isolated.run(
        code, tmp_path, isolated.tiny_disk(100), HOME="/proc/nowhere", GANLIB_HOME=None, TMPDIR=str(tmp_path)
    )
    assert said == f"{{'a': 1}} {tmp_path}/ganlib\n"


def test_a_damaged_progress_file_counts_as_none(fresh_home):
    for damage in (b"", b"{", b"[1, 2]", b"7", b"\xff\xfe"):
        (fresh_home / "progress.json").write_bytes(damage)
        assert progress.read() == {}
    progress.record("a", 1)
    assert json.loads((fresh_home / "progress.json").read_text()) == {"a": 1}


# Killed while saving


def save_for_ever(path):
    """In a process of its own: save state after state until killed; entry and fact of a state agree."""
    for i in range(1, 1_000_000):
        checkpoint.save_tensors(path, {"i": torch.full((200_000,), float(i))}, i=i)


def test_kill_9_at_50_random_moments_leaves_a_whole_checkpoint(tmp_path):
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
    if os.name != "nt":
        context.set_forkserver_preload(["tests.faults.test_disk"])
    path, moments = tmp_path / "a.safetensors", random.Random(0)
    checkpoint.save_tensors(path, {"i": torch.zeros(200_000)}, i=0)
    for _ in range(50):
        before = path.stat().st_mtime_ns
        process = context.Process(target=save_for_ever, args=(path,))
        process.start()
        while path.stat().st_mtime_ns == before:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.06))
        process.kill()
        process.join()
        tensors, facts = checkpoint.load_tensors(path)
        assert tensors["i"].eq(facts["i"]).all() and tensors["i"].shape == (200_000,)
    assert len(list(tmp_path.iterdir())) > 10, (
        "many were hit while they wrote: their unfinished files lie beside"
    )


# Files that are not what they should be


class Payload:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def state(t):
    """The tensors and the facts that t saves, by way of a file."""
    path = Path(files.user_folder()) / "state.safetensors"
    t.save(path)
    return checkpoint.load_tensors(path)


FOREIGN = {  # what lies in the file, what is said about it
    "empty": (lambda t, trace: b"", "expected a complete safetensors file"),
    "noise": (lambda t, trace: random.Random(0).randbytes(5000), "expected a complete safetensors file"),
    "text": (lambda t, trace: b"<html>log in</html>" * 50, "expected a complete safetensors file"),
    "pickle": (
        lambda t, trace: pickle.dumps(Payload(trace)),
        "a pickle or a file of torch.save, which can hold code",
    ),
    "huge header": (
        lambda t, trace: (1 << 62).to_bytes(8, "little") + b"{}",
        "expected a complete safetensors file",
    ),
    "another program's": (
        lambda t, trace: save({"weight": torch.zeros(3)}),
        "expected a file written by Trainer.save",
    ),
    "facts of another kind": (
        lambda t, trace: save(state(t)[0], {"facts": "[1, 2]"}),
        "expected a complete safetensors file",
    ),
    "facts missing": (lambda t, trace: save(state(t)[0]), "expected a file written by Trainer.save"),
    "an entry missing": (
        lambda t, trace: with_entries(t, **{"D.net.0.bias": None}),
        "checkpoint entry D.net.0.bias: expected shape .*but got None",
    ),
    "an entry too many": (
        lambda t, trace: with_entries(t, **{"G.net.9.bias": torch.zeros(2)}),
        "G.net.9.bias: expected no such entry",
    ),
    "a wrong moment": (
        lambda t, trace: with_entries(t, **{"g_optimizer.0.exp_avg": torch.zeros(7)}),
        r"checkpoint entry g_optimizer.0.exp_avg: expected shape .*but got \(7,\)",
    ),
    "a strange moment": (
        lambda t, trace: with_entries(t, **{"g_optimizer.x.y.z": torch.zeros(7)}),
        "checkpoint entry g_optimizer.x.y.z: .*no such entry",
    ),
}


def with_entries(t, **changes):
    """The bytes of a checkpoint in which some entries are others, or missing where None."""
    tensors, facts = state(t)
    changed = {key: value for key, value in (tensors | changes).items() if value is not None}
    return save(changed, {"facts": json.dumps(facts)})


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_checkpoint_is_refused_and_changes_nothing(tmp_path, kind):
    t, path, trace = small(), tmp_path / "a.safetensors", tmp_path / "trace"
    list(t.until(2))
    make, sentence = FOREIGN[kind]
    path.write_bytes(make(t, trace))
    before = {key: value.clone() for key, value in t.model.state_dict().items()}
    with pytest.raises(ValueError, match=rf"(?s){sentence}"):
        t.load(path)
    assert not trace.exists(), "nothing in the file was executed"
    assert t.step == 2 and all(torch.equal(before[key], value) for key, value in t.model.state_dict().items())


def test_torchs_own_file_with_a_payload_is_refused(tmp_path):
    path, trace = tmp_path / "a.pt", tmp_path / "trace"
    torch.save({"weights": torch.zeros(3), "more": Payload(trace)}, path)
    with pytest.raises(ValueError, match="a complete safetensors file, but got a.pt .it is a pickle"):
        checkpoint.load_tensors(path)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Payload(trace)))
    assert trace.exists(), "the payload would have worked"


def test_a_damaged_checkpoint_is_refused(tmp_path):
    """Cut at 100 places, one bit flipped at 400: it is refused in a sentence, and nothing has changed.

    Or it says the same as before.
    """
    t, path, chance = small(), tmp_path / "a.safetensors", random.Random(0)
    list(t.until(2))
    t.save(path)
    whole, refused, saved = path.read_bytes(), 0, t.model.state_dict()
    header = 8 + int.from_bytes(whole[:8], "little")
    places = chance.choices(range(header), k=200) + chance.choices(range(len(whole)), k=200)
    flips = [whole[:i] + bytes([whole[i] ^ 1 << chance.randrange(8)]) + whole[i + 1 :] for i in places]
    for damaged in [whole[: chance.randrange(len(whole))] for _ in range(100)] + flips:
        path.write_bytes(damaged)
        u, expected = small(), small().model.state_dict()
        try:
            u.load(path)
            expected = saved
        except ValueError as error:
            refused += 1
            assert "; use an older copy" in str(error) or "; build the model" in str(error) and u.step == 0
        assert all(torch.equal(value, expected[key]) for key, value in u.model.state_dict().items())
    assert refused > 490, "all but those that hit the name of the checksum"


@pytest.mark.parametrize(
    "other", [{"widths": (9, 9)}, {"widths": (8,)}, {"widths": (8, 8, 8)}, {"d_widths": (8, 8)}]
)
def test_another_architecture_is_refused(tmp_path, other):
    t, u = small(), small(**other)
    list(t.until(2))
    list(u.until(1))
    for saved, asked in ((t, u), (u, t)):
        saved.save(tmp_path / "a.safetensors")
        step = asked.step
        with pytest.raises(
            ValueError, match="checkpoint entry .*; build the model as it was when the checkpoint was saved"
        ):
            asked.load(tmp_path / "a.safetensors")
        assert asked.step == step


def test_a_checkpoint_from_another_kind_of_device_goes_on(tmp_path):
    """A GPU's random state has another length: this trainer's own stream is kept."""
    t, u, path = small(), small(), tmp_path / "a.safetensors"
    list(t.until(2))
    t.save(path)
    tensors = load_file(path) | {"trainer.stream": torch.zeros(16, dtype=torch.uint8)}
    checkpoint.save_tensors(path, tensors, **checkpoint.load_tensors(path)[1])
    u.load(path)
    list(u.until(4))
    assert u.step == 4


def test_a_folder_that_is_missing_or_a_folder_as_name_is_named(tmp_path):
    with pytest.raises(ValueError, match="path: expected a file in an existing folder, but got"):
        small().save(tmp_path / "nowhere" / "a.safetensors")
    with pytest.raises(FileNotFoundError, match="path: expected a saved file, but got"):
        small().load(tmp_path)
