"""Losses against torch's own cross-entropy, closed forms and autograd."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from ganlib import losses


@pytest.fixture
def logits():
    torch.manual_seed(0)
    return 3 * torch.randn(257), 3 * torch.randn(257)


def test_binary_d_loss_is_the_two_cross_entropies(logits):
    real, fake = logits
    oracle = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    torch.testing.assert_close(losses.minimax.d_loss(real, fake), oracle)


def test_generator_losses_against_probabilities(logits):
    fake = logits[1].double()
    d = torch.sigmoid(fake)
    torch.testing.assert_close(losses.minimax.g_loss(fake), torch.log(1 - d).mean())
    torch.testing.assert_close(losses.non_saturating.g_loss(fake), -torch.log(d).mean())


def test_slopes_in_the_logit():
    logit = torch.linspace(-6, 6, 25, requires_grad=True)
    for loss, slope in ((losses.minimax, lambda d: -d), (losses.non_saturating, lambda d: d - 1)):
        (gradient,) = torch.autograd.grad(loss.g_loss(logit) * len(logit), logit)
        torch.testing.assert_close(gradient, slope(torch.sigmoid(logit.detach())))


def test_values_at_a_draw():
    zero = torch.zeros(5)
    assert losses.minimax.d_loss(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert losses.relativistic.d_loss(zero, zero).item() == pytest.approx(math.log(2))
    assert losses.hinge.d_loss(zero, zero).item() == 2
    assert losses.wasserstein.d_loss(zero + 3, zero + 1).item() == -2


def test_wasserstein_hinge_relativistic_by_hand(logits):
    real, fake = logits
    pairs = list(zip(real.tolist(), fake.tolist()))
    n = len(pairs)
    hinge = sum(max(0, 1 - r) + max(0, 1 + f) for r, f in pairs) / n
    rank = sum(math.log1p(math.exp(f - r)) for r, f in pairs) / n
    chase = sum(math.log1p(math.exp(r - f)) for r, f in pairs) / n
    assert losses.wasserstein.d_loss(real, fake).item() == pytest.approx(
        sum(f - r for r, f in pairs) / n, abs=1e-5
    )
    assert losses.wasserstein.g_loss(fake).item() == pytest.approx(-sum(f for _, f in pairs) / n, abs=1e-5)
    assert losses.hinge.d_loss(real, fake).item() == pytest.approx(hinge, abs=1e-5)
    assert losses.relativistic.d_loss(real, fake).item() == pytest.approx(rank, abs=1e-5)
    assert losses.relativistic.g_loss(real, fake).item() == pytest.approx(chase, abs=1e-5)


def test_extreme_logits_stay_finite():
    extreme = torch.tensor([-1e4, 1e4])
    for loss in (losses.minimax, losses.non_saturating, losses.wasserstein, losses.hinge):
        assert loss.d_loss(extreme, extreme.flip(0)).isfinite() and loss.g_loss(extreme).isfinite()


@pytest.mark.parametrize("bad", [torch.zeros(4, 1), torch.zeros(0), torch.zeros(4, dtype=torch.long), [0.0]])
def test_what_is_not_a_logit_is_named(bad):
    with pytest.raises(
        ValueError, match=r"fake: expected logits, a non-empty float tensor of shape \(B,\).*flatten"
    ):
        losses.non_saturating.g_loss(bad)


def test_relativistic_pairs_must_match():
    with pytest.raises(ValueError, match="fake: expected as many logits as real, 4, but got 5"):
        losses.relativistic.d_loss(torch.zeros(4), torch.zeros(5))


def test_a_relativistic_loss_says_that_it_needs_the_real_logits():
    with pytest.raises(ValueError, match="fake: expected logits next to the real ones.*RelativisticGAN"):
        losses.relativistic.g_loss(torch.zeros(4))


def test_the_generators_relativistic_loss_names_its_own_arguments():
    with pytest.raises(ValueError, match=r"^real: expected logits"):
        losses.relativistic.g_loss(torch.zeros(4, 1), torch.zeros(4))
    with pytest.raises(ValueError, match="^fake: expected as many logits as real, 4, but got 5"):
        losses.relativistic.g_loss(torch.zeros(4), torch.zeros(5))
