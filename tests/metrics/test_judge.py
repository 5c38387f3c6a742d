"""The bundled judge of digits: what it sees, how it counts neighbors; and judges for any pictures."""

import math

import pytest
import torch

from ganlib import metrics
from ganlib.data import ImageSet, load
from ganlib.data.damage import DAMAGES, KINDS, add_noise, box_blur, damage


def test_noise_is_worse_than_blur_and_pixel_noise_is_seen(judge, digits):
    generator = torch.Generator().manual_seed(0)
    x, _ = digits[:5000]
    cheats = {
        "real": x,
        "noise of sd 0.1": add_noise(x, 0.1, generator),
        "noise of sd 0.3": add_noise(x, 0.3, generator),
        "blurred": box_blur(x),
        "blurred three times": box_blur(box_blur(box_blur(x))),
        "uniform noise": 2 * torch.rand(x.shape, generator=generator) - 1,
    }
    fd = {name: judge.relative_fd(images) for name, images in cheats.items()}
    assert 4 * fd["real"] < fd["noise of sd 0.1"] < fd["noise of sd 0.3"] / 4, fd
    assert 8 < fd["noise of sd 0.3"] < fd["blurred three times"], fd
    assert fd["noise of sd 0.1"] < fd["blurred"] < fd["blurred three times"] < fd["uniform noise"] / 3, fd


@pytest.mark.parametrize("name, accuracy", [("mnist", 0.992), ("fashion", 0.90)])
def test_the_classifiers_still_know_their_classes(name, accuracy):
    from ganlib.engine.checkpoint import load_tensors
    from ganlib.engine.files import asset

    weights = asset(f"checkpoints/{name}-classifier.safetensors")
    assert weights.stat().st_size < 250_000
    _, metadata = load_tensors(asset(f"checkpoints/{name}-reference.safetensors"))
    assert metadata["test_accuracy"] >= accuracy


def test_the_judge_of_clothes_sees_noise_and_blur_too():
    judge, (x, _) = metrics.Judge("fashion"), load("fashion")[:]
    fd = [judge.relative_fd(images) for images in (x, box_blur(x), 2 * torch.rand_like(x) - 1)]
    assert fd[0] < 0.6 and 5 * fd[0] < fd[1] < fd[2] / 2, fd


def test_the_first_features_measure_the_damage(judge, digits):
    torch.manual_seed(0)
    x, _ = digits[:500]
    for way in range(4):
        draws = [damage(part, way) for part in x.split(25)]  # a blur is equally strong within a draw
        kind = KINDS.index(DAMAGES[way][1])
        amount = torch.cat([amount[:, kind] for _, amount in draws])
        measured = judge.features(torch.cat([damaged for damaged, _ in draws]).clamp(-1, 1))[:, kind]
        correlation = torch.stack([measured, amount]).corrcoef()[0, 1]
        assert correlation > 0.8, (DAMAGES[way], correlation)


def test_neighbors_are_counted_on_a_random_subset_without_repetition(judge, digits):
    """Ten pictures, a thousand times, in order: every tenth row would be one picture alone."""
    x, _ = digits[:]
    repeated = x[:10].repeat(1000, 1, 1, 1)
    assert judge(repeated).recall < 0.02
    report = judge(x)
    assert report == judge(x)  # the subset is the same each time
    state = torch.get_rng_state()
    judge(x[:100])
    assert torch.equal(state, torch.get_rng_state())  # and drawn from a generator of its own


def test_a_judge_for_pictures_of_ones_own():
    """16x16 color: bright disks of two sizes."""
    torch.manual_seed(0)
    radius = torch.where(torch.arange(400) % 2 == 0, 3.0, 6.0).view(-1, 1, 1, 1) + torch.rand(400, 1, 1, 1)
    grid = torch.linspace(-7.5, 7.5, 16)
    distance = (grid.view(1, 1, 16, 1) - torch.randn(400, 1, 1, 1)) ** 2 + (
        grid - torch.randn(400, 1, 1, 1)
    ) ** 2
    pictures = (distance.sqrt() < radius).float() * torch.rand(400, 3, 1, 1).add(1)
    data = ImageSet((127 * pictures).byte(), torch.arange(400) % 2, ["small", "large"])
    judge = metrics.PictureJudge(data, steps=150)
    x, y = data[:]
    real, noise, half = judge(x), judge(2 * torch.rand_like(x) - 1), judge(x[y == 0])
    assert real.relative_fd < half.relative_fd < noise.relative_fd
    assert real.classes == 2 and half.classes == 1 and real.score > 1.5 > half.score
    assert real.precision > 0.5 > noise.precision
    assert (judge.classes(x) == y).float().mean() > 0.9
    with pytest.raises(ValueError, match=r"images: expected a float tensor \(n, 3, 16, 16\)"):
        judge(x[:, :1])
    unlabeled = metrics.PictureJudge(ImageSet(data.images, 0 * data.labels, ["disk"]), steps=60)
    assert unlabeled(x).relative_fd < unlabeled(2 * torch.rand_like(x) - 1).relative_fd


def test_a_judge_for_a_hundred_pictures_and_square_ones_where_they_are_turned():
    pictures = torch.randint(256, (100, 1, 16, 8), dtype=torch.uint8)
    halves = ImageSet(pictures, torch.arange(100) % 2, ["a", "b"])
    assert metrics.PictureJudge(halves, steps=2)(halves[:][0]).relative_fd < 100
    with pytest.raises(ValueError, match="data: expected square pictures.*but got 16 x 8"):
        metrics.PictureJudge(ImageSet(pictures, torch.zeros(100, dtype=torch.long), ["a"]), steps=2)


def test_a_net_of_ones_own_and_an_oracle_for_the_distance():
    class Pixels(torch.nn.Module):
        head = torch.nn.Linear(4, 3)

        def features(self, x):
            return x.flatten(1)

    images = torch.randint(
        0, 256, (200, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    data = ImageSet(images, torch.arange(200) % 3, ["a", "b", "c"])
    judge = metrics.PictureJudge(data, net=Pixels())
    held_out = torch.randperm(200, generator=torch.Generator().manual_seed(0))[100:]
    moved = data[held_out][0] * 0.5
    real = data[held_out][0].flatten(1).double()
    mean = real.mean(0)
    oracle = (
        (0.5 * mean) ** 2
    ).sum() + 0.25 * real.T.cov().trace()  # mean halved; tr(A + A/4 - A) is tr(A) / 4
    assert judge.relative_fd(moved) == pytest.approx(100 * (oracle / real.T.cov().trace()).item(), rel=1e-3)
    assert not math.isnan(judge(moved).score)
