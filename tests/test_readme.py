"""The README's commands work as written, in a fresh clone, and twice."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.pages import NOTEBOOKS
from tests.support.readme_commands import README, commands

ROOT = README.parent
IN_A_VENV = sys.prefix != sys.base_prefix


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone of what is committed, in a folder with a space.

    Its .venv sees the packages that the tests run with.
    """
    if not IN_A_VENV or os.name == "nt":
        pytest.skip("the README's commands make a .venv; these tests run outside of one, or on Windows")
    folder = tmp_path_factory.mktemp("fresh clone") / "gan course"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / ".venv")], check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / ".venv")})
    Path(packages, "installed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name in ("jupyter", "jupyter-lab", "pytest"):
        (folder / ".venv" / "bin" / name).symlink_to(Path(sys.executable).parent / name)
    return folder


def environment(**more):
    """As a student's shell: no paths of the test's own."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")} | more


def test_the_test_command_collects_the_whole_course(clone):
    done = subprocess.run(
        commands()["test"],
        shell=True,
        cwd=clone,
        capture_output=True,
        text=True,
        env=environment(PYTEST_ADDOPTS="--collect-only"),
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    for path in NOTEBOOKS.glob("*.ipynb"):
        assert path.name in done.stdout


def test_the_open_command_serves_the_notebooks(clone, tmp_path):
    config = {
        name: str(tmp_path / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    flags = " --no-browser --port=0 --allow-root"
    server = subprocess.Popen(
        ["bash", "-c", 'exec bash -c "$0"', commands()["open"] + flags],
        cwd=clone,
        env=environment(**config),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        runtime = tmp_path / "JUPYTER_RUNTIME_DIR"
        for _ in range(240):
            time.sleep(0.5)
            found = list(runtime.glob("jpserver-*.json"))
            if found or server.poll() is not None:
                break
        assert found, f"no server came up: exit status {server.poll()}"
        facts = json.loads(found[0].read_text())
        url = f"{facts['url']}api/contents?token={facts['token']}"
        listed = {entry["name"] for entry in json.load(urllib.request.urlopen(url, timeout=20))["content"]}
        assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} <= listed
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def test_requirements_keep_what_colab_has():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.startswith(("torch", "numpy", "matplotlib")):
            assert "==" not in line and "<" not in line, f"{line}: a pin would replace Colab's own build"


def test_pictures_and_links_of_the_readme_exist():
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_the_license_files_name_every_asset():
    text = (ROOT / "assets" / "LICENSES.md").read_text(encoding="utf-8")
    assert (
        "CC BY-SA 3.0" in text
        and "Zalando SE" in text
        and "mnist-*.idx.gz" in text
        and "fashion-*.idx.gz" in text
    )
    hashes = json.loads((ROOT / "assets" / "hashes.json").read_text())
    files = {
        p.relative_to(ROOT / "assets").as_posix()
        for f in ("data", "checkpoints", "results", "vendor")
        for p in (ROOT / "assets" / f).glob("*.*")
    }
    assert set(hashes) == files


def test_ruff_is_clean():
    done = subprocess.run(
        [shutil.which("ruff", path=Path(sys.executable).parent), "check", "--no-cache", "."],
        cwd=ROOT,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout.decode()
