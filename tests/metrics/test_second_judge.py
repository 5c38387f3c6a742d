"""The bundled judge against a second one, trained apart from it: which order of the cheats do both see?"""

import pytest
import torch

from ganlib.data.damage import add_noise, box_blur
from tests.metrics.second_judge import second_judge


@pytest.fixture(scope="module")
def distances(digits, judge):
    """Both judges' distances of what a cheating generator might return, 4,000 pictures each."""
    generator = torch.Generator().manual_seed(0)
    x, y = digits[:]
    first = torch.stack([(y == c).nonzero()[0, 0] for c in range(10)])
    means = torch.stack([x[y == c].mean(0) for c in range(10)])
    half, one, x = x[y < 5][:4000], x[y == 1].repeat(4, 1, 1, 1), x[:4000]
    cheats = {
        "real": x,
        "1,000 copied": x[:1000].repeat(4, 1, 1, 1),
        "100 copied": x[:100].repeat(40, 1, 1, 1),
        "noise of sd 0.1": add_noise(x, 0.1, generator),
        "noise of sd 0.3": add_noise(x, 0.3, generator),
        "blurred": box_blur(x),
        "blurred three times": box_blur(box_blur(box_blur(x))),
        "half the classes": half,
        "one picture a class": digits[first][0].repeat(400, 1, 1, 1),
        "class means": means.repeat(400, 1, 1, 1),
        "one class": one,
        "uniform noise": 2 * torch.rand(x.shape, generator=generator) - 1,
    }
    other = second_judge()
    return {name: (judge.relative_fd(x), other.relative_fd(x)) for name, x in cheats.items()}


# The judges differ about one thing: how bad a single blur is (57 % and 8 %).
UNDECIDED = {"blurred"}


def test_the_second_judge_orders_the_cheats_alike(distances):
    """Wherever one judge sees a clear difference, of half as much again, the other sees none against it."""
    names = [name for name in distances if name not in UNDECIDED]
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            ratios = sorted(distances[a][judge] / distances[b][judge] for judge in (0, 1))
            assert not (ratios[0] < 1 / 1.5 and ratios[1] > 1.5), (a, b, distances[a], distances[b])


def test_the_order_that_both_judges_agree_on(distances):
    for found in zip(*distances.values()):
        fd = dict(zip(distances, found))
        assert fd["real"] < 0.35
        chain = ["real", "1,000 copied", "100 copied", "half the classes", "blurred three times"]
        for a, b in zip(chain, [*chain[1:], "one class"]):
            assert 1.4 * fd[a] < fd[b], (a, b, fd)
        assert 3 * fd["one class"] < fd["uniform noise"] and fd["blurred"] < fd["blurred three times"], fd
        assert 3 * fd["noise of sd 0.1"] < fd["noise of sd 0.3"] > 8, fd
        assert 2 * fd["100 copied"] < fd["one picture a class"] < fd["class means"] < fd["one class"], fd
        assert 1.4 * fd["100 copied"] < fd["blurred"], fd
