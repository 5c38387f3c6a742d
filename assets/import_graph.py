"""Draw which parts of ganlib import which: python assets/import_graph.py -> assets/figures/imports.png.

A part is a folder of ganlib; the modules at the top are the core. An arrow leads to what is imported; one
that follows from others (course imports engine anyway, through all that lies between) is left out.
"""

import sys
from pathlib import Path

import networkx
from matplotlib.figure import Figure

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.test_layers import FILES, imported, module_of, part_of  # noqa: E402

BOX = {"boxstyle": "round,pad=0.6", "facecolor": "#eef4fa", "edgecolor": "#0072B2", "linewidth": 1.5}


PLACES = {
    "course": (0, 5.8), "variants": (1.3, 4.5), "takeaway": (0, 4.3), "generative": (-1.3, 4.5),
    "core": (-0.5, 3.1), "metrics": (0.9, 2.1), "data": (-1, 1), "nets": (1, 1), "engine": (0, 0),
}  # fmt: skip


def edges():
    """(importer, imported) of two parts, without those that follow from others."""
    pairs = {(part_of(module_of(path)), part_of(target)) for path in FILES for target in imported(path)}
    graph = networkx.DiGraph((a, b) for a, b in pairs if a in PLACES and b in PLACES and a != b)
    return sorted(networkx.transitive_reduction(graph).edges)


def label(part):
    """A part's name and how many modules and lines it has."""
    files = [path for path in FILES if part_of(module_of(path)) == part]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    return f"{part}\n{len(files)} files, {lines:,} lines"


def draw():
    """The graph as a Figure."""
    pairs = edges()
    figure = Figure((9, 7.5))
    ax = figure.subplots()
    for importer, target in pairs:
        arrow = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 26, "shrinkB": 44, "linewidth": 1.5}
        ax.annotate("", PLACES[target], PLACES[importer], arrowprops=arrow)
    where = {part: PLACES[part] for pair in pairs for part in pair}
    for part, (x, y) in where.items():
        ax.text(x, y, label(part), ha="center", va="center", fontsize=12, bbox=BOX)
    ax.set(xlim=(-2, 2), ylim=(-0.5, 6.3))
    ax.axis("off")
    return figure


if __name__ == "__main__":
    draw().savefig(ROOT / "assets" / "figures" / "imports.png", dpi=90, bbox_inches="tight")
