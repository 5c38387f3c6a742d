"""The repository's address: read from the git remote, written everywhere, the same everywhere."""

import re
import shutil
import subprocess

import pytest

from ganlib.course.address import TEXTS, address_of_remote, set_address
from tests.support.pages import NOTEBOOKS

ROOT = NOTEBOOKS.parent


@pytest.fixture
def clone(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/ada-l/gan.course.git",
        "https://github.com/ada-l/gan.course",
        "https://user@github.com/ada-l/gan.course/",
        "git@github.com:ada-l/gan.course.git",
        "ssh://git@github.com/ada-l/gan.course.git",
    ],
)
def test_the_remote_tells_the_address(clone, url):
    subprocess.run(["git", "-C", clone, "remote", "add", "origin", url], check=True)
    assert address_of_remote(clone) == "ada-l/gan.course"


@pytest.mark.parametrize("url", [None, "https://example.org/ada/course.git", "https://github.com/ada"])
def test_without_a_remote_on_github_a_sentence_says_what_to_do(clone, url):
    if url:
        subprocess.run(["git", "-C", clone, "remote", "add", "origin", url], check=True)
    with pytest.raises(ValueError, match="give OWNER/NAME to the command"):
        address_of_remote(clone)


def addresses(root):
    """Every OWNER/NAME on GitHub or Colab in the texts and notebooks that carry the course's address."""
    files = [*(root / name for name in TEXTS), *sorted((root / "notebooks").glob("*.ipynb"))]
    pattern = r"(?:github\.com|research\.google\.com/github)/([\w.-]+/[\w-]+(?:\.[\w-]+)*)"
    return {path.name: set(re.findall(pattern, path.read_text(encoding="utf-8"))) for path in files}


def test_all_agree_and_all_change_together(tmp_path):
    assert len(set().union(*addresses(ROOT).values())) == 1, "one address in all files"
    for name in (*TEXTS, "notebooks"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (before,), copies = (
        set().union(*addresses(ROOT).values()),
        sorted((tmp_path / "notebooks").glob("*.ipynb")),
    )
    set_address("ada-l/gan.course", tmp_path, copies)
    assert all(found == {"ada-l/gan.course"} for found in addresses(tmp_path).values())
    set_address(before, tmp_path, copies)
    for path in copies:
        assert path.read_bytes() == (NOTEBOOKS / path.name).read_bytes(), "nothing else has changed"


@pytest.mark.parametrize("wrong", ["ada", "ada/gan/course", "https://github.com/ada/gan", "a b/c"])
def test_a_wrong_address_changes_nothing(tmp_path, wrong):
    with pytest.raises(ValueError, match="OWNER/NAME"):
        set_address(wrong, tmp_path, [])
