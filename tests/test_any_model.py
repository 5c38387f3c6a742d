"""A Trainer trains any model: one net (a VAE), four nets (CycleGAN), nets without gradients (an RBM).

Each is trained, interrupted, saved, resumed bit for bit, and captured.
"""

import os
import signal

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss, mse_loss

from ganlib.data import toys
from ganlib.engine.checkpoint import load_tensors
from ganlib.engine.optim import fused_adam, optimizer_step
from ganlib.engine.state import Trainable
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator, mlp
from ganlib.penalties import r1_penalty
from ganlib.trainer import Trainer
from tests.engine.test_cuda_graph import CountingCapturer
from tests.support.pages import NOTEBOOKS

OLD_FILE = NOTEBOOKS.parent / "tests" / "support" / "version-0.1.safetensors"


class VAE(Trainable):
    """A variational autoencoder of points in the plane. Kingma and Welling, 2013, arXiv:1312.6114."""

    def __init__(self):
        self.encoder, self.decoder = mlp(2, 16, 4), mlp(2, 16, 2)
        self.optimizer = fused_adam([*self.encoder.parameters(), *self.decoder.parameters()], lr=1e-2)

    def step(self, x, y=None):
        mean, log_var = self.encoder(x).chunk(2, 1)  # (B, 2) each
        z = mean + (log_var / 2).exp() * torch.randn_like(mean)
        reconstruction = mse_loss(self.decoder(z), x, reduction="none").sum(1).mean()
        kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        terms = {"reconstruction": reconstruction, "kl": 0.1 * kl}
        optimizer_step(self.optimizer, terms)
        return {name: term.detach() for name, term in terms.items()}


class CycleGAN(Trainable):
    """Two generators, two critics, three optimizers. Zhu et al., 2017, arXiv:1703.10593."""

    def __init__(self):
        self.to_y, self.to_x = mlp(2, 8, 2), mlp(2, 8, 2)
        self.judge_y, self.judge_x = mlp(2, 8, 1), mlp(2, 8, 1)
        self.g_optimizer = fused_adam([*self.to_y.parameters(), *self.to_x.parameters()], lr=1e-2)
        self.y_optimizer = fused_adam(self.judge_y.parameters(), lr=1e-2)
        self.x_optimizer = torch.optim.SGD(self.judge_x.parameters(), lr=1e-2, momentum=0.9)

    def samples_per_step(self, batch_size):
        return 2 * batch_size

    def step(self, pair, labels=None):
        x, y = pair.chunk(2)
        fake_y, fake_x = self.to_y(x), self.to_x(y)
        d_y = (self.judge_y(y) - 1).square().mean() + self.judge_y(fake_y.detach()).square().mean()
        optimizer_step(self.y_optimizer, {"d_y": d_y})
        d_x = (self.judge_x(x) - 1).square().mean() + self.judge_x(fake_x.detach()).square().mean()
        optimizer_step(self.x_optimizer, {"d_x": d_x})
        fooled = (self.judge_y(fake_y) - 1).square().mean() + (self.judge_x(fake_x) - 1).square().mean()
        cycle = l1_loss(self.to_x(fake_y), x) + l1_loss(self.to_y(fake_x), y)
        optimizer_step(self.g_optimizer, {"g": fooled, "cycle": cycle})
        return {"d_y": d_y.detach(), "d_x": d_x.detach(), "g": fooled.detach(), "cycle": cycle.detach()}


class RBM(Trainable):
    """A restricted Boltzmann machine: no optimizer, no gradient, a persistent chain. Tieleman, 2008."""

    def __init__(self):
        self.net = nn.Bilinear(2, 6, 1)  # its weight (1, 2, 6) and bias serve as plain parameters
        self.net.register_buffer("chain", torch.zeros(16, 2))
        self.net.requires_grad_(False)

    def step(self, x, y=None):
        w = self.net.weight[0]  # (2, 6)
        visible = (x > 0).float()
        hidden = (self.net.chain @ w).sigmoid().bernoulli()
        self.net.chain.copy_((hidden @ w.T).sigmoid().bernoulli())
        positive = visible.T @ (visible @ w).sigmoid()
        negative = self.net.chain.T @ (self.net.chain @ w).sigmoid()
        w += 0.01 * (positive - negative) / len(x)
        return {"gap": (positive - negative).abs().mean()}


