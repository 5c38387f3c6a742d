"""Pix2pix and CycleGAN: their terms against the formulas, training, saving and what they refuse."""

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from ganlib.nets import PatchDiscriminator, Translator
from ganlib.trainer import Trainer
from ganlib.variants import CycleGAN, Pix2Pix


class Twins:
    """Pictures and their negatives."""

    def batch(self, n):
        x = 2 * torch.rand(n, 1, 28, 28) - 1
        return x, -x


def small(weight=10.0, D=True):
    torch.manual_seed(0)
    return Pix2Pix(Translator(4), PatchDiscriminator(4) if D else None, weight=weight)


def test_the_terms_of_pix2pix_are_cross_entropies_and_a_distance():
    model = small(weight=3.0)
    x, y = Twins().batch(5)
    fake = model.G(y)
    real_logits, fake_logits = model.D(x, y), model.D(fake, y)
    ones, zeros = torch.ones_like(real_logits), torch.zeros_like(real_logits)
    wanted = binary_cross_entropy_with_logits(real_logits, ones) + binary_cross_entropy_with_logits(
        fake_logits, zeros
    )
    assert model.d_objective(x, fake, y)["d_loss"].item() == pytest.approx(wanted.item(), rel=1e-5)
    terms = model.g_objective(x, fake, y)
    assert terms["g_loss"].item() == pytest.approx(
        binary_cross_entropy_with_logits(fake_logits, ones).item(), rel=1e-5
    )
    assert terms["distance"].item() == pytest.approx(3 * (fake - x).abs().mean().item(), rel=1e-5)


def test_without_d_it_is_a_regression():
    model = Pix2Pix(nn.Conv2d(1, 1, 1), None, mse_loss, 1.0, lr=0.05)
    list(Trainer(model, Twins(), 16, conditional=True).until(300))
    assert model.G.weight.item() == pytest.approx(-1, abs=0.02) and model.G.bias.item() == pytest.approx(
        0, abs=0.02
    )


def cycle_gan(weight=10.0):
    torch.manual_seed(0)
    pictures, judges = (
        [Translator(4, skip=False) for _ in "ab"],
        [PatchDiscriminator(4, side=0) for _ in "ab"],
    )
    return CycleGAN(*pictures, *judges, weight)


@pytest.mark.parametrize("build", [small, cycle_gan])
def test_they_train_and_resume_bit_for_bit(build, tmp_path):
    whole, half, rest = (Trainer(build(), Twins(), 4, conditional=True) for _ in range(3))
    list(whole.until(6)), list(half.until(3))
    half.save(tmp_path / "half.safetensors")
    rest.load(tmp_path / "half.safetensors")
    list(rest.until(6))
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, rest.model.state_dict()[name]), name


def test_the_cycle_loss_goes_there_and_back_in_both_directions():
    model = cycle_gan(weight=2.0)
    a, b = Twins().batch(4)
    back_a, back_b = model.to_a(model.to_b(a)), model.to_b(model.to_a(b))
    wanted = 2 * ((back_a - a).abs().mean() + (back_b - b).abs().mean()).item()
    assert model.step(a, b)["cycle"].item() == pytest.approx(wanted, rel=1e-4)
    assert "cycle" not in cycle_gan(weight=0.0).step(a, b)


def test_translations_come_from_the_averaged_nets_in_eval_mode():
    model, model_c = small(), cycle_gan()
    x, _ = Twins().batch(6)
    alone = model.translate(x[:1])  # no picture depends on its neighbors
    torch.testing.assert_close(model.translate(x)[:1], alone)
    assert model.G.training and model_c.to_b.training
    with torch.no_grad():
        torch.testing.assert_close(model_c.a_to_b(x), model_c.ema_b.module.eval()(x))
        torch.testing.assert_close(model_c.b_to_a(x), model_c.ema_a.module.eval()(x))


class Counting(nn.Module):
    """A D whose logit is a sum of pixels; it keeps the lengths of the batches that it sees."""

    def __init__(self, per_sample):
        super().__init__()
        self.per_sample, self.scale, self.seen = per_sample, nn.Parameter(torch.ones(())), []

    def forward(self, x, y=None):
        self.seen.append(len(x))
        return self.scale * x.sum((1, 2, 3))


def test_batch_statistics_are_not_mixed():
    x, y = Twins().batch(4)
    for per_sample, batches in ((False, [4, 4]), (True, [8])):
        D, D_a, D_b = (Counting(per_sample) for _ in range(3))
        Pix2Pix(Translator(4), D).d_objective(x, -x, y)
        assert D.seen == batches
        CycleGAN(Translator(4), Translator(4), D_a, D_b).step(x, y)
        assert D_a.seen == D_b.seen == [*batches, 4]  # the last one for the translators


def test_cycle_gans_nets_train_even_if_they_come_in_eval_mode():
    nets = [Translator(4).eval() for _ in "ab"] + [PatchDiscriminator(4, side=0).eval() for _ in "ab"]
    model = CycleGAN(*nets)
    assert all(net.training for net in nets)
    before = model.to_b.middle[1].running_mean.clone()
    model.step(*Twins().batch(4))
    assert not torch.equal(model.to_b.middle[1].running_mean, before)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Pix2Pix(Translator(4), None, weight=0.0), "positive number"),
        (lambda: Pix2Pix(nn.Flatten(), None), "parameters: expected a net's weights, but got none"),
        (lambda: small().step(torch.zeros(2, 1, 28, 28)), "conditional=True"),
        (lambda: cycle_gan().step(torch.zeros(2, 1, 28, 28)), "second kind"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=words):
        call()
