"""The tables in deploy/README.md are what deploy/sizing.py prints, and its sums are right."""

import json

import pytest

from deploy import sizing


def test_the_page_has_the_tables_that_the_command_prints():
    page = (sizing.HERE / "README.md").read_text(encoding="utf-8")
    between = page.split(sizing.MARKS[0])[1].split(sizing.MARKS[1])[0]
    assert between == sizing.text(), "python deploy/sizing.py --write"


def test_the_recorded_runs_are_the_ones_that_were_asked_for():
    runs = json.loads((sizing.HERE / "measured.json").read_text())["runs"]
    assert {"01 x 1", "01 x 5", "01 x 10", "01 x 20"} <= set(runs)
    for name, run in runs.items():
        assert name.startswith(f"{run['notebook'][:2]} x {run['students']}")
        assert run["finished"] + len(run["failures"]) == run["students"]


def run(notebook, students, server, kernel, cpu):
    return {
        "notebook": notebook,
        "students": students,
        "pss_mb": {"server": server, "kernel": kernel, "hub": 200},
        "cpu_seconds_a_student": {"server": 2, "kernel": cpu, "git": 1},
    }


@pytest.mark.parametrize(
    ("n", "memory", "cores", "disk"),
    [
        (30, 44, 12, 23),  # 2 + 1.25 (0.2 + 30 (0.1 + 1.5 * 0.66)) = 43.125; 1 + 10 = 11; 7.5 + 15
        (300, 411, 102, 158),  # 2 + 1.25 (0.2 + 300 * 1.09) = 411.0; 101; 7.5 + 150
    ],
)
def test_sums_by_hand(n, memory, cores, disk):
    measured = {
        "machine": {"shared_mb": {"venv": 7000, "data": 500}},
        "runs": {
            "01 x 2": run("01_objective.ipynb", 2, 500, 2000, 9),  # few students share little: not counted
            "01 x 20": run("01_objective.ipynb", 20, 100, 500, 27),
            "01 x 30, 2 threads": run("01_objective.ipynb", 30, 900, 900, 900),
            "03 x 5": run("03_mlp_gan.ipynb", 5, 100, 660, 90),
        },
    }
    assert sizing.server_for(n, measured) == {
        "memory": memory, "cores": cores, "disk": disk,
        "01": round(n * 30 / cores), "03": round(n * 93 / cores),
    }  # fmt: skip
