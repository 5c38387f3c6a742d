"""Notebook 01: the page's losses and step equal ganlib's; its exercises tell right from wrong."""

import copy

import pytest
import torch
from torch import nn

from ganlib.course.exercises.objective import book
from ganlib.course.notes.own_loss import fate_under
from ganlib.gan import GAN
from ganlib.losses import binary_d_loss, minimax, minimax_g_loss, non_saturating, non_saturating_g_loss
from tests.support.pages import page_function

PAGE = "01_objective"


@pytest.fixture
def logits():
    return 5 * torch.randn(64), 5 * torch.randn(64)


def test_the_pages_losses_are_ganlibs(logits):
    real, fake = logits
    torch.testing.assert_close(page_function(PAGE, "d_loss")(real, fake), binary_d_loss(real, fake))
    torch.testing.assert_close(page_function(PAGE, "value")(real, fake), -binary_d_loss(real, fake))
    torch.testing.assert_close(page_function(PAGE, "saturating")(fake), minimax_g_loss(fake))
    torch.testing.assert_close(page_function(PAGE, "non_saturating")(fake), non_saturating_g_loss(fake))


def toy_nets():
    G = nn.Linear(1, 1)
    D = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Flatten(0))
    return G, D


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name, loss", [("non_saturating", non_saturating), ("saturating", minimax)])
def test_the_pages_step_is_ganlibs(seed, name, loss):
    """Same seed, nets, data and optimizer settings: the same losses and weights after ten rounds."""
    torch.manual_seed(seed)
    G, D = toy_nets()
    gan = GAN(copy.deepcopy(G), copy.deepcopy(D), loss, lr=1e-2, d_lr=3e-3, betas=(0.5, 0.999), z_dim=1)
    g_optimizer = torch.optim.Adam(G.parameters(), lr=1e-2, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(D.parameters(), lr=3e-3, betas=(0.5, 0.999))
    step, g_loss = page_function(PAGE, "step"), page_function(PAGE, name)
    for i in range(10):
        x = 2 + torch.randn(32, 1)
        torch.manual_seed(100 * seed + i)
        found = step(G, D, g_optimizer, d_optimizer, x, g_loss)
        torch.manual_seed(100 * seed + i)
        expected = gan.step(x)
        torch.testing.assert_close(found, (expected["d_loss"], expected["g_loss"]), rtol=1e-4, atol=1e-5)
    for page, library in zip((*G.parameters(), *D.parameters()), (*gan.G.parameters(), *gan.D.parameters())):
        torch.testing.assert_close(page, library, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", book.exercises)
def test_exercises_tell_right_from_wrong(key):
    exercise = book.exercises[key]
    assert exercise.judge(exercise.reference)[0] == "solved"
    assert exercise.judge(lambda *arguments: ...)[0] == "not attempted"
    assert len(exercise.hints) >= 2 and len(exercise.misconceptions) >= 2
    messages = []
    for wrong, message in exercise.misconceptions:
        status, said = exercise.judge(wrong)
        assert status == "wrong" and message in said
        messages.append(message)
    assert len(set(messages)) == len(messages)


def test_another_right_way_is_right():
    """Answers that use other formulas than the solution's."""
    bce = nn.BCEWithLogitsLoss()
    assert (
        book.d_loss.judge(lambda r, f: bce(r, torch.ones_like(r)) + bce(f, torch.zeros_like(f)))[0]
        == "solved"
    )
    assert book.g_loss.judge(lambda f: -nn.functional.logsigmoid(f).mean())[0] == "solved"
    assert book.log_one_minus.judge(lambda logit: nn.functional.logsigmoid(-logit))[0] == "solved"
    value = page_function(PAGE, "value")
    assert book.jsd_bound.judge(lambda real, fake: (1.386 + value(real, fake)) / 2)[0] == "solved"
    assert book.read.judge(lambda loss: 2.718281828 ** (-0.5 * loss))[0] == "solved"


def test_a_hard_coded_answer_fails():
    assert book.d_loss.judge(lambda real, fake: 1.3863)[0] == "wrong"
    assert book.read.judge(lambda loss: 0.5)[0] == "wrong"


@pytest.mark.parametrize("at", [8.0, 12.0, 14.0, 16.0, 20.0])
def test_a_logarithm_switched_between_two_formulas_fails(at):
    """In many draws: the fixed logits catch it in each."""

    def switched(logit):
        return torch.where(logit > at, -logit, torch.log(1 - torch.sigmoid(logit)))

    for seed in range(20):
        torch.manual_seed(seed)
        assert book.log_one_minus.judge(switched)[0] == "wrong"


def turn_of_d(detach=True, clear=True):
    def turn(D, d_optimizer, x, fake):
        bce = nn.functional.binary_cross_entropy_with_logits
        loss = bce(D(x), torch.ones(16)) + bce(D(fake.detach() if detach else fake), torch.zeros(16))
        if clear:
            d_optimizer.zero_grad()
        loss.backward()
        d_optimizer.step()
        return loss.item()

    return turn


def test_a_turn_is_judged_by_what_it_does():
    assert book.d_turn.judge(turn_of_d())[0] == "solved"
    assert "fake.detach()" in book.d_turn.judge(turn_of_d(detach=False))[1]
    assert "zero_grad() before backward()" in book.d_turn.judge(turn_of_d(clear=False))[1]

    def cleared_at_the_end(D, g_optimizer, fake):  # as good
        loss = nn.functional.softplus(-D(fake)).mean()
        loss.backward()
        g_optimizer.step()
        g_optimizer.zero_grad()
        return loss.detach()

    assert book.g_turn.judge(cleared_at_the_end)[0] == "solved"


@pytest.mark.parametrize(
    "loss", [lambda f: torch.exp(-f).mean(), lambda f: torch.relu(1 - f).mean()], ids=["exponential", "hinge"]
)
def test_other_losses_of_ones_own_arrive(loss):
    assert fate_under(loss, seed=1) == "arrives"


def test_a_loss_of_ones_own_is_solved():
    assert book.own_loss.judge(lambda fake: ((1 - fake) ** 2).mean())[0] == "solved"


def test_what_is_said_of_known_losses_is_what_a_training_makes_of_them():
    fates = [(book.own_loss.reference, "arrives"), *((f, f.fate) for f, _ in book.own_loss.misconceptions)]
    for loss, fate in fates:
        assert loss.fate == fate == fate_under(lambda fake, loss=loss: loss(fake), seed=0)


def test_a_loss_that_gives_no_tensor_is_told_so():
    assert "your code stopped with" in book.own_loss.judge(lambda fake: 1.0)[1]
    scaled_copy = book.own_loss.judge(lambda fake: 3 * nn.functional.softplus(-fake).sum())
    assert scaled_copy[1].endswith("another one.")
