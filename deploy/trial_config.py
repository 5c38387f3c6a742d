"""The hub of jupyterhub_config.py for a trial on one's own machine: anyone logs in, with any password.

Reachable from this machine only, and with no limit on memory or cores, which take systemd. The students are
not users of the system: each gets a folder in home/ below the folder in which the hub is started.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  given by traitlets, which reads this file
load_subconfig("jupyterhub_config.py", path=str(Path(__file__).parent))  # noqa: F821

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(Path.cwd() / "home" / "{username}")
c.JupyterHub.cleanup_servers = True
if os.name == "posix" and os.geteuid() == 0:
    c.Spawner.args += ["--allow-root"]
