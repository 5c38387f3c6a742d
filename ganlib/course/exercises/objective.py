"""Exercises of notebook 01: the losses of both players, read, made stable and repaired."""

import math

import torch
from torch.nn.functional import logsigmoid, softplus

from ganlib.course.exercises import Exercise, Workbook


def d_loss(real, fake):
    """D's loss from logits: -V, a sum of two means."""
    return softplus(-real).mean() + softplus(fake).mean()


def g_loss(fake):
    """The non-saturating loss: minus the mean log of the probability that D gives to "real"."""
    return softplus(-fake).mean()


def read(loss):
    """The typical probability that D gave to the right verdict: loss = 2 * (-log q), so q = exp(-loss /
    2).
    """
    return math.exp(-loss / 2)


def log_one_minus(logit):
    """log(1 - sigmoid(l)) = -(max(l, 0) + log(1 + exp(-|l|))): the exponential never sees a positive
    number.
    """
    return -(logit.clamp(min=0) + torch.log1p(torch.exp(-logit.abs())))


def jsd_bound(real, fake):
    """(log 4 + V) / 2: what a discriminator's logits prove about the JSD, at most."""
    return (math.log(4) + logsigmoid(real).mean() + logsigmoid(-fake).mean()) / 2


def repaired(real, fake):
    """Both losses, each to be descended: D's, then G's non-saturating one."""
    return softplus(-real).mean() + softplus(fake).mean(), softplus(-fake).mean()


def d_loss_same_labels(real, fake):
    return softplus(-real).mean() + softplus(-fake).mean()


def d_loss_averaged(real, fake):
    return d_loss(real, fake) / 2


def d_loss_minus(real, fake):
    return softplus(-real).mean() - softplus(fake).mean()


def d_loss_descending_value(real, fake):
    return -d_loss(real, fake)


def g_loss_saturating(fake):
    return -softplus(fake).mean()


def g_loss_caught(fake):
    return softplus(fake).mean()


def g_loss_of_values(fake):
    return -torch.log(fake.sigmoid().mean())


def read_one_term(loss):
    return math.exp(-loss)


def read_linear(loss):
    return 1 - loss / 2


def read_mean(loss):
    return loss / 2


def log_naive(logit):
    return torch.log(1 - torch.sigmoid(logit))


def log_epsilon(logit):
    return torch.log(1 - torch.sigmoid(logit) + 1e-8)


def log_overflow(logit):
    return -torch.log1p(torch.exp(logit))


def log_wrong_side(logit):
    return -((-logit).clamp(min=0) + torch.log1p(torch.exp(-logit.abs())))


def jsd_without_half(real, fake):
    return 2 * jsd_bound(real, fake)


def jsd_log_two(real, fake):
    return jsd_bound(real, fake) - math.log(2) / 2


def jsd_of_loss(real, fake):
    return (math.log(4) + d_loss(real, fake)) / 2


def jsd_clipped(real, fake):
    return jsd_bound(real, fake).clamp(min=0)


def jsd_bits(real, fake):
    return jsd_bound(real, fake) / math.log(2)


def repaired_swapped(real, fake):
    return d_loss_same_labels(real, fake), g_loss(fake)


def repaired_sign(real, fake):
    return d_loss_descending_value(real, fake), g_loss(fake)


def repaired_sigmoid_twice(real, fake):
    return d_loss(real.sigmoid(), fake.sigmoid()), g_loss(fake)


def repaired_saturating(real, fake):
    return d_loss(real, fake), -softplus(fake).mean()


def repaired_g_caught(real, fake):
    return d_loss(real, fake), g_loss_caught(fake)


def logits():
    """Two batches of random logits, of different sizes."""
    return 2 * torch.randn(9) + 1, 2 * torch.randn(6) - 1


def strong_logits():
    """Logits as an overconfident discriminator gives them, from -90 to 90, a few ordinary ones among them."""
    return (
        torch.cat(
            [
                torch.tensor([-90.0, 90.0]),
                180 * torch.rand(6) - 90,
                2 * torch.randn(4),
                40 + 40 * torch.rand(2),
            ]
        ),
    )


