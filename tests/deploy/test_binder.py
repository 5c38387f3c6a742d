"""Binder's environment and the course's requirements are the same, by two names each."""

import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CONDA = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def test_binder_installs_what_the_course_requires():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    text = (ROOT / "binder" / "environment.yml").read_text()
    found = [Requirement(line) for line in re.findall(r"^  - (\S+[<>]=\S+)$", text, re.MULTILINE)]
    assert {(CONDA.get(n.name, n.name), str(n.specifier)) for n in wanted} == {
        (n.name, str(n.specifier)) for n in found
    }


def test_binders_python_is_one_that_the_course_takes():
    (minor,) = re.findall(
        r"^  - python=3\.(\d+)$", (ROOT / "binder" / "environment.yml").read_text(), re.MULTILINE
    )
    (least,) = re.findall(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert int(minor) >= int(least)


def test_the_build_tries_the_set_up_cell():
    build = (ROOT / "binder" / "postBuild").read_text()
    (line,) = re.findall(r'^python -c "(.*)"$', build, re.MULTILINE)
    first = (ROOT / "notebooks" / "01_objective.ipynb").read_text()
    assert all(part.split("(")[0] in first for part in line.split("; "))
    assert build.startswith("#!")
