"""For every test, the notebooks under nbval among them: kernels find ganlib, reach no network, see no one's progress."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent
# tests/offline holds a sitecustomize.py that refuses every connection but loopback in all kernels that a test starts.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "offline")])
os.environ["GANLIB_HOME"] = tempfile.mkdtemp(prefix="ganlib-tests-")
