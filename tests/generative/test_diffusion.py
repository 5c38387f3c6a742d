"""Flow matching on Gaussians, where velocity, smallest loss and samples are known in closed form."""

import pytest
import torch
from torch import nn

from ganlib.generative.diffusion import FlowMatching, StraightLine, gaussian_velocity
from ganlib.nets.unet import TimeUNet, time_features
from ganlib.trainer import Trainer

MEAN, SD = 1.5, 0.6


@pytest.mark.parametrize("t", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_gaussian_velocity_is_the_regression_of_the_difference(t):
    """Least squares of x₁ - x₀ on x_t finds the same line."""
    torch.manual_seed(0)
    x0, x1 = torch.randn(400_000).double(), MEAN + SD * torch.randn(400_000).double()
    x = (1 - t) * x0 + t * x1
    columns = torch.stack([torch.ones_like(x), x], 1)
    line = torch.linalg.lstsq(columns, (x1 - x0)[:, None]).solution.flatten()
    at = torch.tensor([-1.0, 0.5, 2.0]).double()
    torch.testing.assert_close(
        gaussian_velocity(at, torch.tensor(t), MEAN, SD), line[0] + line[1] * at, atol=0.03, rtol=0
    )


def test_following_the_gaussian_velocity_carries_noise_to_the_data():
    x = noise = torch.linspace(-3, 3, 13).double()
    for i in range(4000):
        x = x + gaussian_velocity(x, torch.tensor((i + 0.5) / 4000), MEAN, SD) / 4000
    torch.testing.assert_close(x, MEAN + SD * noise, atol=2e-3, rtol=0)


class Nothing(nn.Module):
    """A net that adds nothing."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x, t):
        return self.weight * x


class Bell:
    """Sixteen independent Gaussian numbers a sample."""

    def batch(self, n):
        return MEAN + SD * torch.randn(n, 16), torch.zeros(n, dtype=torch.long)


def gaussian_model():
    """Flow matching that begins, and should stay, at the closed form."""
    return FlowMatching(StraightLine(Nothing(), torch.full((1, 16), MEAN), SD), shape=(16,), lr=1e-3)


def test_the_smallest_loss_is_what_no_net_can_predict():
    """The mean over t of the variance of x₁ - x₀ given x_t, sd² / ((1 - t)² + t² sd²), by a sum over t."""
    torch.manual_seed(0)
    *_, snapshot = Trainer(gaussian_model(), Bell(), batch_size=256).until(200, every=200)
    t = torch.special.ndtri((torch.arange(10_000) + 0.5) / 10_000).sigmoid()
    expected = (SD**2 / ((1 - t) ** 2 + (t * SD) ** 2)).mean().item()
    assert snapshot.terms["loss"] == pytest.approx(expected, rel=0.02)


def test_samples_have_the_mean_and_sd_of_the_data():
    torch.manual_seed(0)
    samples = gaussian_model().generate(4000, steps=200)
    assert samples.mean().item() == pytest.approx(MEAN, abs=0.01) and samples.std().item() == pytest.approx(
        SD, abs=0.01
    )


def test_a_net_without_the_formula_learns_the_closed_form():
    torch.manual_seed(0)

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1)
            )

        def forward(self, x, t):
            return self.net(torch.cat([x, t[:, None]], 1))

    class Line:
        def batch(self, n):
            return MEAN + SD * torch.randn(n, 1), torch.zeros(n, dtype=torch.long)

    model = FlowMatching(Plain(), shape=(1,), lr=5e-3)
    for _ in Trainer(model, Line(), batch_size=512).until(800, every=200):
        pass
    x, t = torch.randn(500, 1), torch.rand(500)
    x = (1 - t[:, None]) * x + t[:, None] * Line().batch(500)[0]
    with torch.no_grad():
        error = model.ema.module(x, t) - gaussian_velocity(x, t[:, None], MEAN, SD)
    assert error.square().mean().sqrt() < 0.2
    samples = model.generate(4000, steps=50)
    assert samples.mean().item() == pytest.approx(MEAN, abs=0.06) and samples.std().item() == pytest.approx(
        SD, abs=0.06
    )


def test_one_step_from_noise_lands_on_the_mean_of_the_data():
    """At t = 0 the best velocity is E[x₁] - x₀, whatever the data: one step draws the mean."""
    samples = gaussian_model().generate(10, steps=1)
    torch.testing.assert_close(samples, torch.full_like(samples, MEAN))


def test_the_path_begins_at_the_noise_and_ends_at_the_samples():
    model, noise = gaussian_model(), torch.randn(3, 16)
    path = list(model.path(noise, steps=5))
    assert (
        len(path) == 6 and torch.equal(path[0], noise) and torch.equal(path[-1], model.carry(noise, steps=5))
    )


@pytest.mark.parametrize("steps", [0, -1, 2.5])
def test_a_number_of_steps_that_is_none_is_refused(steps):
    with pytest.raises(ValueError, match="steps: expected an integer, 1 or more"):
        gaussian_model().generate(2, steps=steps)


def test_the_u_net_takes_digits_and_times():
    torch.manual_seed(0)
    net = TimeUNet(width=16)
    nn.init.normal_(net.leave.weight, std=0.1)
    nn.init.normal_(net.before.modulation.weight, std=0.1)
    nn.init.normal_(net.before.conv_out.weight, std=0.1)
    x = torch.randn(2, 1, 28, 28)
    early, late = net(x, torch.zeros(2)), net(x, torch.ones(2))
    assert early.shape == x.shape and not torch.allclose(early, late)


def test_features_of_time_tell_times_apart():
    t = torch.linspace(0, 1, 101)
    distances = torch.cdist(time_features(t, 64), time_features(t, 64)) + 10 * torch.eye(101)
    assert distances.min() > 0.3
