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
