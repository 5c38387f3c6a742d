"""What the browser tests share: one JupyterLab, one Chromium; a reason where there is none.

The scope is this package: Playwright keeps an event loop running, which the kernels of later tests must not
meet.
"""

import os
from pathlib import Path

import pytest

from tests.browser import lab


@pytest.fixture(scope="package")
def browser():
    """Debian's Chromium under Playwright."""
    with lab.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def server(browser, tmp_path_factory):
    """JupyterLab on a copy of the notebooks."""
    server = lab.Server(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="package")
def shots(tmp_path_factory):
    """Where the screenshots go: SHOTS from the environment, or a temporary folder."""
    return Path(os.environ.get("SHOTS") or tmp_path_factory.mktemp("shots"))
