"""The bundled judge against a second one, trained apart from it: which order of the cheats do both see?"""

import pytest
import torch

from ganlib.data.damage import add_noise, box_blur
from tests.metrics.second_judge import second_judge


@pytest.fixture(scope="module")
def cheats(digits):
    """10,000 pictures each: what a cheating generator might return."""
    generator = torch.Generator().manual_seed(0)
    x, y = digits[:]
    first = torch.stack([(y == c).nonzero()[0, 0] for c in range(10)])
    means = torch.stack([x[y == c].mean(0) for c in range(10)])
    return {
        "real": x,
        "1,000 copied": x[:1000].repeat(10, 1, 1, 1),
        "100 copied": x[:100].repeat(100, 1, 1, 1),
        "noise of sd 0.1": add_noise(x, 0.1, generator),
        "noise of sd 0.3": add_noise(x, 0.3, generator),
        "blurred": box_blur(x),
        "blurred three times": box_blur(box_blur(box_blur(x))),
        "half the classes": x[y < 5].repeat(2, 1, 1, 1),
        "one picture a class": x[first].repeat(1000, 1, 1, 1),
        "class means": means.repeat(1000, 1, 1, 1),
        "one class": x[y == 1].repeat(10, 1, 1, 1),
        "uniform noise": 2 * torch.rand(x.shape, generator=generator) - 1,
    }


@pytest.fixture(scope="module")
def distances(cheats, judge):
    """Both judges' distances of each cheat."""
    other = second_judge()
    return {name: (judge.relative_fd(x), other.relative_fd(x)) for name, x in cheats.items()}


def test_the_second_judge_orders_the_cheats_alike(distances):
    """Wherever one judge sees a clear difference, of half as much again, the other sees none against it."""
    names = list(distances)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            (first_a, second_a), (first_b, second_b) = distances[a], distances[b]
            ratios = sorted([first_a / first_b, second_a / second_b])
            assert not (ratios[0] < 1 / 1.5 and ratios[1] > 1.5), (a, b, distances[a], distances[b])


def test_the_order_that_both_judges_agree_on(distances):
    for found in zip(*distances.values()):
        fd = dict(zip(distances, found))
        assert fd["real"] < 0.25
        chain = [
            "real",
            "1,000 copied",
            "100 copied",
            "blurred",
            "blurred three times",
            "one class",
            "uniform noise",
        ]
        for a, b in zip(chain, chain[1:]):
            assert 1.5 * fd[a] < fd[b], (a, b, fd)
        assert 3 * fd["noise of sd 0.1"] < fd["noise of sd 0.3"] and fd["noise of sd 0.3"] > 8, fd
        assert 2 * fd["100 copied"] < min(fd["half the classes"], fd["one picture a class"]), fd
        assert fd["class means"] > 1.5 * fd["half the classes"], fd
        assert max(fd.values()) == fd["uniform noise"], fd
