"""Notebook 03: what the page writes equals the library; the exercises that a training judges."""

import copy

import pytest
import torch

from ganlib.course.exercises.mlp_gan import book, suspects
from ganlib.course.results import Record
from ganlib.course.settings_exercise import GOAL
from ganlib.course.written_steps import flawed_step, g_like_d, write_step
from ganlib.gan import GAN
from tests.support.pages import code_cells, page_function

PAGE = "03_mlp_gan"


def test_the_step_on_the_page_is_the_library_s():
    torch.manual_seed(0)
    G, D = torch.nn.Linear(3, 2), torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Flatten(0))
    gan = GAN(copy.deepcopy(G), copy.deepcopy(D), z_dim=3, lr=0.1, betas=(0.5, 0.999))
    adams = [torch.optim.Adam(net.parameters(), 0.1, (0.5, 0.999)) for net in (G, D)]
    for _ in range(3):
        real, seed = torch.randn(8, 2), torch.seed()
        torch.manual_seed(seed)
        library = gan.step(real)
        torch.manual_seed(seed)
        page = page_function(PAGE, "train_step")(G, D, *adams, real, torch.randn(8, 3))
        torch.testing.assert_close(tuple(library.values()), page)
    torch.testing.assert_close(tuple(gan.G.parameters()), tuple(G.parameters()))


def test_the_page_s_step_solves_its_own_exercise():
    assert book.write_step.judge(page_function(PAGE, "train_step"))[0] == "solved"


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        (flawed_step(clear="between"), "wipes out"),
        (flawed_step(detach="DG"), "no gradient arrives"),
        (flawed_step(moves="D"), "its optimizer needs a step"),
        (flawed_step(g_like_d), "G wants high logits"),
        (lambda *arguments: [write_step(*arguments), None][1], "should return two numbers"),
    ],
)
def test_a_usual_slip_in_a_step_is_named(flaw, words):
    status, message = book.write_step.judge(flaw)
    assert status == "wrong" and words in message


def test_one_wrong_bug_of_two_is_named():
    for wrong in (["missing detach", "wrong sign in g_loss"], ["labels swapped", "wrong sign in g_loss"]):
        status, message = book.diagnosis.judge(wrong)
        assert status == "wrong" and "is right" in message or "are right" in message
    assert "0 of your 1 answers are right, and 2 missing" in book.diagnosis.judge(["no idea"])[1]


def test_the_suspects_are_those_that_the_match_names():
    readings = {}
    for name, (d_loss, g_loss, shown) in suspects().items():
        logits = torch.zeros(4, requires_grad=True)
        d_slope = torch.autograd.grad(d_loss(logits, torch.zeros(4)), logits)[0].sum()
        g_slope = torch.autograd.grad(g_loss(logits), logits)[0].sum()
        cut = not shown(logits).requires_grad
        bugs = {"missing detach": not cut, "labels swapped": d_slope > 0, "wrong sign in g_loss": g_slope > 0}
        readings[name] = next((bug for bug, found in bugs.items() if found), "sound")
    assert readings == book.match.reference()


def test_settings_are_judged_by_the_samples():
    status, message = book.settings.judge({"lr": 1e-3, "d_lr": 1e-3, "betas": [0, 0.9]})
    assert status in ("solved", "wrong") and "Fréchet distance" in message
    assert (status == "solved") == (float(message.split("distance of ")[1].split(" %")[0]) < GOAL)
    assert "not attempted" in book.settings.judge(...)[0]


def test_an_answer_of_the_page_is_not_in_the_page():
    assert not any("labels swapped" in source and "suspects = {" in source for source in code_cells(PAGE))
    assert write_step is book.write_step.reference


def test_the_record_has_every_seed():
    record = Record("mlp-gan")
    assert record.values("the recipe", "seed", weights="average") == [0, 1]
    assert record.history("the recipe")[-1]["step"] == 400
    with pytest.raises(ValueError, match="expected one of"):
        record.of("something else")
