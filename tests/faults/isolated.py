"""Run Python code as on another machine: no network, a read-only or tiny disk, no home.

Linux namespaces do it.
"""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRELUDE = "import sys; sys.path.insert(0, sys.argv[1]); folder = sys.argv[2]\n"


@functools.cache
def possible():
    """Whether this machine lets a process have its own network and mounts."""
    try:
        return subprocess.run(["unshare", "-rmn", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


needs_namespaces = pytest.mark.skipif(
    not possible(), reason="no namespaces here (not Linux, or forbidden): nothing to try it on"
)


def run(code, folder, setup="true", root=ROOT, **environment):
    """What `code` prints, run in namespaces of its own after the shell lines `setup`; it must end well.

    The folder is $1 in the shell and `folder` in the code. Neither mounts nor network outlive the run.
    environment: variables to set, or to remove where None.
    """
    values = os.environ | {"OMP_NUM_THREADS": "1", "GANLIB_HOME": str(folder)} | environment
    values = {name: value for name, value in values.items() if value is not None}
    shell = f'set -e; {setup}; cd /; exec "$2" -c "$3" "$4" "$1"'
    command = [
        "unshare",
        "-rmn",
        "bash",
        "-c",
        shell,
        "bash",
        str(folder),
        sys.executable,
        PRELUDE + code,
        str(root),
    ]
    done = subprocess.run(command, env=values, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"'


def tiny_disk(kilobytes):
    """The setup that lays an empty disk of that size over the folder."""
    return f'mount -t tmpfs -o size={kilobytes}k tmpfs "$1"'
