"""FAULTS.md names tests that exist, and no test of faults is left out of it by a whole file."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_row_names_a_test_that_can_be_run():
    text = (HERE.parent.parent / "FAULTS.md").read_text(encoding="utf-8")
    rows = [
        line
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith(("| fault", "|---"))
    ]
    assert len(rows) > 40
    named = [re.search(r"`(test_\w+\.py)::(test_\w+)` \|$", row) for row in rows]
    assert all(named), [row for row, found in zip(rows, named) if not found]
    for file, test in (found.groups() for found in named):
        functions = [
            node.name
            for node in ast.parse((HERE / file).read_text(encoding="utf-8")).body
            if hasattr(node, "name")
        ]
        assert test in functions, f"{file}::{test}"
    assert {found[1] for found in named} == {path.name for path in HERE.glob("test_*.py")} - {"test_table.py"}
