"""A small notebook with one widget of each kind, in cells as a student would write them."""

SET_UP = """
import os, time
import psutil, torch
from ganlib import data
from ganlib.course import plots, setup, widgets
from ganlib.data import toys
from ganlib.engine.checkpoint import load_weights
from ganlib.variants import SeedEnsemble
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer
device = setup.ready()
gan = GAN(MLPGenerator(), MLPDiscriminator())
load_weights(gan.ema.module, "checkpoints/mlp-gan.safetensors")
digits = data.load("mnist")
"""

SHEET = """
z, way = torch.randn(2, 64, gan.z_dim)
draw = lambda i: (plots.image_grid(gan.generate(z=z + i / 50 * way)), f"move {i}, {psutil.Process().memory_info().rss} bytes")
sheet = widgets.Explorer(draw, {"i": widgets.slider(0, 1200, 0, 1, "i")}, "An 8 x 8 sheet?")
"""

SLOW = """
from PIL import Image

def slow(i):
    time.sleep(0.15)
    return Image.new("L", (200, 80), i), f"move {i}"

late = widgets.Explorer(slow, {"i": widgets.slider(0, 250, 0, 1, "i")}, "Does it lag?")
"""

WALK = "walk = widgets.LatentExplorer(gan)"
GAME = "game = widgets.RealOrFake(gan, digits, n=6)"
FIELD = """
games = {"vanilla": lambda: SeedEnsemble([0]), "slow": lambda: SeedEnsemble([0], lr=1e-4)}
field = widgets.Field(games, toys.ring(), "Where do the arrows lead?")
"""
CURVES = """
def waves(k, shift):
    fig, (left, right) = plots.canvas(1, 2, (11, 3.8))
    x = torch.linspace(0, 6, 100)
    for ax in (left, right):
        ax.plot(x, torch.sin(k * x + shift), label="sine")
        ax.plot(x, torch.cos(k * x), label="cosine")
        ax.set(xlabel="x", title=f"k = {k}")
        ax.legend()
    return fig, f"move {k}"

curves = widgets.Explorer(waves, {"k": widgets.slider(0, 100, 1, 1, "k"), "shift": widgets.slider(0.0, 1.0)}, "Figures?")
"""

CELLS = [SET_UP, SHEET, SLOW, WALK, GAME, FIELD, CURVES]

ASK = """
import time
from ganlib.course import plots
from ganlib.course.predict import Prediction
which = Prediction("hands which", "Which slope is best?", ["as steep as possible", "about 2"])
much = Prediction("hands much", "How long is the middle?")
late = Prediction("hands late", "Left or right?", ["left", "right"])
"""
BUSY = """
end = time.monotonic() + 8
while time.monotonic() < end:
    pass
"""
REVEAL = """
which.reveal("about 2", "A hard cut is punished.")
much.reveal(0.707, "By Pythagoras.", tolerance=0.01)
late.reveal("left", "So it is.")
plots.table(["kind", "share"], [["left", "0.25"], ["right", "0.75"]], "Shares of two kinds.")
plots.show(plots.canvas(size=(4, 3))[0], "An empty figure with two axes.")
"""

TRAIN = """
gan = GAN(MLPGenerator(), MLPDiscriminator())
trainer = Trainer(gan, digits)
live = widgets.LiveView(trainer)
"""
LOOP = """
for snapshot in trainer.until(1_000_000, every=20):
    live.update(snapshot)
"""
AFTER = "print('the cell after', snapshot.step)"
