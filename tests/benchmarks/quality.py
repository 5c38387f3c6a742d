"""Seconds from noise to digits, by the notebooks' own recipes and by the widespread script.

python tests/benchmarks/quality.py

The recipes are read from the notebooks' cells. Seconds are of training alone. Three seeds; takes about half
an hour.
"""

import ast
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from ganlib import data, metrics
from tests.benchmarks.loops import Script
from tests.benchmarks.speed import table
from tests.support.pages import code_cells

GOALS = (10, 5, 3)  # relative Fréchet distance, percent
# what is trained -> the notebook, and what its cell that builds the Trainer contains
RECIPES = {
    "03, MLP GAN": ("03_mlp_gan", "gan = GAN(G, D, ema_decay"),
    "05, WGAN-GP": ("05_wgan", "gan = GAN(G, D, wasserstein"),
    "06, conditional GAN": (
        "06_conditional_gan",
        "gan = GAN(nets.MLPGenerator(n_classes=10), D",
    ),
}
SEEDS, LONGEST = (0, 1, 2), 100  # seconds of training


def trainer_of(notebook, marker, seed, device):
    """The Trainer that a notebook's cell builds, from another seed."""
    scope = {"__name__": "page", "device": device, "digits": data.load("mnist", device=device)}
    for source in code_cells(notebook):
        here = marker in source
        body = recipe(source) if here else [node for node in ast.parse(source).body if is_settled(node)]
        code = ast.unparse(ast.Module(body, [])).replace("torch.manual_seed(0)", f"torch.manual_seed({seed})")
        exec(code.replace("Trainer(gan, digits", f"Trainer(gan, digits, seed={seed}"), scope)
        if here:
            return scope["trainer"]
    raise KeyError(f"{notebook} has no cell with {marker!r}")


def recipe(source):
    """The statements of a cell that build its last Trainer: from the last seed on, without a live view."""
    body = ast.parse(source).body
    seeded = max(i for i, node in enumerate(body) if "manual_seed" in ast.unparse(node))
    shared = [node for node in body[:seeded] if is_settled(node)]
    return shared + [node for node in body[seeded:] if "LiveView" not in ast.unparse(node)]


def is_settled(node):
    """Whether a statement of a page only imports or defines, or names rates that recipes share."""
    names = ("settings", "equal_rates")
    shared = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in names
    return shared or isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


def by_notebook(notebook, marker, seed, device):
    """Yield (seconds of training, samples) each 500 steps of a notebook's recipe."""
    trainer = trainer_of(notebook, marker, seed, device)
    y = torch.arange(10).repeat_interleave(1_000) if trainer.conditional else None
    for snapshot in trainer.until(10**6, every=500):
        yield snapshot.seconds, trainer.model.generate(10_000, y=y)


def by_script(seed, device):
    """Yield (seconds of training, samples) each 500 steps of the widespread script."""
    torch.manual_seed(seed)
    script, seconds = Script(data.load("mnist", device=device), "MLP GAN", 64, device), 0.0
    while True:
        began = time.perf_counter()
        script.run(500)
        seconds += time.perf_counter() - began
        with torch.no_grad():
            yield seconds, script.G(torch.randn(10_000, script.G.z_dim, device=device))


def reached(run, judge):
    """(goal -> seconds until a relative Fréchet distance at or below it, best distance, seconds watched)."""
    found, best = {}, float("inf")
    for seconds, images in run:
        best = min(best, judge.relative_fd(images))
        found |= {goal: seconds for goal in GOALS if best <= goal and goal not in found}
        print(f"\r{seconds:4.0f} s: {best:6.2f} %", end="", file=sys.stderr)
        if len(found) == len(GOALS) or seconds > LONGEST:
            return found, best, seconds


def said(times):
    """The seconds of each seed, a dash where the goal was not reached."""
    return ", ".join("–" if one is None else f"{one:.0f}" for one in times)


def main():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    judge = metrics.Judge("mnist", device)
    runs = {
        name: lambda seed, where=where: by_notebook(*where, seed, device) for name, where in RECIPES.items()
    }
    runs["the widespread script"] = lambda seed: by_script(seed, device)
    rows = [["recipe", *(f"seconds to {goal} %" for goal in GOALS), f"best within {LONGEST} s"]]
    for name, run in runs.items():
        found, bests, _ = zip(*(reached(run(seed), judge) for seed in SEEDS))
        seconds = [said([one.get(goal) for one in found]) for goal in GOALS]
        rows.append([name, *seconds, ", ".join(f"{best:.1f}" for best in bests)])
    print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
