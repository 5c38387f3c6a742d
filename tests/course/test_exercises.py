"""Every exercise: the solution passes, a stub is "not attempted", wrong answers fail with their own words."""

import importlib
import pkgutil
import random

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

import ganlib.course.exercises as package
from ganlib.course.exercises import Exercise, Workbook
from ganlib.course.penalty_exercise import Training

BOOKS = {
    m.name: importlib.import_module(f"ganlib.course.exercises.{m.name}").book
    for m in pkgutil.iter_modules(package.__path__)
}
ALL = [
    pytest.param(exercise, id=f"{name}.{key}")
    for name, book in BOOKS.items()
    for key, exercise in book.exercises.items()
]


def answer_of(exercise, function):
    """What a student would hand in: the function, or its value where a value is asked for."""
    return function if exercise.cases else function()


@pytest.mark.parametrize("exercise", ALL)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_solution_passes(exercise, seed):
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    assert exercise.check(answer_of(exercise, exercise.reference)) == "solved"


@pytest.mark.parametrize("exercise", ALL)
def test_an_untouched_stub_is_not_attempted(exercise, capsys):
    stub = (lambda *a, **k: ...) if exercise.cases else ...
    assert exercise.check(stub) == "not attempted"
    assert "not attempted yet" in capsys.readouterr().out


def test_two_slips_of_a_training_step_are_told_in_words():
    def undetached(G, D, g_optimizer, d_optimizer, x, z):
        fake = G(z)
        (D(x).mean() - D(fake).mean()).backward()
        g_loss = D(fake).mean()
        g_loss.backward()

    def both_losses_first(G, D, g_optimizer, d_optimizer, x, z):
        fake = G(z)
        d_loss, g_loss = D(x).mean() - D(fake.detach()).mean(), -D(fake).mean()
        d_loss.backward()
        d_optimizer.step()
        g_loss.backward()

    judge = BOOKS["minimax"].whole_round.judge
    assert judge(undetached)[1].endswith("Cut them off from G in D's turn, by detach().")
    assert judge(both_losses_first)[1].endswith("Compute each loss right before its own backward().")


@pytest.mark.parametrize("exercise", ALL)
def test_wrong_answers_fail_each_with_its_own_message(exercise):
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    assert len(exercise.misconceptions) >= 2
    messages = []
    for wrong, message in exercise.misconceptions:
        status, said = exercise.judge(answer_of(exercise, wrong))
        assert status == "wrong" and message in said, f"expected {message!r}, got {said!r}"
        messages.append(message)
    assert len(set(messages)) == len(messages)


# A penalty is judged by trainings; a constant one has no effect, which is among its wrong answers.
@pytest.mark.parametrize(
    "exercise", [p for p in ALL if p.values[0].cases and not isinstance(p.values[0], Training)]
)
def test_a_hard_coded_answer_fails(exercise):
    memorized = exercise.outcome(exercise.reference, exercise.cases())
    assert exercise.judge(lambda *a, **k: memorized)[0] == "wrong"


@pytest.mark.parametrize("exercise", ALL)
def test_hints_grow_and_the_solution_shows(exercise, capsys):
    assert len(exercise.hints) >= 2
    exercise.shown = 0
    for i, hint in enumerate(exercise.hints, 1):
        exercise.hint()
        assert " ".join(capsys.readouterr().out.split()) == " ".join(
            f"Hint {i} of {len(exercise.hints)}: {hint}".split()
        )
    exercise.solution()
    assert exercise.reference.__name__ in capsys.readouterr().out


def double():
    return Exercise(
        "double", lambda x: 2 * x, lambda: (torch.randn(3),), [(lambda x: x, "You gave back x.")], ["a", "b"]
    )


def test_the_engine_explains_mistakes(capsys):
    e = double()
    assert e.judge(5)[1].startswith("check needs the function itself")
    assert "ZeroDivisionError" in e.judge(lambda x: 1 / 0)[1]
    assert "It gives shape (2,); expected is shape (3,)." in e.judge(lambda x: x[:2])[1]
    assert "It gives one number; expected is shape (3,)." in e.judge(lambda x: x.sum())[1]
    assert "code in place of each ..., before any #" in e.judge(lambda x: None)[1]
    assert "On random input it gives" in e.judge(lambda x: 5 * x)[1]
    half = Exercise("half", lambda x: x / 2, lambda: (3.0,), [], [])
    assert "For 3 it gives 3 where 1.5 is right" in half.judge(lambda x: x)[1]
    assert "it gives nan (nan is 0/0" in half.judge(lambda x: float("nan"))[1]
    pair = Exercise(
        "pair", lambda x: (x, 2 * x), lambda: (torch.randn(()),), [(lambda x: (x, x), "twice")], ["a", "b"]
    )
    assert (
        pair.judge(lambda x: torch.stack([x, 2 * x]))[0]
        == pair.judge(lambda x: np.array([x, 2 * x]))[0]
        == "solved"
    )
    assert pair.judge(lambda x: torch.stack([x, 3 * x]))[0] == pair.judge(lambda x: x)[0] == "wrong"
    calls = iter(range(10))
    once_wrong = e.judge(lambda x: 5 * x if next(calls) == 0 else 2 * x)[1]
    gave = once_wrong.split("gives ")[1].split()[0]
    assert float(gave) == pytest.approx(2.5 * float(once_wrong.split("where ")[1].split()[0]), rel=1e-2), (
        "the mistake is shown"
    )
    assert "You gave back x." in e.judge(lambda x: x)[1]
    assert e.judge(lambda x: x.mul_(2))[0] == "solved", (
        "an answer that works in place spoils no other's input"
    )
    total = Exercise(
        "total", sum, lambda: ([random.random() for _ in range(9)],), [(lambda x: 0, "zero")], ["a", "b"]
    )
    assert total.judge(lambda x: sum(x.pop() for _ in range(9)))[0] == "solved", "nor one that empties a list"
    assert total.judge(lambda x: [x.clear(), 0][1])[0] == "wrong"


