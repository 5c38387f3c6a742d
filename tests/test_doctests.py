"""Every example in a docstring of ganlib runs and gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import ganlib

MODULES = [
    m.name for m in pkgutil.walk_packages(ganlib.__path__, "ganlib.") if not m.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


def test_there_are_examples_on_the_core():
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in (
        "gan",
        "trainer",
        "losses",
        "penalties",
        "ema",
        "interpolation",
        "data.images",
        "metrics.distances",
    ):
        module = importlib.import_module(f"ganlib.{name}")
        assert any(test.examples for test in finder.find(module)), f"ganlib.{name} has no example"
