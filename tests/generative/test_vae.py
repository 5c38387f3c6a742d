"""The VAE's bound against what can be computed: torch's KL, a sum over all pictures, an integral over z."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from ganlib.generative.vae import VAE, gaussian_kl
from ganlib.trainer import Trainer


def tiny(levels=3, pixels=2, z_dim=1):
    """A VAE of pictures with so few pixels that all of them can be listed."""
    torch.manual_seed(0)
    encoder, decoder = (
        nn.Linear(pixels, 2 * z_dim),
        nn.Sequential(nn.Linear(z_dim, 8), nn.Tanh(), nn.Linear(8, pixels)),
    )
    return VAE(encoder, decoder, z_dim, levels=levels)


def all_pictures(levels, pixels):
    """Every picture, (levels ** pixels, pixels) in [-1, 1]."""
    return torch.cartesian_prod(*[torch.linspace(-1, 1, levels)] * pixels).reshape(-1, pixels)


def log_p_by_integral(vae, x):
    """log ∫ N(z) p(x|z) dz by a fine sum over z, for x (n, pixels) -> (n,)."""
    z = torch.linspace(-8, 8, 4001)
    log_prior = Normal(0.0, 1.0).log_prob(z)
    logits = vae.decoder(z[:, None])
    log_x = torch.stack([-vae.nll(row.expand(len(z), -1), logits) for row in x])  # (n, 4001)
    return torch.logsumexp(log_prior + log_x + math.log(16 / 4000), dim=1)


def test_kl_is_torchs():
    mean, log_variance = torch.randn(7, 3), torch.randn(7, 3)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


@pytest.mark.parametrize("levels", [2, 3, 4])
def test_probabilities_of_all_pictures_sum_to_one(levels):
    vae, pictures = tiny(levels), all_pictures(levels, 2)
    logits = torch.randn(2).expand(len(pictures), -1)
    assert (-vae.nll(pictures, logits)).exp().sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("levels", [2, 4])
def test_grays_between_two_levels_count_as_the_nearer_one(levels):
    vae, x = tiny(levels), torch.linspace(-1, 1, 256).view(-1, 2)
    logits, rounded = torch.randn(2).expand_as(x), ((x + 1) / 2 * (levels - 1)).round() / (levels - 1) * 2 - 1
    assert torch.equal(vae.nll(x, logits), vae.nll(rounded, logits))


@torch.no_grad()
def test_the_bound_is_below_log_p_by_the_divergence_of_the_posteriors():
    vae, pictures = tiny(), all_pictures(3, 2)
    log_p = log_p_by_integral(vae, pictures)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-4)
    bound = -torch.stack([sum(vae.terms(pictures).values()) for _ in range(4000)]).mean(0)
    mean, log_variance = vae.posterior(pictures)
    z = torch.linspace(-8, 8, 4001)
    q = Normal(mean, (log_variance / 2).exp()).log_prob(z)  # (9, 4001)
    logits = vae.decoder(z[:, None])
    log_x = torch.stack([-vae.nll(row.expand(len(z), -1), logits) for row in pictures])
    posterior = Normal(0.0, 1.0).log_prob(z) + log_x - log_p[:, None]
    gap = (q.exp() * (q - posterior)).sum(1) * 16 / 4000  # KL(q(z|x) ‖ p(z|x))
    assert (gap > 0).all()
    torch.testing.assert_close(bound, log_p - gap, atol=0.03, rtol=0)


@torch.no_grad()
def test_the_bound_is_exact_where_q_is_the_posterior():
    vae = tiny()
    vae.decoder[2].weight.zero_()  # pictures that do not depend on z: the posterior is the prior
    vae.encoder.weight.zero_()
    vae.encoder.bias.zero_()
    pictures = all_pictures(3, 2)
    bound = -sum(vae.terms(pictures).values())
    torch.testing.assert_close(bound, log_p_by_integral(vae, pictures), atol=1e-4, rtol=0)


class Stripes:
    """Pictures of one or the other half in white."""

    def batch(self, n):
        y = torch.randint(2, (n,))
        x = -torch.ones(n, 1, 4, 4)
        x[y == 0, :, :2] = 1
        x[y == 1, :, 2:] = 1
        return x, y


def stripes_vae():
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 4))
    decoder = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 16), nn.Unflatten(1, (1, 4, 4)))
    return VAE(encoder, decoder, 2, levels=2, lr=1e-2)


def test_training_by_the_trainer_nears_the_entropy_of_the_data():
    torch.manual_seed(0)
    vae = stripes_vae()
    trainer = Trainer(vae, Stripes(), batch_size=64)
    *_, snapshot = trainer.until(600, every=100)
    spent = sum(snapshot.terms.values())
    assert math.log(2) - 0.01 < spent < 1.7  # the entropy is log 2; without z it would be 16 log 2 = 11
    samples = vae.generate(100)
    assert samples.shape == (100, 1, 4, 4) and samples.abs().max() <= 1
    whole = (samples.abs() > 0.8).flatten(1).all(1).float().mean()
    assert whole > 0.6


def test_state_goes_round(tmp_path):
    one, two = stripes_vae(), stripes_vae()
    for _ in Trainer(one, Stripes(), batch_size=8).until(3):
        pass
    two.load_state_dict({name: value.clone() for name, value in one.state_dict().items()})
    z = torch.randn(5, 2)
    assert torch.equal(one.decode(z), two.decode(z))


def test_one_gray_level_is_refused():
    with pytest.raises(ValueError, match="levels: expected 2 or more, but got 1"):
        VAE(nn.Linear(2, 2), nn.Linear(1, 2), 1, levels=1)