def test_a_blank_left_in_an_answer_is_not_attempted():
    e = double()
    for blank in (
        lambda x: x + ...,
        lambda x: (x + ..., 1),
        lambda x: [..., x],
        lambda x: float((..., ...)[0]),
    ):
        assert e.judge(blank)[0] == "not attempted"
    assert e.judge(lambda x: 2 * x[..., :])[0] == "solved", "three dots may also be an index"


def test_an_error_is_told_although_a_blank_stands_elsewhere():
    guarded = double().judge(lambda x: None if x is ... else x.no_such_method())
    assert guarded[0] == "wrong" and "AttributeError" in guarded[1]
    for exercise in (BOOKS["mlp_gan"].settings, BOOKS["mode_collapse"].penalty):
        blank = (
            {"lr": ..., "d_lr": ..., "betas": (..., ...)} if exercise.cases is None else lambda *a: ... * a[1]
        )
        assert exercise.judge(blank)[0] == "not attempted"


def test_a_loss_cut_off_by_item_is_told_so():
    assert "no .item()" in BOOKS["mode_collapse"].penalty.judge(lambda critic, real, fake: 0.5)[1]
    assert "without .item()" in BOOKS["objective"].own_loss.judge(lambda fake: fake.mean().item())[1]
    assert "without .item()" in BOOKS["conditional_gan"].obey.judge(lambda G, D, x, y, z: (1.0, 1.0))[1]
    cut_off = BOOKS["objective"].g_turn.judge(
        lambda D, optimizer, fake: D(fake).detach().mean().backward() or torch.zeros(())
    )
    assert "no way back to any weight" in cut_off[1]


def test_words_of_a_match_may_be_capitals_and_an_odd_value_is_no_crash():
    match = BOOKS["mlp_gan"].match
    right = match.reference()
    assert match.judge({name: f" {word.capitalize()}" for name, word in right.items()})[0] == "solved"
    assert match.judge(right | {"P": ["sound"]})[0] == "wrong"
    assert match.judge(right | {"P": ...})[0] == "not attempted"


def test_g_may_be_asked_for_labels_of_its_own():
    def drawn_anew(G, D, x, y, z):
        other = torch.randint(8, (len(x),))
        fake = G(z, other)
        d_loss = softplus(-D(x, y)).mean() + softplus(D(fake.detach(), other)).mean()
        return d_loss, softplus(-D(fake, other)).mean()

    assert BOOKS["conditional_gan"].obey.judge(drawn_anew)[0] == "solved"


def test_what_is_right_in_another_form_passes_and_what_is_nearly_right_does_not():
    def first_only(jacobians):
        first = torch.linalg.eigvals(jacobians).real[:, :1].expand(-1, 2)
        return BOOKS["regularization"].verdicts.reference(torch.diag_embed(first))

    assert BOOKS["regularization"].verdicts.judge(first_only)[0] == "wrong"

    def by_numpy(jacobians):
        top = torch.linalg.eigvals(jacobians).real.max(1).values.numpy()
        return list(np.where(top < -1e-9, "comes home", np.where(top > 1e-9, "runs away", "turns")))

    assert BOOKS["regularization"].verdicts.judge(by_numpy)[0] == "solved"

    def bent(noise, data, t):
        return (1 - t**2).sqrt() * noise + t * data, data - noise

    assert BOOKS["generative_models"].training_pair.judge(bent)[0] == "wrong"

    def flat_at_first(n_in, n_out):
        layer = torch.nn.ConvTranspose2d(n_in, n_out, 4, 2, 1)
        torch.nn.init.constant_(layer.weight, 0.1)
        return layer

    assert BOOKS["dcgan"].up.judge(flat_at_first)[0] == "wrong"
    percent = BOOKS["evaluation"].two_sample_test
    assert "from 0 to 1" in percent.judge(lambda *sets: 100 * percent.reference(*sets))[1]
    assert BOOKS["style"].truncation.judge({"psi": 0.51, "standing": "False"})[0] == "wrong"
    mean_price = BOOKS["regularization"].price.judge(lambda theta, psi: (psi**2 / 2).mean())
    assert "a mean over the games" in mean_price[1]