def gan():
    nets = MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,))
    return GAN(*nets, penalty=r1_penalty)


MODELS = [VAE, CycleGAN, RBM, gan]


def trainer(make, seed=0):
    torch.manual_seed(seed)
    return Trainer(make(), toys.ring(), 16, seed=seed)


def state(t):
    return {name: value.clone() for name, value in t.model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("make", MODELS)
def test_it_trains_and_reports_its_terms(make):
    t = trainer(make)
    before = state(t)
    snapshots = list(t.until(30, every=10))
    assert [s.step for s in snapshots] == [10, 20, 30] and all(snapshots[-1].terms)
    assert not all(torch.equal(before[name], value) for name, value in state(t).items() if name in before)


def test_the_vae_learns_to_reconstruct():
    terms = [s.terms["reconstruction"] for s in trainer(VAE).until(300)]
    assert terms[-1] < 0.5 * terms[0]


@pytest.mark.parametrize("make", MODELS)
def test_it_is_saved_and_resumed_bit_for_bit(make, tmp_path):
    straight, broken, resumed = trainer(make), trainer(make), trainer(make, seed=3)
    list(straight.until(20, every=5))
    list(broken.until(10, every=5))
    assert broken.save(tmp_path / "half.safetensors")
    resumed.load(tmp_path / "half.safetensors")
    list(resumed.until(20, every=5))
    assert same(state(straight), state(resumed)) and straight.history == resumed.history


@pytest.mark.parametrize("make", MODELS)
def test_an_interrupt_leaves_it_whole(make, capsys):
    t, straight = trainer(make), trainer(make)
    step = t.model.step

    def interrupted(*batch):
        if t.step == 7:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*batch)

    t.model.step = interrupted
    assert [s.step for s in t.until(20, every=5)] == [5, 8]
    assert "Stopped at step 8 of 20" in capsys.readouterr().out
    del t.model.step
    list(t.until(20, every=5))
    list(straight.until(20, every=5))
    assert same(state(t), state(straight))


@pytest.mark.parametrize("make", MODELS)
def test_it_is_captured_once_and_anew_when_its_rules_change(make):
    t, plain, counting = trainer(make), trainer(make), CountingCapturer()
    t._runner.capturer = counting
    list(t.until(20, every=5))
    list(plain.until(20, every=5))
    assert counting.captures == 1 and same(state(t), state(plain))
    t.model.weight = 3.0  # a plain attribute is one of the rules
    list(t.until(30, every=5))
    assert counting.captures == 2


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="captures CUDA graphs: needs a GPU that CUDA can use"
)
@pytest.mark.parametrize("make", [VAE, gan])
def test_a_real_graph_trains_as_kernel_by_kernel(make):
    def on_gpu(graph):
        torch.manual_seed(0)
        with torch.device("cuda"):
            model = make()
        return Trainer(model, toys.ring().to("cuda"), 16, graph=graph)

    eager, captured = on_gpu(False), on_gpu(True)
    a, b = ([s.terms for s in t.until(30, every=10)] for t in (eager, captured))
    assert captured._runner.replay is not None, "nothing was captured"
    for one, other in zip(a, b):
        assert one == pytest.approx(other, rel=2e-2, abs=2e-3)


@pytest.mark.parametrize("make", MODELS)
def test_another_models_state_is_refused_before_anything_changes(make):
    t, other = trainer(make), trainer(VAE if make is not VAE else CycleGAN)
    before = state(t)
    with pytest.raises(
        ValueError, match=r"checkpoint entry .*: expected .*, but got .*; build the model as it was"
    ):
        t.model.load_state_dict(other.model.state_dict())
    assert same(before, state(t))


def test_a_file_of_version_0_1_goes_on_as_it_would_have_then():
    """Saved at step 7 by the first edition, whose next terms were recorded with it."""
    tensors, _ = load_tensors(OLD_FILE)
    t = trainer(gan, seed=9)
    assert set(tensors) - {"trainer.stream"} >= set(t.model.state_dict())
    t.load(OLD_FILE)
    assert t.step == 7 and len(t.history) == 2
    terms = {s.step: s.terms for s in t.until(12, every=5)}
    assert terms[12]["d_loss"] == pytest.approx(1.4374359846, rel=1e-4)
    assert terms[12]["g_loss"] == pytest.approx(0.7895566225, rel=1e-4)
