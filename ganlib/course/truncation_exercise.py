"""An exercise of notebook 12 that samples with a student's settings and judges the samples."""

from dataclasses import dataclass
from functools import cache

import torch

from ganlib.course.exercises import Exercise
from ganlib.engine.checkpoint import load_weights
from ganlib.metrics import Judge
from ganlib.nets import BigGenerator
from ganlib.nets.biggan import standing_statistics

PRECISION, RECALL = 0.88, 0.42  # what is asked for
SAMPLES = 2_000


@cache
def sampled(psi, standing):
    """Samples of the bundled conditional generator -> (precision, recall)."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        G = load_weights(BigGenerator(), "checkpoints/big-gan.safetensors")
        if standing:
            standing_statistics(G, psi)
        y = torch.arange(SAMPLES) % 10
        drawn = [G(psi * torch.randn(len(part), G.z_dim), part) for part in y.split(500)]
        report = Judge("mnist")(torch.cat(drawn))
    return round(report.precision, 2), round(report.recall, 2)  # as they are shown


NO_SETTINGS = "check needs a dictionary with the keys psi and standing, such as dict(psi=1.0, standing=True)."

RANGE = "psi is a factor of z: take a number above 0, 2 at most."

RUNNING = "The running averages belong to other z than these: take standing=True."

MORE = "The precision is too low: the samples are too wild. Make psi smaller."

LESS = "The recall is too low: the samples are too much alike. Make psi larger."


@dataclass
class Truncation(Exercise):
    """An exercise whose answer changes how a generator is sampled, and is judged by what comes of it."""

    def judge(self, answer):
        """(status, message) of the settings of a sampling."""
        if answer is ... or answer is None or (isinstance(answer, dict) and ... in answer.values()):
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if not isinstance(answer, dict) or set(answer) != {"psi", "standing"}:
            return "wrong", NO_SETTINGS
        if not isinstance(answer["standing"], (bool, int)):
            return "wrong", NO_SETTINGS
        try:
            psi, standing = float(answer["psi"]), bool(answer["standing"])
        except (TypeError, ValueError):
            return "wrong", NO_SETTINGS
        if not 0 < psi <= 2:
            return "wrong", RANGE
        precision, recall = sampled(psi, standing)
        came = f"{SAMPLES:,} samples: precision {precision:.2f}, recall {recall:.2f}."
        if precision >= PRECISION and recall >= RECALL:
            return "solved", f"right! {came}"
        if not standing and psi != 1:
            return "wrong", f"not yet. {came} {RUNNING}"
        return "wrong", f"not yet. {came} {MORE if precision < PRECISION else LESS}"


def truncation():
    return {"psi": 0.51, "standing": True}


def barely_truncated():
    return {"psi": 1.3, "standing": True}


def typical_only():
    return {"psi": 0.3, "standing": True}


def running_averages():
    return {"psi": 0.51, "standing": False}
