"""Exercises of notebook 03."""

import random

import torch
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.formula_answers import (
    ema_plain,
    ema_sum,
    ema_swapped,
    ema_update,
    random_average,
    random_ends,
    slerp,
    slerp_backward,
    slerp_by_cosine,
    slerp_is_lerp,
    slerp_of_directions,
    slerp_undivided,
)
from ganlib.course.settings_exercise import (
    MOMENTUM,
    NO_RECIPE,
    RATES,
    WILD,
    Settings,
    momentum_alone,
    settings,
    slow_settings,
    wild_rates,
)
from ganlib.course.written_steps import (
    d_turn,
    flawed_d_turn,
    flawed_step,
    g_like_d,
    of_the_mean,
    play_d_turn,
    play_two_steps,
    random_seed,
    step_against_the_old_d,
    sums,
    swapped,
    write_step,
)
from ganlib.losses import minimax, non_saturating

TEXTS = Texts("mlp_gan")


def random_widths():
    """Three to five layer widths."""
    return ([random.randint(2, 40) for _ in range(random.randint(3, 5))],)


def count_weights(widths):
    return sum(n_in * n_out + n_out for n_in, n_out in zip(widths, widths[1:]))


def count_without_biases(widths):
    return sum(n_in * n_out for n_in, n_out in zip(widths, widths[1:]))


def count_units(widths):
    return sum(widths[1:])


def count_input_biases(widths):
    return sum(n_in * n_out + n_in for n_in, n_out in zip(widths, widths[1:]))


def random_logits():
    """Logits of few real and many fake samples; D is better on the real ones, so that pooling them shows."""
    return torch.randn(40) + 1.5, torch.randn(120) - 0.2


def d_accuracy(real, fake):
    return ((real > 0).float().mean() + (fake < 0).float().mean()) / 2


def accuracy_at_half(real, fake):
    return ((real > 0.5).float().mean() + (fake < 0.5).float().mean()) / 2


def accuracy_on_real(real, fake):
    return (real > 0).float().mean()


def accuracy_fooled(real, fake):
    return ((real > 0).float().mean() + (fake > 0).float().mean()) / 2


def accuracy_pooled(real, fake):
    return ((real > 0).sum() + (fake < 0).sum()) / (len(real) + len(fake))


def accuracy_sum(real, fake):
    return (real > 0).float().mean() + (fake < 0).float().mean()


def average_probability(real, fake):
    return (real.sigmoid().mean() + (-fake).sigmoid().mean()) / 2


def suspects():
    """Four games for the bug hunt: name -> (D's loss, G's loss, what D is shown of a fake). One of them is sound."""
    d_loss, g_loss = non_saturating

    def cut(fake):
        return fake.detach()

    return {
        "P": (lambda real, fake: d_loss(fake, real), g_loss, cut),
        "Q": (d_loss, lambda fake: -g_loss(fake), cut),
        "R": (d_loss, g_loss, cut),
        "S": (d_loss, g_loss, lambda fake: fake),
    }


def match():
    return {"P": "labels swapped", "Q": "wrong sign in g_loss", "R": "sound", "S": "missing detach"}


class Match(Exercise):
    """An exercise that pairs names with words."""

    def judge(self, answer):
        """(status, message) of a dictionary: how many pairs are right, and of the first wrong one why."""
        words = set(self.reference().values())
        if isinstance(answer, dict):
            answer = {k: "..." if word is ... else str(word).strip().lower() for k, word in answer.items()}
        if answer is ... or answer is None or (isinstance(answer, dict) and "..." in answer.values()):
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if (
            not isinstance(answer, dict)
            or set(answer) != set(self.reference())
            or not set(answer.values()) <= words
        ):
            return "wrong", MATCH_FORM
        wrong = [name for name, word in self.reference().items() if answer[name] != word]
        if not wrong:
            return "solved", "right!"
        return "wrong", f"not yet. {4 - len(wrong)} of 4 are right. {CLUES[answer[wrong[0]]]}"


MATCH_FORM = (
    'It should be a dictionary from "P", "Q", "R" and "S" to the four words that the question offers.'
)
CLUES = {
    "sound": "The game that you call sound has a reading that is off. Sound: no gradients in G, both slopes negative.",
    "missing detach": "A missing detach shows in the first reading: G has gradients.",
    "labels swapped": "Swapped labels turn D's slope around: it is positive.",
    "wrong sign in g_loss": "A wrong sign in g_loss turns G's slope around: it is positive.",
}


