"""An installed ganlib, far from any clone, finds its digits, its judge and its checkpoints."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = """
import ganlib, torch
from ganlib import data, metrics
from ganlib.engine.checkpoint import load_weights
from ganlib.nets import MLPGenerator
digits = data.load("mnist")
report = metrics.Judge()(digits[:2000][0])
G = load_weights(MLPGenerator(), "checkpoints/mlp-gan.safetensors")
print(ganlib.__file__, len(digits), report.classes, tuple(G(torch.randn(2, 64)).shape), sep="|")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of what is committed, built by the packages of the present environment, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "clone")], check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*command, str(folder / "clone")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(folder.glob("ganlib-*.whl"))


def test_an_installed_wheel_finds_its_assets(wheel, tmp_path):
    """In an environment of its own, which sees the present one's other packages but not the clone."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    install = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, env=clean, check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv")}))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run([str(python), "-c", CODE], cwd=elsewhere, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    place, digits, classes, shape = done.stdout.strip().split("|")
    assert Path(place).is_relative_to(packages) and (digits, classes) == ("10000", "10")
    assert shape == "(2, 1, 28, 28)" and not any(elsewhere.iterdir())
