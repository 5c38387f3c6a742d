"""An exercise of notebook 03 that trains with a student's settings and judges the samples."""

from dataclasses import dataclass
from functools import cache

import torch

from ganlib.course.exercises import Exercise
from ganlib.data import load
from ganlib.gan import GAN
from ganlib.metrics import Judge
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer

SLOW = {"lr": 2e-4, "d_lr": 2e-4, "betas": (0.9, 0.999)}  # the classmate's

STEPS, BATCH, GOAL = 250, 64, 80.0


def settings():
    return {"lr": 2e-3, "d_lr": 1e-3, "betas": (0.0, 0.99)}


@cache
def trained(lr, d_lr, betas):
    """Train the page's nets for a few seconds -> (relative Fréchet distance, classes)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        gan = GAN(MLPGenerator(), MLPDiscriminator(), lr=lr, d_lr=d_lr, betas=betas, ema_decay=0.98)
        for _ in Trainer(gan, load("mnist"), batch_size=BATCH).until(STEPS, every=STEPS):
            pass
        report = Judge("mnist")(gan.generate(2_000))
    return report.relative_fd, report.classes


NO_RECIPE = (
    "check needs a dictionary with the keys lr, d_lr and betas, such as "
    "dict(lr=2e-4, d_lr=2e-4, betas=(0.9, 0.999))."
)

MOMENTUM = "Momentum still carries both players on from where the opponent was: lower betas[0]."

RATES = (
    "Now nobody runs on by momentum, but in so few steps such small rates lead nowhere: raise lr and d_lr, "
    "tenfold or so."
)

WILD = "Such large rates throw G about: take a rate between this one and the classmate's."


@dataclass
class Settings(Exercise):
    """An exercise whose answer changes a training, and is judged by what comes of it."""

    def judge(self, answer):
        """(status, message) of the settings of a GAN."""
        if answer is ... or answer is None:
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if not isinstance(answer, dict) or set(answer) != set(SLOW):
            return "wrong", NO_RECIPE
        try:
            lr, d_lr, betas = float(answer["lr"]), float(answer["d_lr"]), tuple(map(float, answer["betas"]))
            distance, classes = trained(lr, d_lr, betas)
        except FloatingPointError:
            return "wrong", f"not yet. The training left the finite numbers. {WILD}"
        except Exception as error:  # any mistake of a student's becomes a message
            if "ellipsis" in str(error):
                return "not attempted", "not attempted yet: a ... is left in it. Put code in its place."
            return "wrong", f"your code stopped with {type(error).__name__}: {error}"
        came = f"{STEPS} steps on digits: {classes} of 10 classes, "
        came += f"a relative Fréchet distance of {distance:.0f} %."
        if distance < GOAL and classes >= 8:
            return "solved", f"right! {came}"
        if betas[0] > 0.3:
            return "wrong", f"not yet. {came} {MOMENTUM}"
        return "wrong", f"not yet. {came} {WILD if max(lr, d_lr) > 3e-3 else RATES}"


def slow_settings():
    return SLOW


def momentum_alone():
    return SLOW | {"betas": (0.0, 0.99)}


def wild_rates():
    return {"lr": 0.2, "d_lr": 0.1, "betas": (0.0, 0.99)}