def match_swapping(one, other):
    """The right match with two words exchanged, `one` in the first place."""
    places = {word: name for name, word in match().items()}
    return lambda: match() | {places[one]: other, places[other]: one}


def diagnosis():
    return {"missing detach", "labels swapped"}


book = Workbook(
    "03",
    Exercise(
        "count_weights",
        count_weights,
        random_widths,
        TEXTS.wrong("count_weights", count_without_biases, count_units, count_input_biases),
        TEXTS.hints("count_weights"),
    ),
    Exercise(
        "d_accuracy",
        d_accuracy,
        random_logits,
        TEXTS.wrong(
            "d_accuracy",
            accuracy_at_half,
            accuracy_on_real,
            accuracy_fooled,
            accuracy_pooled,
            accuracy_sum,
            average_probability,
        ),
        TEXTS.hints("d_accuracy"),
    ),
    Exercise(
        "ema_update",
        ema_update,
        random_average,
        TEXTS.wrong("ema_update", ema_swapped, ema_plain, ema_sum),
        TEXTS.hints("ema_update"),
    ),
    Exercise(
        "slerp",
        slerp,
        random_ends,
        TEXTS.wrong(
            "slerp", slerp_is_lerp, slerp_undivided, slerp_of_directions, slerp_by_cosine, slerp_backward
        ),
        TEXTS.hints("slerp"),
        tolerance=1e-3,
    ),
    Exercise(
        "d_turn",
        d_turn,
        random_seed,
        TEXTS.wrong(
            "d_turn",
            flawed_d_turn(lambda real, fake: non_saturating.d_loss(fake, real)),
            flawed_d_turn(lambda real, fake: softplus(fake).mean()),
            flawed_d_turn(lambda real, fake: softplus(real).mean() + softplus(fake).mean()),
            flawed_d_turn(lambda real, fake: softplus(-real.mean()) + softplus(fake.mean())),
            flawed_d_turn(lambda real, fake: softplus(-real).sum() + softplus(fake).sum()),
            flawed_d_turn(
                lambda real, fake: softplus(-real.sigmoid()).mean() + softplus(fake.sigmoid()).mean()
            ),
            flawed_d_turn(clear=False),
            flawed_d_turn(move=False),
        ),
        TEXTS.hints("d_turn"),
        play=play_d_turn,
    ),
    Settings(
        "settings",
        settings,
        None,
        [
            (slow_settings, f"{MOMENTUM}"),
            (momentum_alone, RATES),
            (wild_rates, WILD),
            (lambda: {"lr": 2e-3}, NO_RECIPE),
        ],
        [
            "Which change helped the script most? Make that one first.",
            "Then raise both rates about tenfold, D's a little less than G's.",
        ],
    ),
    Exercise(
        "write_step",
        write_step,
        random_seed,
        TEXTS.wrong(
            "write_step",
            flawed_step(swapped),
            flawed_step(minimax),
            flawed_step(g_like_d),
            flawed_step(clear="never"),
            flawed_step(clear="after"),
            flawed_step(moves="G"),
            flawed_step(moves="D"),
            flawed_step(clear="between"),
            flawed_step(sums),
            flawed_step(of_the_mean),
            flawed_step(detach="DG"),
            step_against_the_old_d,
        ),
        TEXTS.hints("write_step"),
        play=play_two_steps,
    ),
    Match(
        "match",
        match,
        None,
        [
            (match_swapping("labels swapped", "sound"), CLUES["sound"]),
            (match_swapping("labels swapped", "missing detach"), CLUES["missing detach"]),
            (match_swapping("wrong sign in g_loss", "labels swapped"), CLUES["wrong sign in g_loss"]),
            (lambda: {"P": "sound"}, MATCH_FORM),
        ],
        [
            "Find the game with no gradients in G and two negative slopes: it is sound.",
            "Each other game has one reading that is off.",
        ],
    ),
    Exercise(
        "diagnosis",
        diagnosis,
        None,
        TEXTS.wrong(
            "diagnosis",
            lambda: {"missing detach"},
            lambda: {"labels swapped"},
            lambda: {"wrong sign in g_loss"},
            lambda: {"missing detach", "labels swapped", "wrong sign in g_loss"},
            lambda: {"missing detach", "wrong sign in g_loss"},
            lambda: {"labels swapped", "wrong sign in g_loss"},
        ),
        TEXTS.hints("diagnosis"),
    ),
)
