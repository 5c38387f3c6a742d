"""What unit tests share."""

import pytest


@pytest.fixture(scope="session")
def digits():
    from ganlib import data

    return data.load("mnist")


@pytest.fixture(scope="session")
def judge():
    from ganlib import metrics

    return metrics.Judge()


@pytest.fixture(autouse=True)
def fresh_home(tmp_path_factory, monkeypatch):
    """Predictions, progress and downloads of a test go to a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GANLIB_HOME", str(home))
    monkeypatch.setattr("ganlib.course.progress.MEMORY", {})
    return home


# What `pytest -m quick` runs: losses, penalties, nets, data, trainings of toys, the form of the notebooks.
QUICK = (
    "test_doctests",
    "test_gan",
    "test_layers",
    "test_losses",
    "test_penalties",
    "test_trainer",
    "test_cuda_graph",
    "test_data",
    "test_pictures",
    "test_nets",
    "test_notebooks",
    "test_metrics",
)
SLOW = ("in_a_real_kernel", "on_digits")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in QUICK and not any(part in item.name for part in SLOW):
            item.add_marker(pytest.mark.quick)
