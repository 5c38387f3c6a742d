"""The presenter's check-list finds what is wrong with a machine, and says how to mend it."""

import json
import shutil
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from ganlib.course import __main__ as program
from ganlib.course import ready
from ganlib.course.pace import measured_pace
from ganlib.engine import files
from tests.support.pages import code_cells


@pytest.fixture
def root(tmp_path):
    """A course with two notebooks, one stored at 1,000 images a second, one at 500."""
    (tmp_path / "notebooks").mkdir()
    for name, seconds, pace in (("01_objective", 30, 500), ("03_mlp_gan", 80, 1_000)):
        cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A title"}
        stored = {"ganlib": {"seconds": seconds, "pace": pace}}
        book = {"cells": [cell], "metadata": stored, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / f"notebooks/{name}.ipynb").write_text(json.dumps(book))
    return tmp_path


def test_packages_too_old_and_missing_are_named(root):
    (root / "requirements.txt").write_text("# a comment\nnumpy>=99\nno-such-package\nscipy>=1\n")
    found = ready.packages(root)
    assert found.status == "fail" and "1 of 3 packages fit" in found.words and "pip install" in found.mend
    assert (
        f"numpy is {version('numpy')}, not >=99" in found.words
        and "no-such-package is missing" in found.words
    )


def test_the_packages_of_the_course_fit():
    assert ready.packages(program.ROOT).status == "ok"


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    shutil.copytree(files.ASSETS, tmp_path / "assets")
    monkeypatch.setattr(files, "ASSETS", tmp_path / "assets")
    assert ready.files(tmp_path).status == "ok"
    damaged = tmp_path / "assets/checkpoints/mlp-gan.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    (tmp_path / "assets/checkpoints/dcgan.safetensors").unlink()
    found = ready.files(tmp_path)
    assert found.status == "fail"
    assert found.words.endswith("changed: checkpoints/dcgan.safetensors, checkpoints/mlp-gan.safetensors")


def test_times_follow_the_pace_of_this_machine_and_that_of_each_stored_run(root, monkeypatch):
    monkeypatch.setattr(ready, "measured_pace", lambda: 500.0)
    found = ready.pace(root)
    assert "Seconds here: 01 30, 03 160" in found.words and found.words.endswith("Too slow for a class: 03")
    assert found.status == "warn"
    monkeypatch.setattr(ready, "measured_pace", lambda: 2_000.0)
    assert ready.pace(root).status == "ok" and "01 8, 03 40" in ready.pace(root).words


def test_a_notebook_without_measured_seconds_is_named(root, monkeypatch):
    path = root / "notebooks/01_objective.ipynb"
    path.write_text(path.read_text().replace('"pace": 500', '"other": 500'))
    monkeypatch.setattr(ready, "measured_pace", lambda: 500.0)
    found = ready.pace(root)
    assert found.status == "warn" and found.words == "no seconds are stored of 01"
    assert found.mend.endswith("ganlib.course run 01")


def test_the_pace_is_that_of_the_training_on_the_page():
    (cell,) = [source for source in code_cells("03_mlp_gan") if "trainer = Trainer(" in source]
    assert "shift=1.0" in cell and "with_spectral_norm" in cell and "batch_size=128" in cell
    assert 100 < measured_pace(steps=20) < 1e7


def test_little_memory_and_no_browser_warn(root, monkeypatch):
    monkeypatch.setattr(ready.psutil, "virtual_memory", lambda: SimpleNamespace(available=1e9))
    monkeypatch.setattr(ready.shutil, "which", lambda name: None)
    assert ready.room(root).status == ready.browser(root).status == "warn"


def test_a_kernel_starts_and_imports_the_course():
    assert ready.kernel(program.ROOT).status == "ok"


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_a_failure_ends_the_program_with_one(monkeypatch, capsys, status, code):
    monkeypatch.setattr(ready, "CHECKS", (lambda root: ready.Finding(status, "seen", "mend it"),))
    monkeypatch.setattr("sys.argv", ["ganlib.course", "ready"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == code and "To mend it: mend it." in capsys.readouterr().out
