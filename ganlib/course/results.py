"""What judges found, as tables, and what was recorded over several seeds (assets/results)."""

import json
from collections.abc import Mapping

from ganlib.course import plots
from ganlib.engine.files import asset
from ganlib.metrics import Report

__all__ = ["Record", "judged"]

COLUMNS = ["", "distance", "classes", "precision", "recall"]


class Record:
    """Runs recorded by a script assets/record_*.py: one entry for each name, seed and what else differs.

    Example:
        >>> Record("conditional-gan").values("projection", "seed")
        [0, 1, 2, 3, 4]
    """

    def __init__(self, name: str):
        self.entries = json.loads(asset(f"results/{name}.json").read_text(encoding="utf-8"))

    def of(self, name: str, **where) -> list[dict]:
        """The entries of a run, one for each seed; where: what else must be equal, such as step=1200."""
        wanted = {"name": name, **where}
        found = [e for e in self.entries if all(e.get(key) == value for key, value in wanted.items())]
        if not found:
            names = sorted({entry["name"] for entry in self.entries})
            raise ValueError(f"name: expected one of {names}, but got {wanted}")
        return found

    def values(self, name: str, key: str, **where) -> list[float]:
        """One value for each seed."""
        return [entry[key] for entry in self.of(name, **where)]

    def mean(self, name: str, **where) -> dict[str, float]:
        """The mean over the seeds of each number."""
        found = self.of(name, **where)
        numbers = [key for key, value in found[0].items() if isinstance(value, (int, float))]
        return {key: sum(entry[key] for entry in found) / len(found) for key in numbers}

    def history(self, name: str, seed: int = 0) -> list[dict]:
        """The losses of one run, as a Trainer's history."""
        return next(entry["history"] for entry in self.of(name, seed=seed) if "history" in entry)


def judged(found: Mapping[str, Report | Mapping], caption: str) -> None:
    """Show reports of a judge, or recorded entries, as a table: distance, classes, precision and recall."""
    rows = []
    for name, report in found.items():
        if isinstance(report, Report):
            distance, values = report.relative_fd, (report.classes, report.precision, report.recall)
        else:
            distance, values = report["distance"], [report[key] for key in ("classes", "precision", "recall")]
        classes, precision, recall = values
        rows.append((name, f"{distance:.1f} %", f"{classes:g}", f"{precision:.2f}", f"{recall:.2f}"))
    plots.table(COLUMNS, rows, caption)
