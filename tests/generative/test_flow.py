"""The normalizing flow: its log-determinant by autograd, its density by adding up, its inverse."""

import math

import pytest
import torch

from ganlib.data import toys
from ganlib.generative.flow import Coupling, MaximumLikelihood, NormalizingFlow
from ganlib.trainer import Trainer


@pytest.fixture
def flow():
    """A flow with weights that matter."""
    torch.manual_seed(0)
    return NormalizingFlow(2, layers=4, width=16)


@pytest.mark.parametrize("dim", [2, 3])
def test_log_determinant_is_that_of_autograds_jacobian(dim):
    torch.manual_seed(0)
    flow, x = NormalizingFlow(dim, layers=5, width=16), torch.randn(6, dim)
    _, log_det = flow(x)
    for row, expected in zip(x, log_det):
        jacobian = torch.autograd.functional.jacobian(lambda r: flow(r[None])[0][0], row)
        assert torch.linalg.slogdet(jacobian)[1].item() == pytest.approx(expected.item(), abs=1e-4)


def test_the_inverse_undoes_it(flow):
    x = 3 * torch.randn(50, 2)
    u, _ = flow(x)
    torch.testing.assert_close(flow.inverse(u), x, atol=1e-4, rtol=1e-4)


def test_half_of_the_coordinates_pass():
    x = torch.randn(5, 4)
    for swap, passes in ((False, slice(0, 2)), (True, slice(2, 4))):
        assert torch.equal(Coupling(4, swap)(x)[0][:, passes], x[:, passes])


@torch.no_grad()
def test_the_density_adds_up_to_one(flow):
    ticks = torch.linspace(-12, 12, 601)
    p = flow.log_prob(torch.cartesian_prod(ticks, ticks)).exp()
    assert p.sum().item() * (24 / 600) ** 2 == pytest.approx(1, abs=0.01)


@torch.no_grad()
def test_samples_follow_the_density(flow):
    """The mean of -log p over its own samples, the entropy, agrees with the sum over a grid."""
    torch.manual_seed(1)
    ticks = torch.linspace(-12, 12, 601)
    log_p = flow.log_prob(torch.cartesian_prod(ticks, ticks))
    entropy = -(log_p.exp() * log_p).sum() * (24 / 600) ** 2
    assert -flow.log_prob(flow.generate(20_000)).mean().item() == pytest.approx(entropy.item(), abs=0.05)


class Slanted:
    """A normal distribution with a correlation, whose entropy is known."""

    root = torch.tensor([[1.5, 0.0], [1.0, 0.5]])

    def batch(self, n):
        return torch.randn(n, 2) @ self.root.T + 1, torch.zeros(n, dtype=torch.long)


def test_training_by_the_trainer_reaches_the_entropy_of_a_gaussian():
    torch.manual_seed(0)
    model = MaximumLikelihood(NormalizingFlow(2, layers=4, width=32), lr=3e-3)
    *_, snapshot = Trainer(model, Slanted(), batch_size=256).until(600, every=100)
    entropy = 1 + math.log(2 * math.pi) + torch.linalg.slogdet(Slanted.root)[1].item()
    assert snapshot.terms["nll"] == pytest.approx(entropy, abs=0.06)


def test_a_ring_is_learned_better_than_by_a_gaussian():
    torch.manual_seed(0)
    model, ring = MaximumLikelihood(NormalizingFlow(2, layers=6, width=32), lr=3e-3), toys.ring()
    *_, snapshot = Trainer(model, ring, batch_size=256).until(300, every=100)
    x = ring.batch(5000)[0]
    gaussian = 1 + math.log(2 * math.pi) + torch.linalg.slogdet(x.T.cov())[1].item() / 2
    assert snapshot.terms["nll"] < gaussian - 0.3
