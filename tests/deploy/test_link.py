"""The links of deploy/link.py: their parts, and what is said where the address is not known."""

import doctest
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy import link

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("hub", ["https://hub.example.org", "https://example.org:8000/base/"])
@pytest.mark.parametrize("name", NAMES)
def test_a_hubs_link_names_the_course_and_the_notebook(hub, name):
    parts = urlsplit(link.hub_link(hub, name, "https://example.org/a b/c.git?x=1&y=2"))
    asked = parse_qs(parts.query, strict_parsing=True)
    assert f"{parts.scheme}://{parts.netloc}" in hub
    assert parts.path.endswith("/hub/user-redirect/git-pull") and "//" not in parts.path
    assert asked["repo"] == ["https://example.org/a b/c.git?x=1&y=2"] and asked["branch"] == ["main"]
    folder = asked["targetpath"][0]
    assert asked["urlpath"] == [f"lab/tree/{folder}/notebooks/{name}"]


@pytest.mark.parametrize("wrong", ["hub.example.org", "ftp://hub.example.org", "https://", ""])
def test_what_is_no_address_is_refused(wrong):
    with pytest.raises(ValueError, match="https://hub.example.org"):
        link.hub_link(wrong, "01_objective.ipynb")


def test_examples():
    assert doctest.testmod(link) == (0, 3)


def said(*arguments):
    done = subprocess.run(
        [sys.executable, ROOT / "deploy" / "link.py", *arguments], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_one_link_for_each_notebook():
    code, words = said("https://hub.example.org")
    assert code == 0 and len(words.splitlines()) == len(NAMES)
    assert said("https://hub.example.org", "77")[0] == 1


def test_binders_link_is_the_remotes_or_the_one_that_is_given():
    code, words = said("binder", "05", "--repo", "ada-l/gan.course")
    assert code == 0 and "gh/ada-l/gan.course/main?labpath=notebooks%2F05_wgan.ipynb" in words
    assert "OWNER" not in words
    code, words = said("binder", "05")
    assert (code == 0 and "/v2/gh/" in words) or "say --repo OWNER/NAME" in words