def test_a_round_that_only_lacks_its_return_is_told_so():
    def without_return(*arguments):
        BOOKS["minimax"].whole_round.reference(*arguments)

    assert "should return two numbers" in BOOKS["minimax"].whole_round.judge(without_return)[1]


def test_a_wrong_word_is_not_answered_with_the_right_one():
    e = Exercise("word", lambda: "swapped", None, [], ["a", "b"])
    for guess in ("no idea", "Swapped labels", 7):
        status, said = e.judge(guess)
        assert status == "wrong" and repr(guess) in said and "swapped" not in said.replace(repr(guess), "")
    assert e.judge(" Swapped ")[0] == "solved"


def test_progress_survives_a_restart(capsys, monkeypatch):
    book = Workbook("00", double())
    book.double.check(lambda x: x)
    assert "[0 of 1 done]" in capsys.readouterr().out
    book.double.check(lambda x: x + x)
    assert "[1 of 1 done]" in capsys.readouterr().out
    monkeypatch.setattr("ganlib.course.progress.MEMORY", {})  # a new kernel knows only the file
    assert Workbook("00", double()).summary() == "\n[1 of 1 done]"
    assert Workbook("01", double()).summary() == "\n[0 of 1 done]"


def test_a_set_of_words_may_come_in_any_order():
    e = Exercise("bugs", lambda: {"one", "two"}, None, [(lambda: {"one"}, "There is another.")], ["a", "b"])
    for right in (["one", "two"], ("two", " One "), {"two", "one"}):
        assert e.judge(right)[0] == "solved"
    assert e.judge(["one"])[1] == "not yet. There is another."
    for wrong in ("one", 7):
        status, message = e.judge(wrong)
        assert status == "wrong" and "expected is a list of answers" in message and "two" not in message
    for wrong, right, missing in ((["one", "three"], 1, 1), ({"three"}, 0, 2), ([], 0, 2)):
        status, message = e.judge(wrong)
        assert f"{right} of your {len(wrong)} answers are right, and {missing} missing" in message
        assert status == "wrong" and "two" not in message


def test_a_list_of_words_is_not_answered_with_the_right_ones():
    e = Exercise("words", lambda x: ["up", "down", "up"], lambda: (0,), [], ["a", "b"])
    assert e.judge(lambda x: ("up", "down", "up"))[0] == "solved"
    status, said = e.judge(lambda x: ["up", "up", "up"])
    assert status == "wrong" and "Part 2 of 3: It gives 'up'" in said and "down" not in said
    for wrong in (["up"], "up", 3):
        said = e.judge(lambda x, wrong=wrong: wrong)[1]
        assert "expected is a list of 3" in said and "down" not in said


def test_the_part_of_an_answer_that_is_wrong_is_named():
    e = Exercise("two", lambda x: (x, x.sum()), lambda: (torch.ones(3),), [], ["a", "b"])
    assert (
        "Part 2 of 2: On random input it gives 6 where 3 is right." in e.judge(lambda x: (x, 2 * x.sum()))[1]
    )
    assert "expected is a tuple of 2" in e.judge(lambda x: x)[1]


def test_a_game_that_fails_in_two_ways_is_told_the_first():
    starts = iter([1, 5] * 30)
    e = Exercise(
        "game",
        lambda x: 0,
        lambda: (next(starts),),
        [(lambda x: 0.5, "A bit."), (lambda x: 9, "By far.")],
        ["a", "b"],
        play=lambda answer, x: "far" if answer(x) * x > 4 else "near" if answer(x) else "there",
    )
    assert e.judge(lambda x: 2)[1] == "not yet. A bit."  # near, then far
    assert e.judge(lambda x: 0)[0] == "solved"


def test_a_written_step_is_judged_by_what_it_does():
    exercise = BOOKS["mlp_gan"].write_step

    def with_fresh_fakes(G, D, g_adam, d_adam, real, z):  # right, only slower
        d_loss = torch.nn.functional.binary_cross_entropy_with_logits(D(real), torch.ones(16))
        d_loss = d_loss + torch.nn.functional.binary_cross_entropy_with_logits(D(G(z)), torch.zeros(16))
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()
        g_loss = torch.nn.functional.binary_cross_entropy_with_logits(D(G(z)), torch.ones(16))
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        return d_loss.item(), g_loss.item()

    def without_detach(G, D, g_adam, d_adam, real, z):
        fake = G(z)
        (D(real) - D(fake)).mean().backward()
        d_adam.step()
        D(fake).mean().backward()

    def untouched(G, D, g_adam, d_adam, real, z):
        return ..., ...

    def halved(*arguments):
        d_loss, g_loss = exercise.reference(*arguments)
        return d_loss / 2, g_loss

    assert exercise.judge(with_fresh_fakes)[0] == "solved"
    assert exercise.judge(untouched)[0] == "not attempted"
    assert "RuntimeError" in exercise.judge(without_detach)[1]
    assert (
        "should return two numbers" in exercise.judge(lambda *arguments: exercise.reference(*arguments)[0])[1]
    )
    assert exercise.judge(halved)[1].startswith("not yet. Not as they should be: the d_loss that comes back.")
