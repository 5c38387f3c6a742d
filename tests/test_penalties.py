"""Penalties against closed forms and finite differences."""

import pytest
import torch
from torch import nn

from ganlib import penalties
from ganlib.nets import MLPDiscriminator


@pytest.fixture
def batches():
    torch.manual_seed(0)
    return torch.randn(6, 3, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64)


def test_zero_slope_costs_the_weight(batches):
    flat = lambda x: x.sum(1) * 0  # noqa: E731
    assert penalties.gradient_penalty(flat, *batches, weight=7.0).item() == pytest.approx(7.0)


def test_a_constant_critic_has_slope_zero(batches):
    constant = lambda x: torch.zeros(len(x), dtype=x.dtype, requires_grad=True)  # noqa: E731
    assert penalties.r1_penalty(constant, *batches).item() == 0


def test_unit_slope_costs_nothing(batches):
    unit = lambda x: x @ torch.tensor([0.6, 0.0, 0.8], dtype=x.dtype)  # noqa: E731
    assert penalties.gradient_penalty(unit, *batches).item() == pytest.approx(0, abs=1e-20)


def test_linear_critic_in_closed_form(batches):
    slope = torch.tensor([1.0, 2.0, 2.0], dtype=torch.float64)  # length 3
    linear = lambda x: x @ slope  # noqa: E731
    assert penalties.gradient_penalty(linear, *batches).item() == pytest.approx(10 * (3 - 1) ** 2)
    assert penalties.r1_penalty(linear, *batches, weight=0.1).item() == pytest.approx(0.1 / 2 * 9)
    assert penalties.r2_penalty(linear, *batches, weight=0.1).item() == pytest.approx(0.1 / 2 * 9)


def test_each_sample_has_a_slope_of_its_own(batches):
    """Not one norm for the whole batch: samples too steep and too flat do not cancel."""
    seen = []
    bowl = lambda x: (seen.append(x.detach()), x.square().sum(1) / 2)[1]  # noqa: E731, slope x
    found = penalties.gradient_penalty(bowl, *batches, weight=1.0).item()
    assert found == pytest.approx(sum((x.norm().item() - 1) ** 2 for x in seen[0]) / len(seen[0]))


def test_r1_looks_at_real_and_r2_at_fake(batches):
    real, fake = batches
    bowl = lambda x: x.square().sum(1) / 2  # noqa: E731, slope x
    assert penalties.r1_penalty(bowl, real, fake, 2.0).item() == pytest.approx(
        real.square().sum(1).mean().item()
    )
    assert penalties.r2_penalty(bowl, real, fake, 2.0).item() == pytest.approx(
        fake.square().sum(1).mean().item()
    )


def test_input_gradient_against_finite_differences(batches):
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    x, step = batches[0], 1e-6
    found = penalties.input_gradient(net, x)
    for j in range(3):
        shift = torch.zeros(3, dtype=torch.float64)
        shift[j] = step
        torch.testing.assert_close(
            found[:, j], (net(x + shift) - net(x - shift)) / (2 * step), atol=1e-8, rtol=1e-6
        )


def test_one_t_a_sample_not_a_pixel():
    seen = []

    def spy(x):
        seen.append(x.detach())
        return x.flatten(1).sum(1)

    torch.manual_seed(0)
    penalties.gradient_penalty(spy, torch.zeros(50, 1, 4, 4), torch.ones(50, 1, 4, 4))
    t = seen[0].flatten(1)
    assert (t == t[:, :1]).all(), "all pixels of a sample lie at the same t"
    assert t[:, 0].unique().numel() == 50 and t.min() >= 0 and t.max() <= 1


def test_the_gradient_reaches_the_weights():
    torch.manual_seed(0)
    net = nn.Linear(3, 1, bias=False)
    penalty = penalties.gradient_penalty(lambda x: net(x).flatten(), torch.randn(5, 3), torch.randn(5, 3))
    (gradient,) = torch.autograd.grad(penalty, net.weight)
    w = net.weight.detach()
    torch.testing.assert_close(gradient, 10 * 2 * (w.norm() - 1) * w / w.norm())  # d/dw weight (|w| - 1)²


def test_conditional_critics_come_as_a_closure():
    torch.manual_seed(0)
    D, y = MLPDiscriminator((8,), (2,), n_classes=3), torch.tensor([0, 1, 2, 0])
    real, fake = torch.randn(4, 2), torch.randn(4, 2)
    found = penalties.r1_penalty(lambda x: D(x, y), real, fake, 2.0)
    each = [
        torch.autograd.functional.jacobian(lambda x, k=k: D(x[None], y[k : k + 1]).sum(), real[k])
        for k in range(4)
    ]
    torch.testing.assert_close(found, torch.stack(each).square().sum(1).mean())


def test_clip_weights():
    torch.manual_seed(0)
    net = nn.Linear(100, 100)
    penalties.clip_weights(net, 0.02)
    assert net.weight.abs().max().item() == pytest.approx(0.02) and net.bias.abs().max().item() <= 0.0200001
    with pytest.raises(ValueError, match="limit: expected a positive number, but got 0"):
        penalties.clip_weights(net, 0)


def test_bad_input_is_named(batches):
    real, _ = batches
    with pytest.raises(ValueError, match="fake: expected the shape of real"):
        penalties.gradient_penalty(lambda x: x.sum(1), real, real[:3])
    with pytest.raises(ValueError, match=r"critic\(x\): expected logits of shape"):
        penalties.r1_penalty(lambda x: x, real)
    with pytest.raises(ValueError, match="x: expected a non-empty float batch"):
        penalties.r1_penalty(lambda x: x.sum(1), real.long())
