"""What a class on a server meets: the course is root's, and a student's home may not be writable."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the hub's server is a Linux machine")


def install(*steps, **environment):
    command = ["bash", str(DEPLOY / "install.sh"), *steps]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_students_git_takes_the_course_from_root_once_the_server_vouches_for_it(tmp_path):
    """Git refuses a repository that is another user's; its own tests' variable makes every one look so."""
    prefix, system = tmp_path / "shared folder", tmp_path / "gitconfig"
    system.touch()
    environment = {"PREFIX": str(prefix), "GIT_CONFIG_SYSTEM": str(system), "HOME": str(tmp_path)}
    install("course", **environment)
    command = ["git", "clone", "-q", "--depth=1", (prefix / "course.git").as_uri(), str(tmp_path / "copy")]
    student = os.environ | environment | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    refused = subprocess.run(command, env=student, capture_output=True, text=True)
    assert refused.returncode and "dubious ownership" in refused.stderr
    install("trust", "trust", **environment)
    assert system.read_text().count("course.git") == 1, "said once, however often it is run"
    assert subprocess.run(command, env=student).returncode == 0
    assert (tmp_path / "copy" / "notebooks" / "01_objective.ipynb").exists()
    others = [p for p in (*prefix.rglob("*"), prefix) if not p.is_symlink() and p.stat().st_mode & 0o022]
    assert not others, "a student could write there"


@pytest.fixture
def started(tmp_path):
    """Run start-student in a folder like PREFIX, for a home -> what its server was started with."""
    for name in ("hub", "venv/bin", "data/mnist", "data/fashion"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(DEPLOY / "start-student", tmp_path / "hub")
    server = tmp_path / "venv/bin/jupyterhub-singleuser"
    server.write_text('#!/bin/sh\necho "started $*"\n')
    server.chmod(0o755)

    def start(home):
        command = [tmp_path / "hub/start-student", "--one", "--two"]
        done = subprocess.run(command, env=os.environ | {"HOME": str(home)}, capture_output=True, text=True)
        return done.stdout

    return start


def test_a_student_finds_the_data_sets_that_all_share(started, tmp_path):
    home = tmp_path / "ada"
    (home / ".cache/ganlib/fashion").mkdir(parents=True)  # fetched earlier: kept
    for _ in range(2):
        assert started(home) == "started --one --two\n"
    assert (home / ".cache/ganlib/mnist").resolve() == tmp_path / "data/mnist"
    kept = home / ".cache/ganlib/fashion"
    assert not kept.is_symlink() and not list(kept.iterdir())


def test_a_home_that_cannot_be_written_still_gets_its_server(started, tmp_path):
    (tmp_path / "ada").write_text("a file in place of a folder: no one, root neither, can write below it")
    assert started(tmp_path / "ada") == "started --one --two\n"
