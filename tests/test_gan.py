"""GAN: one step against a step written out by hand, named terms, generation, errors."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from ganlib import losses, penalties
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator


def small(n_classes=0, **options):
    torch.manual_seed(0)
    return GAN(MLPGenerator(4, (8, 8), (3,), n_classes), MLPDiscriminator((8,), (3,), n_classes), **options)


@pytest.mark.parametrize("penalty", [None, penalties.r1_penalty])
def test_step_equals_the_step_written_out(penalty):
    gan = small(lr=0.01, d_lr=0.02, penalty=penalty)
    G, D = copy.deepcopy(gan.G), copy.deepcopy(gan.D)
    g_adam = torch.optim.Adam(G.parameters(), 0.01, (0.5, 0.999))
    d_adam = torch.optim.Adam(D.parameters(), 0.02, (0.5, 0.999))
    for seed in range(3):
        torch.manual_seed(seed)
        real = torch.randn(16, 3)
        torch.manual_seed(100 + seed)
        terms = gan.step(real)
        torch.manual_seed(100 + seed)
        fake = G(torch.randn(16, 4))
        d_loss = bce(D(real), torch.ones(16)) + bce(D(fake.detach()), torch.zeros(16))
        d_adam.zero_grad()
        (d_loss + (penalty(D, real) if penalty else 0)).backward()
        d_adam.step()
        g_loss = bce(D(fake), torch.ones(16))
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        torch.testing.assert_close(terms["d_loss"], d_loss.detach(), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(terms["g_loss"], g_loss.detach(), rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(gan.D.parameters(), D.parameters()):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    z = torch.randn(
        16, 4
    )  # compared by what G draws: biases before batch norm change nothing, and get only noise
    torch.testing.assert_close(gan.G(z), G(z), rtol=1e-3, atol=1e-3)


def test_batch_statistics_are_not_mixed():
    """A D with batch norm gets real and fake in two passes; a per-sample D in one."""
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(len(x))
            return x.sum(1)

    gan = small()
    gan.D = Spy()
    gan.logits(torch.zeros(6, 3), torch.zeros(6, 3))
    gan.D.per_sample = True
    gan.logits(torch.zeros(6, 3), torch.zeros(6, 3))
    assert seen == [6, 6, 12]


def test_batches_of_different_sizes_are_told_apart():
    gan, real, fake = small(), torch.randn(6, 3), torch.randn(2, 3)
    for found, x in zip(gan.logits(real, fake), (real, fake)):
        torch.testing.assert_close(found, gan.D(x))


def test_d_steps_take_their_own_share_of_the_batch():
    updates = []
    gan = small(d_steps=5, after_d_step=lambda D: updates.append(D))
    gan.step(torch.randn(40, 3))
    assert len(updates) == 5 and int(gan.d_optimizer.state_dict()["state"][0]["step"]) == 5
    assert int(gan.g_optimizer.state_dict()["state"][0]["step"]) == 1
    with pytest.raises(ValueError, match="real: expected a multiple of d_steps = 5 samples, but got 42"):
        gan.step(torch.randn(42, 3))


@pytest.mark.parametrize("penalty", [penalties.gradient_penalty, penalties.r1_penalty, penalties.r2_penalty])
def test_penalties_come_as_a_named_term_with_labels_bound(penalty):
    gan = small(n_classes=3, loss=losses.wasserstein, penalty=penalty)
    terms = gan.step(torch.randn(12, 3), torch.arange(12) % 3)
    assert set(terms) == {"d_loss", "penalty", "g_loss"}
    assert all(term.dim() == 0 and not term.requires_grad for term in terms.values())


def test_clip_weights_after_each_critic_step():
    gan = small(loss=losses.wasserstein, after_d_step=lambda D: penalties.clip_weights(D, 0.01))
    gan.step(torch.randn(8, 3))
    assert max(p.abs().max() for p in gan.D.parameters()) <= 0.01


def test_the_generator_step_leaves_the_discriminator_alone():
    gan = small()
    before = copy.deepcopy(gan.D.state_dict())
    gan.d_optimizer.param_groups[0]["lr"] = 0.0
    gan.step(torch.randn(8, 3))
    assert all(torch.equal(a, b) for a, b in zip(before.values(), gan.D.state_dict().values()))
    assert all(p.requires_grad for p in gan.D.parameters())


def test_ema_follows_the_formula():
    gan = small(ema_decay=0.9)
    shadow = [p.clone() for p in gan.ema.module.parameters()]
    for step in range(1, 40):
        gan.step(torch.randn(8, 3))
        decay = min(0.9, step / (step + 20))
        shadow = [decay * s + (1 - decay) * p.detach() for s, p in zip(shadow, gan.G.parameters())]
    for expected, found in zip(shadow, gan.ema.module.parameters()):
        torch.testing.assert_close(found, expected)


def test_generate_is_in_eval_mode_from_the_ema_and_leaves_training_alone():
    torch.manual_seed(0)
    gan = GAN(MLPGenerator(), MLPDiscriminator())
    gan.step(torch.rand(32, 1, 28, 28))
    images = gan.generate(7)
    assert images.shape == (7, 1, 28, 28) and images.abs().max() <= 1 and not images.requires_grad
    z = torch.randn(9, 64)
    with torch.no_grad():
        torch.testing.assert_close(gan.generate(z=z, batch=4), gan.ema.module.eval()(z))
        assert gan.G.training
        torch.testing.assert_close(gan.generate(z=z, ema=False), copy.deepcopy(gan.G).eval()(z))
    torch.testing.assert_close(gan.generate(z=z)[:1], gan.generate(z=z[:1]))  # no sample depends on its batch


def test_parts_of_g_that_were_in_eval_mode_stay_so():
    gan = small()
    frozen_part = next(m for m in gan.G.modules() if isinstance(m, nn.BatchNorm1d)).eval()
    gan.generate(4, ema=False)
    assert gan.G.training and not frozen_part.training


def test_a_loaded_state_is_a_copy():
    one, other = small(), small()
    one.step(torch.randn(16, 3))
    other.load_state_dict(one.state_dict())
    kept = {key: value.clone() for key, value in other.state_dict().items()}
    one.step(torch.randn(16, 3))
    assert all(torch.equal(value, kept[key]) for key, value in other.state_dict().items())


def test_bytes_are_no_samples():
    with pytest.raises(ValueError, match="real: expected torch.float32 on cpu, but got torch.uint8 on cpu"):
        small().step(torch.zeros(16, 3, dtype=torch.uint8))


def test_generate_takes_one_label_or_many():
    gan = small(n_classes=3)
    z = torch.randn(4, 4)
    torch.testing.assert_close(gan.generate(z=z, y=2), gan.generate(z=z, y=torch.full((4,), 2)))
    for bad in (3, -1, torch.tensor([0, 1]), 0.5):
        with pytest.raises(ValueError, match="y: expected 1 or 4 integer labels from 0 to 2, but got"):
            gan.generate(z=z, y=bad)


def test_labels_are_refused_in_words_that_fit():
    gan = small(n_classes=10)
    with pytest.raises(ValueError, match="labels from 0 to 9, but got 12;"):
        gan.generate(3, y=torch.tensor([1, 12, 3]))
    with pytest.raises(ValueError, match="y: expected no labels, since G has no n_classes, but got 3"):
        small().generate(4, y=3)
    with pytest.raises(ValueError, match=r"y: expected 4 images, but got a tensor of shape \(3, 1, 7, 7\)"):
        small().generate(4, y=torch.zeros(3, 1, 7, 7))


def test_z_of_another_type_is_converted():
    gan, z = small(), torch.randn(3, 4, dtype=torch.float64)
    assert torch.equal(gan.generate(z=z), gan.generate(z=z.float()))
    gan.G.double()
    assert gan.generate(2, ema=False).dtype == torch.float64


def test_bad_input_is_named():
    gan = small()
    with pytest.raises(ValueError, match="G: expected a net with weights, but got Flatten"):
        GAN(nn.Flatten(), nn.Linear(2, 1), z_dim=2)
    with pytest.raises(ValueError, match="z: expected shape \\(n, 4\\), but got"):
        gan.generate(z=torch.randn(2, 5))
    with pytest.raises(ValueError, match="n: expected a positive integer, but got 0"):
        gan.generate(0)
    with pytest.raises(ValueError, match="n: expected either n or z, but got n = None and no z"):
        gan.generate()
    with pytest.raises(ValueError, match="real: expected samples of the shape that G draws"):
        gan.step(torch.randn(8, 5))
    with pytest.raises(ValueError, match="z_dim"):
        GAN(nn.Linear(2, 2), nn.Linear(2, 1))
    with pytest.raises(ValueError, match="d_steps: expected a positive integer, but got 0"):
        small(d_steps=0)
