"""The K logits are a softmax over K + 1 classes; the two objectives against their definitions."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from ganlib.data import ImageSet
from ganlib.nets import MLPGenerator, NoisyClassifier
from ganlib.penalties import gradient_penalty
from ganlib.trainer import Trainer
from ganlib.variants import FewLabels, SemiSupervisedGAN


def small(noise=(0.0, 0.0), **more):
    torch.manual_seed(0)
    D = NoisyClassifier((16, 8), (1, 4, 4), n_classes=3, noise=noise)
    return SemiSupervisedGAN(MLPGenerator(5, (16,), (1, 4, 4)), D, lr=1e-3, **more)


@pytest.fixture
def pictures():
    torch.manual_seed(1)
    return ImageSet((256 * torch.rand(60, 1, 4, 4)).byte(), torch.arange(60) % 3, list("abc"))


def test_d_minimizes_the_cross_entropy_of_k_plus_one_classes():
    gan = small()
    real, fake, y = (
        torch.randn(8, 1, 4, 4),
        torch.randn(4, 1, 4, 4),
        torch.tensor([0, 2, 1, 1, -1, -1, -1, -1]),
    )
    terms = gan.d_objective(real, fake, y)
    logits = torch.cat([gan.D(torch.cat([real, fake])), torch.zeros(12, 1)], 1).double()  # class 3: fake
    p = logits.softmax(1)
    real_term, fake_term = -(1 - p[4:8, 3]).log().mean(), -p[8:, 3].log().mean()
    assert terms["d_loss"].item() == pytest.approx((real_term + fake_term).item(), rel=1e-5)
    given_real = p[:4, :3] / p[:4, :3].sum(1, keepdim=True)
    assert terms["class_loss"].item() == pytest.approx(
        cross_entropy(given_real.log(), y[:4]).item(), rel=1e-5
    )


def test_g_matches_the_mean_features_of_the_unlabeled_half():
    gan = small()
    real, fake = torch.randn(8, 1, 4, 4), torch.randn(4, 1, 4, 4, requires_grad=True)
    loss = gan.g_objective(real, fake, None)["g_loss"]
    by_hand = (
        sum(
            (gan.D.features(real[4:])[:, k].mean() - gan.D.features(fake)[:, k].mean()) ** 2 for k in range(8)
        )
        / 8
    )
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)
    (gradient,) = torch.autograd.grad(loss, fake)
    assert gradient.abs().sum() > 0


def test_a_penalty_gets_log_z_the_unlabeled_half_and_the_fakes():
    calls = []

    def penalty(critic, real, fake):
        calls.append((critic(real), real, fake))
        return gradient_penalty(critic, real, fake)

    gan, real = small(penalty=penalty), torch.randn(8, 1, 4, 4)
    terms = gan.step(real, torch.tensor([0, 2, 1, 1, -1, -1, -1, -1]))
    ((logits, given, fake),) = calls
    assert terms["penalty"] > 0 and torch.equal(given, real[4:]) and fake.shape == given.shape
    torch.testing.assert_close(logits, small().D(real[4:]).logsumexp(1))


def test_it_trains_by_the_trainer_and_resumes_bit_for_bit(pictures, tmp_path):
    def trainer():
        return Trainer(small((0.3, 0.5)), FewLabels(pictures, pictures, None), 8, conditional=True)

    whole, half = trainer(), trainer()
    list(whole.until(6)), list(half.until(3))
    half.save(tmp_path / "half.safetensors")
    rest = trainer()
    rest.load(tmp_path / "half.safetensors")
    list(rest.until(6))
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, rest.model.state_dict()[name]), name


def test_it_learns_from_few_labels(pictures):
    bright = ImageSet(
        (80 * pictures.labels[:, None, None, None] + 60 * torch.rand(60, 1, 4, 4)).byte(),
        pictures.labels,
        list("abc"),
    )
    few = ImageSet(bright.images[:6], bright.labels[:6], list("abc"))
    gan = small((0.1, 0.1))
    list(Trainer(gan, FewLabels(few, bright, None), 16, conditional=True).until(200))
    x, y = bright[:]
    assert (gan.classifier(x).argmax(1) == y).float().mean() > 0.9 and not gan.classifier.training


def test_labels_of_the_second_half_are_never_used(pictures):
    x, y = FewLabels(pictures, pictures, augment=None).batch(10)
    assert (y[:5] >= 0).all() and (y[5:] == -1).all() and x.shape == (10, 1, 4, 4)


def test_noise_is_for_training_only():
    net = NoisyClassifier((16,), (1, 4, 4))
    x = torch.randn(5, 1, 4, 4)
    assert not torch.equal(net(x), net(x)) and torch.equal(net.eval()(x), net(x))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: FewLabels(p, p).batch(7), "even number"),
        (lambda p: small().step(torch.randn(4, 1, 4, 4)), "expected 4 labels"),
        (lambda p: small().step(torch.randn(4, 1, 4, 4), torch.zeros(3)), "FewLabels"),
        (lambda p: small().step(torch.randn(4, 1, 4, 4), torch.zeros(4)), "dtype int64"),
        (
            lambda p: small().step(torch.randn(4, 1, 4, 4), torch.tensor([0, -1, -1, -1])),
            "y: expected labels from 0 to 2 in the first half, but got -1",
        ),
        (
            lambda p: small().step(torch.randn(4, 1, 4, 4), torch.tensor([3, 0, -1, -1])),
            "y: expected labels from 0 to 2 in the first half, but got 3",
        ),
        (lambda p: small(d_steps=2), "d_steps: expected 1, .*but got 2"),
    ],
)
def test_refusals(pictures, call, words):
    with pytest.raises(ValueError, match=words):
        call(pictures)