book = Workbook(
    "01",
    Exercise(
        "d_loss",
        d_loss,
        logits,
        [
            (
                d_loss_same_labels,
                "Your second term rewards D for calling fakes real. On a fake the right verdict has "
                "probability 1 - D, whose log is -softplus(+logit).",
            ),
            (
                d_loss_averaged,
                "You average the two halves; V is their sum. Some repositories print half the loss: "
                "check which before you compare.",
            ),
            (
                d_loss_minus,
                "The second term needs its own minus, twice: -log(1 - D) = -(-softplus(l)) = +softplus(l).",
            ),
            (
                d_loss_descending_value,
                "That is V itself. D wants V large, and an optimizer descends: give back -V.",
            ),
        ],
        [
            "Write down log D and log(1 - D) for a logit l first: -softplus(-l) and -softplus(l).",
            "The term of the real logits is there already. The fakes' term has the other sign in the softplus, then .mean().",
        ],
    ),
    Exercise(
        "read",
        read,
        lambda: (3 * torch.rand(()).item() + 0.05,),
        [
            (
                read_one_term,
                "You forgot that the loss has two terms, one of the real and one of the fakes: each is half of it. "
                "With your formula a draw, 1.386, would read as 1/4.",
            ),
            (read_linear, "A straight line agrees near 0 only: a loss is a log, so undo it by exp."),
            (
                read_mean,
                "That is the mean of the two cross-entropies, still a log; the question asks for a probability.",
            ),
        ],
        [
            "If D gives the right verdict probability q on every note, what is -log q for a real one? And for a fake?",
            "loss = -2 log q. Solve for q.",
        ],
    ),
    Exercise(
        "g_loss",
        g_loss,
        lambda: (3 * torch.randn(8),),
        [
            (g_loss_saturating, "That is the saturating loss, E[log(1 - D)]: the other one of the two."),
            (g_loss_caught, "The sign in the softplus is D's: you make G better at being caught."),
            (
                g_loss_of_values,
                "You take the log of a mean. The loss is the mean of the logs: every fake counts on its own.",
            ),
        ],
        [
            "The non-saturating loss is -log D(G(z)), averaged over the fakes.",
            "It is D's loss on real notes, applied to the fakes: -log sigmoid(l) = softplus(-l).",
        ],
    ),
    Exercise(
        "log_one_minus",
        log_one_minus,
        strong_logits,
        [
            (
                log_naive,
                "From a logit of about 17 on the sigmoid rounds to 1 in float32, so you take log 0 = -inf.",
            ),
            (
                log_epsilon,
                "The 1e-8 hides the -inf behind log(1e-8) = -18.4: wrong by 70 at a logit of 88, with slope 0.",
            ),
            (
                log_overflow,
                "Right on paper, but exp(l) overflows to inf above l = 88.7 in float32: keep exponents negative.",
            ),
            (log_wrong_side, "That is log sigmoid(l), the log of the other verdict: mirror it, l to -l."),
        ],
        [
            "log(1 - sigmoid(l)) = -log(1 + exp(l)). Only exp(l) with a large l is dangerous.",
            "For l > 0 pull l out: log(1 + exp(l)) = l + log(1 + exp(-l)). One line for both cases uses clamp(min=0) and abs().",
        ],
    ),
    Exercise(
        "jsd_bound",
        jsd_bound,
        # a D that is sure and wrong, so that the estimate is negative
        lambda: tuple(-2 * part for part in logits()),
        [
            (jsd_without_half, "Nearly: V = -log 4 + 2 JSD, so there is a 2 to divide by."),
            (jsd_log_two, "At a draw V = -log 4, not -log 2: there are two terms, each -log 2."),
            (jsd_of_loss, "You took D's loss, -V, for V: a better D would prove less."),
            (
                jsd_clipped,
                "You clip at 0. A negative estimate says that this D proves nothing, not that g = p.",
            ),
            (
                jsd_bits,
                "That is in bits. Logs are natural in this course, so the largest value is log 2 = 0.693, not 1.",
            ),
        ],
        [
            "Start from V = -log 4 + 2 JSD and solve for the JSD.",
            "V is the mean of logsigmoid(real) plus the mean of logsigmoid(-fake).",
        ],
        tolerance=1e-3,  # so that 1.386 may stand for log 4
    ),
    Exercise(
        "repair",
        repaired,
        logits,
        [
            (
                repaired_swapped,
                "G's loss is right, D's second term is not: it asks D to call the fakes real.",
            ),
            (
                repaired_sign,
                "G's loss is right. D's loss is V: descending it makes D worse. Give it a minus.",
            ),
            (
                repaired_sigmoid_twice,
                "G's loss is right. D's logits pass through a sigmoid before softplus: one too many.",
            ),
            (
                repaired_saturating,
                "D's loss is right. G's is the saturating one: here the non-saturating one is asked for.",
            ),
            (
                repaired_g_caught,
                "D's loss is right. G's is not: descending it lowers D's verdict on the fakes.",
            ),
        ],
        [
            "Try the page's gradient check on your two losses: in which direction must each logit move?",
            "Descent on D's loss must raise the real logits and lower the fakes'; descent on G's loss must raise the fakes'.",
        ],
    ),
)
