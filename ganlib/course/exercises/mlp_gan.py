"""Exercises of notebook 03."""

import random

import torch
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise, Workbook
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
        [
            (
                count_without_biases,
                "You counted the matrices only. Each output unit of a layer also has a bias.",
            ),
            (
                count_units,
                "You counted units. A layer from n_in to n_out has n_in * n_out weights, and n_out biases.",
            ),
            (count_input_biases, "A bias belongs to each output of a layer, not to each input."),
        ],
        [
            "One layer from 3 to 2 units is a 2 x 3 matrix and 2 biases.",
            "Sum n_in * n_out + n_out over zip(widths, widths[1:]).",
        ],
    ),
    Exercise(
        "d_accuracy",
        d_accuracy,
        random_logits,
        [
            (
                accuracy_at_half,
                "You compared the logit with 1/2. D = sigmoid(logit) is 1/2 where the logit is 0.",
            ),
            (accuracy_on_real, "You looked at real samples only; a D that always says real would score 1."),
            (accuracy_fooled, "A fake counts as right when D says fake: its logit is below 0."),
            (
                accuracy_pooled,
                "You counted all samples alike, so the larger batch weighs more. Average the two shares.",
            ),
            (accuracy_sum, "A share is at most 1; the sum of two may be 2. Average them."),
            (
                average_probability,
                "That is how sure D is on average. Count how often it is right: on which side of 0 is a "
                "logit?",
            ),
        ],
        [
            "Which logit corresponds to D = 1/2?",
            "Average (real > 0).float().mean() and (fake < 0).float().mean().",
        ],
    ),
    Exercise(
        "ema_update",
        ema_update,
        random_average,
        [
            (
                ema_swapped,
                "You gave decay to the new weight: the average would forget nearly all at each step.",
            ),
            (ema_plain, "That ignores the decay: half of all older weights would be forgotten at each step."),
            (ema_sum, "The two shares must add up to 1, or the average grows without bound."),
        ],
        ["With decay 0.99 the shadow keeps 99 % of itself.", "decay * shadow + (1 - decay) * ... "],
    ),
    Exercise(
        "slerp",
        slerp,
        random_ends,
        [
            (
                slerp_is_lerp,
                "That is lerp, the straight line: it cuts through the sphere, where z is too short.",
            ),
            (slerp_undivided, "The weights of a and b still need to be divided by sin(omega)."),
            (
                slerp_of_directions,
                "You normalized a and b: then z has length 1, not 8. Normalize only to find the angle.",
            ),
            (
                slerp_by_cosine,
                "That product over the lengths is the cosine of omega; the angle itself is its arccos.",
            ),
            (slerp_backward, "At t = 0 it should be a: your path runs from b to a."),
        ],
        [
            "omega is the angle between a and b: arccos of their dot product over both lengths.",
            "a gets sin((1 - t) omega) / sin(omega), b gets sin(t omega) / sin(omega).",
        ],
        tolerance=1e-3,
    ),
    Exercise(
        "d_turn",
        d_turn,
        random_seed,
        [
            (
                flawed_d_turn(lambda real, fake: non_saturating.d_loss(fake, real)),
                "The labels are swapped: softplus(-logit) belongs to the real ones.",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(fake).mean()),
                "D looks at the fakes alone. Add what the real ones cost: softplus(-D(real)).mean().",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(real).mean() + softplus(fake).mean()),
                "The real logits need a minus: softplus(-logit) is -log D.",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(-real.mean()) + softplus(fake.mean())),
                "Take the mean of softplus over the batch, not softplus of the mean logit.",
            ),
            (
                flawed_d_turn(lambda real, fake: softplus(-real).sum() + softplus(fake).sum()),
                "Average over the batch: .mean(), not .sum().",
            ),
            (
                flawed_d_turn(
                    lambda real, fake: softplus(-real.sigmoid()).mean() + softplus(fake.sigmoid()).mean()
                ),
                "D gives logits, and softplus holds the sigmoid already: do not apply it twice.",
            ),
            (
                flawed_d_turn(clear=False),
                "Gradients of earlier turns are still there: call zero_grad before backward.",
            ),
            (flawed_d_turn(move=False), "D never moves: its optimizer needs a step after the backward."),
        ],
        [
            "The first blank is what the real pictures cost: -log D of them.",
            "-log D = softplus(-logit). The last blank is one word: step.",
        ],
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
        [
            (
                flawed_step(swapped),
                "D's labels are swapped: softplus(-logit) belongs to the real ones, softplus(logit) to the "
                "fakes.",
            ),
            (
                flawed_step(minimax),
                "That is the minimax loss for G, log(1 - D(G(z))). The non-saturating one is -log D(G(z)).",
            ),
            (
                flawed_step(clear="never"),
                "Gradients of earlier turns are still there: call zero_grad before each backward.",
            ),
            (
                flawed_step(clear="after"),
                "Call zero_grad before backward, not after the step: G's turn leaves gradients in D.",
            ),
            (flawed_step(moves="G"), "D never moves: its optimizer needs a step after the backward."),
            (flawed_step(moves="D"), "G never moves: its optimizer needs a step after the backward."),
            (
                flawed_step(clear="between"),
                "zero_grad between backward and step wipes out what backward has just computed: nobody moves. Call it before backward.",
            ),
            (flawed_step(sums), "The losses are sums over the batch. Average them: .mean()."),
            (
                flawed_step(of_the_mean),
                "Take the mean of softplus over the batch, not softplus of the mean logit.",
            ),
            (
                flawed_step(detach="DG"),
                "G never moves: no gradient arrives in it. In G's turn D judges the fakes with their graph, so without detach.",
            ),
            (
                step_against_the_old_d,
                "G's loss was taken before D's step. Finish D's turn, then let the new D judge the same "
                "fakes.",
            ),
        ],
        [
            "D's turn: the loss on real and on fake.detach(), then zero_grad, backward, step. Then G's "
            "turn, the same way.",
            "softplus(-logit) is -log D, softplus(logit) is -log(1 - D). G's loss is "
            "softplus(-D(fake)).mean().",
        ],
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
        [
            (
                lambda: {"missing detach"},
                "A missing detach lets D's backward pass fill G's gradients. But look at D's slope, too.",
            ),
            (
                lambda: {"labels swapped"},
                "Swapped labels turn D's slope around. But where do G's gradients come from?",
            ),
            (
                lambda: {"wrong sign in g_loss"},
                "With a wrong sign in g_loss, G's slope would be positive. Here it is not.",
            ),
            (
                lambda: {"missing detach", "labels swapped", "wrong sign in g_loss"},
                "Not all three: one of the readings is as in a sound step.",
            ),
            (
                lambda: {"missing detach", "wrong sign in g_loss"},
                "The missing detach is right. But G's slope is negative, as it should be: look at D's.",
            ),
            (
                lambda: {"labels swapped", "wrong sign in g_loss"},
                "The swapped labels are right. But G's slope is negative, as it should be: what of the gradients in G?",
            ),
        ],
        [
            "Read the report line by line: which readings are not what they are in a sound step?",
            "There are two bugs, and each turns one reading around.",
        ],
    ),
)
