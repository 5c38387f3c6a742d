"""The RBM against brute force: a machine so small that all of its states can be listed."""

import pytest
import torch

from ganlib.generative.rbm import RBM, PersistentContrastiveDivergence
from ganlib.trainer import Trainer


def states(n):
    """All states of n units, (2 ** n, n)."""
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * n).reshape(-1, n)


@pytest.fixture
def rbm():
    """Four pixels, three hidden units, weights that matter."""
    torch.manual_seed(0)
    rbm = RBM(4, 3)
    for p in rbm.parameters():
        torch.nn.init.normal_(p)
    return rbm


def joint(rbm):
    """exp(b·v + c·h + v W h) for all v and h, (16, 8)."""
    v, h = states(4), states(3)
    return ((v @ rbm.b)[:, None] + (h @ rbm.c)[None] + v @ rbm.W @ h.T).exp()


def exact_log_p(rbm, v):
    """log p(v) with the sum Z over all states of the pixels."""
    return -rbm.free_energy(v) - torch.logsumexp(-rbm.free_energy(states(4)), 0)


@torch.no_grad()
def test_free_energy_is_the_sum_over_all_hidden_states(rbm):
    torch.testing.assert_close(-rbm.free_energy(states(4)), joint(rbm).sum(1).log())


@torch.no_grad()
def test_conditionals_are_those_of_the_joint(rbm):
    p, v, h = joint(rbm), states(4), states(3)
    torch.testing.assert_close(rbm.hidden_given(v), (p @ h) / p.sum(1, keepdim=True))
    torch.testing.assert_close(rbm.visible_given(h), (p.T @ v) / p.sum(0)[:, None])


@torch.no_grad()
def test_gibbs_sampling_reaches_the_distribution(rbm):
    torch.manual_seed(0)
    n = 20_000
    found = rbm.gibbs(torch.zeros(n, 4), steps=100)
    counts = torch.bincount((found @ torch.tensor([8.0, 4.0, 2.0, 1.0])).long(), minlength=16)
    torch.testing.assert_close(counts / n, exact_log_p(rbm, states(4)).exp(), atol=0.015, rtol=0)


def test_the_gradient_is_that_of_the_exact_likelihood(rbm):
    """Fantasies weighted as the model weighs them give the likelihood's gradient."""
    data = states(4)[[3, 5, 5, 9]]
    exact = torch.autograd.grad(-exact_log_p(rbm, data).mean(), rbm.parameters())
    weights = exact_log_p(rbm, states(4)).exp().detach()
    gap = rbm.free_energy(data).mean() - (weights * rbm.free_energy(states(4))).sum()
    for found, expected in zip(torch.autograd.grad(gap, rbm.parameters()), exact):
        torch.testing.assert_close(found, expected)


class Pairs:
    """Four pixels: the first two agree, so do the last two."""

    def batch(self, n):
        return torch.randn(n, 2).sign().repeat_interleave(2, 1).view(n, 1, 2, 2), torch.zeros(
            n, dtype=torch.long
        )


def test_training_by_the_trainer_nears_the_entropy_of_the_data():
    torch.manual_seed(0)
    model = PersistentContrastiveDivergence(RBM(4, 4), lr=0.2, decay_steps=2000, shape=(1, 2, 2))
    data = (Pairs().batch(1000)[0].flatten(1) + 1) / 2
    before = exact_log_p(model.rbm, data).mean().item()
    for _ in Trainer(model, Pairs(), batch_size=64).until(3000, every=500):
        pass
    after = exact_log_p(model.rbm, data).mean().item()
    entropy = 2 * torch.tensor(2.0).log().item()
    assert before == pytest.approx(-2 * entropy, abs=0.05) and -1.25 * entropy < after < -0.99 * entropy
    samples = model.generate(200, steps=50)
    assert samples.shape == (200, 1, 2, 2) and samples.abs().max() <= 1


def test_biases_begin_at_the_mean_of_the_data():
    mean = torch.tensor([0.1, 0.5, 0.9])
    torch.testing.assert_close(RBM(3, 2, mean).b.sigmoid(), mean)


def test_the_count_of_updates_and_the_fantasies_are_state():
    one, two = (PersistentContrastiveDivergence(RBM(4, 3), chains=5, shape=(1, 2, 2)) for _ in range(2))
    for _ in Trainer(one, Pairs(), batch_size=8).until(7):
        pass
    two.load_state_dict({name: value.clone() for name, value in one.state_dict().items()})
    assert two.memory.updates == 7 and torch.equal(one.memory.fantasy, two.memory.fantasy)
