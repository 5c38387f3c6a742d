"""Colors, markers and type that read well from the back row."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "BLACK",
    "BLUE",
    "DASHES",
    "FAKE",
    "GREEN",
    "MARKERS",
    "ORANGE",
    "PALETTE",
    "PURPLE",
    "REAL",
    "SKY",
    "VERMILION",
    "YELLOW",
    "canvas",
    "use_style",
]

# Okabe and Ito's palette, told apart with any kind of color vision; its orange and sky blue are darkened, so
# that each color has a contrast of 3 to 1 on white at least. Real is blue, fake is vermilion, everywhere.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#C48800"
SKY, PURPLE, BLACK = "#3A9BD9", "#CC79A7", "#000000"
YELLOW = "#F0E442"  # for areas with an outline or a label only
PALETTE = [BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK]
REAL, FAKE = BLUE, VERMILION
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]


def use_style() -> None:
    """Large type, no frame on the right and top, each line with a color and a dash pattern of its own."""
    plt.rcParams.update(
        {
            "font.size": 14,
            "axes.titlesize": 15,
            "axes.labelsize": 14,
            "legend.fontsize": 13,
            "xtick.labelsize": 12,
            "ytick.labelsize": 12,
            "lines.linewidth": 2.2,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.prop_cycle": plt.cycler(color=PALETTE, linestyle=DASHES),
            "legend.framealpha": 0.85,  # a name stays readable over a line
            "legend.edgecolor": "none",
            "figure.constrained_layout.use": True,
            "savefig.dpi": 100,
        }
    )


def canvas(rows: int = 1, columns: int = 1, size: tuple[float, float] | None = None) -> tuple[Figure, Axes]:
    """-> (figure, ax or array of axes), 11 inches wide by default: it fills a slide of 1280 pixels.

    The figure is not pyplot's, so that it is never drawn twice nor kept in memory.
    """
    figure = Figure(size or (11, 4.2 * rows))
    return figure, figure.subplots(rows, columns)
