"""JupyterHub on one server: its standard proxy, and systemd to start, limit and end each student's server.

deploy/install.sh copies this file to PREFIX/hub and starts the hub with it. Change it in the clone, then run
sudo deploy/install.sh course service: the hub starts again, and the students' servers live on.
"""

import sys
from pathlib import Path
from urllib.parse import urlencode

c = get_config()  # noqa: F821  given by traitlets, which reads this file

PREFIX = Path(__file__).resolve().parents[1]  # what install.sh made; all students read it, none writes to it

# --- What one student may use -------------------------------------------------------------------------------
# Above its memory a kernel is ended, alone: its page says so, and the server and every neighbor go on.
c.Spawner.mem_limit = "3G"  # two or three notebooks at once: see the measured sizes in README.md
c.Spawner.cpu_limit = 2.0  # cores, at most; where they are scarce, systemd gives every student the same share
c.SystemdSpawner.unit_extra_properties = {
    "MemorySwapMax": "0",  # a kernel that swaps slows everyone
    "TasksMax": "512",  # processes and threads: a fork bomb ends here
}

# --- Where a student works ----------------------------------------------------------------------------------
c.JupyterHub.spawner_class = "systemd"  # as the system's user of the same name, in that user's home
c.Spawner.cmd = [str(PREFIX / "hub" / "start-student")]
c.SystemdSpawner.extra_paths = [str(PREFIX / "venv" / "bin")]
c.SystemdSpawner.readonly_paths = [str(PREFIX)]
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.disable_user_sudo = True

# One thread is the steadiest beside neighbors (BENCHMARKS.md, "Threads"). ganlib itself would choose by the
# quota above; other libraries would start a thread for each of the machine's cores.
c.Spawner.environment = {"OMP_NUM_THREADS": "1"}

# Logging in puts the course into ~/gan-course, or brings it up to date (nbgitpuller keeps what the student
# has changed), and opens notebook 01. Links to other notebooks: deploy/link.py.
COURSE = {
    "repo": (PREFIX / "course.git").as_uri(),
    "branch": "main",
    "targetpath": "gan-course",
    "urlpath": "lab/tree/gan-course/notebooks/01_objective.ipynb",
}
c.Spawner.default_url = f"/git-pull?{urlencode(COURSE)}"

# --- Who may log in -----------------------------------------------------------------------------------------
c.JupyterHub.authenticator_class = "pam"  # the system's accounts and passwords
c.PAMAuthenticator.allowed_groups = {"gan-students"}
c.PAMAuthenticator.open_sessions = False

# --- A class that comes at the same minute ------------------------------------------------------------------
c.JupyterHub.concurrent_spawn_limit = 20  # the others wait in line instead of slowing each other down
c.Spawner.start_timeout = 180  # seconds; a server that starts beside nineteen others takes longer
c.Spawner.http_timeout = 120

# --- What is idle is ended ----------------------------------------------------------------------------------
IDLE = 3600  # seconds; files are kept, the state of kernels is not
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={IDLE}",  # a notebook that was left open
    "--MappingKernelManager.cull_connected=True",
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",  # a student who went home
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]

# --- The address --------------------------------------------------------------------------------------------
# This machine only: a web server that holds the certificate stands before it (README.md shows Caddy).
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.cleanup_servers = False  # a restarted hub finds the students' servers again
c.ConfigurableHTTPProxy.command = [str(PREFIX / "proxy/node_modules/.bin/configurable-http-proxy")]
