"""The hub's configuration says what deploy/README.md promises; it is read with traitlets alone.

Whether JupyterHub takes it is seen by tests/benchmarks/hub.py, which starts a hub.
"""

import re
from pathlib import Path

import pytest
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def load(name):
    return PyFileConfigLoader(str(DEPLOY / name)).load_config()


@pytest.fixture(scope="module")
def server():
    return load("jupyterhub_config.py")


def test_a_student_has_limits(server):
    assert server.Spawner.mem_limit == "3G" and server.Spawner.cpu_limit == 2.0
    assert server.SystemdSpawner.unit_extra_properties["MemorySwapMax"] == "0", "else a full kernel swaps"
    assert 100 < int(server.SystemdSpawner.unit_extra_properties["TasksMax"]) < 2000
    assert server.SystemdSpawner.isolate_tmp and server.SystemdSpawner.disable_user_sudo


def test_the_limit_on_memory_holds_what_was_measured(server):
    from deploy import sizing

    measured = sizing.json.loads((DEPLOY / "measured.json").read_text())
    run = sizing.largest(measured["runs"], "03")
    needs = run["pss_mb"]["server"] + 2 * run["pss_mb"]["kernel"]  # README.md: two notebooks fit
    assert needs < 1000 * float(server.Spawner.mem_limit.removesuffix("G"))


def test_torch_does_not_count_the_servers_cores(server):
    """ganlib chooses by the unit's quota; other libraries do not see it: the environment has to decide."""
    assert 1 <= int(server.Spawner.environment["OMP_NUM_THREADS"]) <= server.Spawner.cpu_limit


def test_all_share_one_folder_that_none_writes_to(server):
    prefix = str(ROOT)  # the configuration lies in PREFIX/hub when it is installed, in deploy/ here
    assert server.SystemdSpawner.readonly_paths == [prefix]
    assert server.Spawner.cmd == [f"{prefix}/hub/start-student"]
    assert server.SystemdSpawner.extra_paths == [f"{prefix}/venv/bin"]


def test_only_the_class_logs_in_and_only_from_this_machine(server):
    assert server.JupyterHub.authenticator_class == "pam" and server.JupyterHub.spawner_class == "systemd"
    assert server.PAMAuthenticator.allowed_groups == {"gan-students"}
    assert "groupadd --force gan-students" in (DEPLOY / "install.sh").read_text()
    assert "Authenticator" not in server, "neither allow_all nor an admin"
    for config in (server, load("trial_config.py")):
        assert config.JupyterHub.bind_url.startswith("http://127.0.0.1:")


def test_what_is_idle_is_ended_and_the_culler_may_do_only_that(server):
    (service,), (role,) = server.JupyterHub.services, server.JupyterHub.load_roles
    assert service["command"][1:3] == ["-m", "jupyterhub_idle_culler"]
    assert "--timeout=3600" in service["command"] and role["services"] == [service["name"]]
    assert not any("admin" in scope for scope in role["scopes"])
    assert "--MappingKernelManager.cull_idle_timeout=3600" in server.Spawner.args


def test_logging_in_opens_the_link_that_the_builder_makes(server):
    from deploy import link

    built = link.hub_link("https://hub.example.org", "01_objective.ipynb", (ROOT / "course.git").as_uri())
    assert built == f"https://hub.example.org/hub/user-redirect{server.Spawner.default_url}"


def test_the_trial_is_the_servers_hub_with_another_door(server):
    trial = load("trial_config.py")
    assert trial.JupyterHub.authenticator_class == "dummy" and trial.JupyterHub.spawner_class == "simple"
    for same in ("default_url", "environment", "cmd"):
        assert trial.Spawner[same] == server.Spawner[same]
    assert set(trial.Spawner.args) - {"--allow-root"} == set(server.Spawner.args)


def test_every_package_that_the_configuration_names_is_installed():
    named = (DEPLOY / "requirements-hub.txt").read_text()
    for package in ("jupyterhub", "jupyterhub-systemdspawner", "jupyterhub-idle-culler", "nbgitpuller"):
        assert re.search(rf"^{package}>=", named, re.MULTILINE), package


@pytest.mark.parametrize("path", sorted(p for p in DEPLOY.iterdir() if p.is_file()), ids=lambda p: p.name)
def test_no_path_of_one_machine(path):
    found = re.findall(r"(?<![\w.])/(?:work|tmp|root|home)/[\w.-]+", path.read_text(encoding="utf-8"))
    assert not found
