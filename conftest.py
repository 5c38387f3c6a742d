"""For every test, notebooks included: kernels find ganlib, reach no network, see no one's progress."""

import os
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

ROOT = Path(__file__).parent
# The sitecustomize.py in tests/support/offline refuses every connection but loopback in all kernels.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support" / "offline")])
os.environ["GANLIB_HOME"] = tempfile.mkdtemp(prefix="ganlib-tests-")
# Workers of `pytest -n` share the cores: threads that wait for each other while others compute lose more than
# they gain.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    share = (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(share, 1)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """After a notebook's last cell, every slider in it is moved over its span, in the same kernel."""
    last = isinstance(item, IPyNbCell) and (nextitem is None or nextitem.parent is not item.parent)
    code = "from tests.support.drive import drive_all; drive_all(dict(globals()))"
    reply = run(item.parent.kernel, code) if last else {"status": "ok"}
    result = yield  # ends the kernel, so that a failure here harms no other notebook
    assert reply["status"] == "ok", "a widget fails when moved:\n" + "\n".join(reply.get("traceback", []))
    return result


def run(kernel, code):
    """Run code in a notebook's kernel after its cells -> the content of the reply."""
    request = kernel.execute_cell_input(code)
    while True:
        message = kernel.get_message(stream="shell", timeout=120)
        if message["parent_header"].get("msg_id") == request:
            return message["content"]
