"""PixelCNN: what a pixel may see, by gradients; probabilities of all tiny pictures; its samples."""

import itertools

import pytest
import torch

from ganlib.generative.pixelcnn import Autoregressive, MaskedConv2d, PixelCNN, bits, to_classes, to_gray
from ganlib.trainer import Trainer


def model(levels=2, width=8, dilations=(1, 2), size=3):
    """A PixelCNN whose random weights are large enough to matter."""
    torch.manual_seed(0)
    net = PixelCNN(levels, width, dilations)
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return Autoregressive(net, size=size)


def all_pictures(levels, height, width):
    """Every picture with these many gray levels, (levels ** (height width), 1, height, width)."""
    classes = torch.tensor(list(itertools.product(range(levels), repeat=height * width)))
    return to_gray(classes.view(-1, height, width), levels)


@pytest.mark.parametrize("dilations", [(1,), (1, 1, 1), (1, 2, 4)])
def test_logits_depend_on_earlier_pixels_alone(dilations):
    net = model(levels=3, dilations=dilations).net
    x = torch.randn(1, 1, 5, 5, requires_grad=True)
    logits = net(x)  # (1, 3, 5, 5)
    for i in range(25):
        gradient = torch.autograd.grad(logits.flatten(2)[0, :, i].sum(), x, retain_graph=True)[0].flatten()
        assert (gradient[i:] == 0).all(), f"pixel {i} sees itself or what comes after it"
        assert i == 0 or (gradient[:i] != 0).any()


def test_the_stack_sees_the_row_above_to_its_right_only_in_part():
    """The blind spot that the docstring admits: what is above and far to the right is not seen."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        MaskedConv2d(1, 4, 3, see_center=False), *(MaskedConv2d(4, 4, 3, see_center=True) for _ in range(4))
    )
    x = torch.randn(1, 1, 9, 9, requires_grad=True)
    gradient = torch.autograd.grad(net(x)[0, :, 6, 3].sum(), x)[0][0, 0]
    assert gradient[5, 4] != 0 and gradient[5, 5] == 0 and gradient[5, :5].ne(0).all()


@pytest.mark.parametrize(("levels", "height", "width"), [(2, 2, 3), (3, 2, 2), (4, 1, 3)])
def test_probabilities_of_all_pictures_sum_to_one(levels, height, width):
    p = model(levels).log_prob(all_pictures(levels, height, width)).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-5)
    assert p.max() > 2 * p.min()  # not simply uniform


def test_samples_come_as_often_as_their_probability_says():
    auto, pictures, n = model(size=2), all_pictures(2, 2, 2), 40_000
    p = auto.log_prob(pictures).exp()
    powers = torch.tensor([8, 4, 2, 1])
    found = torch.bincount((to_classes(auto.generate(n), 2).flatten(1) * powers).sum(1), minlength=16)
    chi_square = ((found - n * p).square() / (n * p)).sum()
    assert chi_square < 45  # 15 degrees of freedom: exceeded once in 10,000 times


def test_fixed_rows_stay_and_the_rest_follows_the_conditional():
    auto, pictures, n = model(size=2), all_pictures(2, 2, 2), 20_000
    start = torch.tensor([[1.0, -1.0]])
    samples = auto.generate(n, start)
    assert (samples[:, 0, 0] == start[0]).all()
    agrees = (pictures[:, 0, 0] == start[0]).all(1)
    p = auto.log_prob(pictures[agrees]).exp()
    found = torch.tensor(
        [(samples == picture).flatten(1).all(1).float().mean() for picture in pictures[agrees]]
    )
    torch.testing.assert_close(found, p / p.sum(), atol=0.02, rtol=0)


def test_gray_levels_go_there_and_back():
    classes = torch.randint(4, (3, 5, 6))
    assert torch.equal(to_classes(to_gray(classes, 4), 4), classes)
    assert to_gray(classes, 4).min() == -1 and to_gray(classes, 4).max() == 1


def test_a_fair_coin_a_pixel_costs_one_bit():
    auto = model()
    for p in auto.ema.module.parameters():
        torch.nn.init.zeros_(p)
    x = torch.randn(4, 1, 28, 28).sign()
    torch.testing.assert_close(bits(-auto.log_prob(x)), torch.ones(4))


class Copies:
    """Two rows: a random one and its copy."""

    def batch(self, n):
        row = torch.randn(n, 1, 1, 6).sign()
        return torch.cat([row, row], 2), torch.zeros(n, dtype=torch.long)


def test_training_by_the_trainer_nears_the_entropy_of_the_data():
    torch.manual_seed(0)
    auto = Autoregressive(PixelCNN(2, 8, (1, 1)), lr=1e-2, size=6)
    *_, snapshot = Trainer(auto, Copies(), batch_size=32).until(400, every=100)
    assert (
        bits(torch.tensor(snapshot.terms["nll"]), pixels=12) < 0.56
    )  # ½ is the entropy: one row of two is free
