"""Exercises of notebook 13: the K logits, feature matching, detection, an augmentation, a last quiz."""

import torch

from ganlib.course.augment_exercise import (
    Augmentation,
    a_little_noise,
    always_one_pixel,
    augment,
    often_upside_down,
    pictures_case,
    unchanged,
)
from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.quiz_exercise import Quiz

TEXTS = Texts("using_gans")


def p_real(logits):
    return logits.logsumexp(1).sigmoid()


def surest_class(logits):
    return logits.softmax(1).max(1).values


def sum_of_logits(logits):
    return logits.sum(1).sigmoid()


def largest_logit(logits):
    return logits.max(1).values.sigmoid()


def logarithm_left_out(logits):
    return logits.exp().sum(1).sigmoid()


def p_fake(logits):
    return 1 - p_real(logits)


def logits_cases():
    return (2 * torch.randn(5, 4) - 1,)


def feature_matching(real, fake):
    return (real.mean(0) - fake.mean(0)).square().mean()


def pairs_matched(real, fake):
    return (real - fake).square().mean()


def means_over_everything(real, fake):
    return (real.mean() - fake.mean()).square()


def absolute_gaps(real, fake):
    return (real.mean(0) - fake.mean(0)).abs().mean()


def summed_squares(real, fake):
    return (real.mean(0) - fake.mean(0)).square().sum()


def features_cases():
    return torch.randn(6, 5) + torch.randn(5), torch.randn(6, 5)


def auroc(low, high):
    above = (high[:, None] > low).float() + 0.5 * (high[:, None] == low)
    return above.mean()


def ties_lost(low, high):
    return (high[:, None] > low).float().mean()


def ties_won(low, high):
    return (high[:, None] >= low).float().mean()


def pair_by_pair(low, high):
    n = min(len(low), len(high))
    return (high[:n] > low[:n]).float().mean()


def right_above_zero(low, high):
    return torch.cat([low <= 0, high > 0]).float().mean()


def turned_round(low, high):
    return 1 - auroc(low, high)


def scores_cases():
    low, high = torch.randn(9).mul(2).round() / 2 + 1, torch.randn(7).mul(2).round() / 2 + 1.5
    high[0] = low[0]  # one tie at least
    return low, high


def quiz():
    return "TFFTFTTFFT"


def all_true():
    return "TTTTTTTTTT"


def all_false():
    return "FFFFFFFFFF"


def one_missed():
    return "TFFTFTTFFF"


WHERE = ("01", "02", "03", "04", "05", "06", "08", "08", "10", "13")

book = Workbook(
    "13",
    Exercise(
        "p_real",
        p_real,
        logits_cases,
        TEXTS.wrong("p_real", surest_class, sum_of_logits, largest_logit, logarithm_left_out, p_fake),
        TEXTS.hints("p_real"),
    ),
    Exercise(
        "feature_matching",
        feature_matching,
        features_cases,
        TEXTS.wrong("feature_matching", pairs_matched, means_over_everything, absolute_gaps, summed_squares),
        TEXTS.hints("feature_matching"),
    ),
    Exercise(
        "auroc",
        auroc,
        scores_cases,
        TEXTS.wrong("auroc", ties_lost, ties_won, pair_by_pair, right_above_zero, turned_round),
        TEXTS.hints("auroc"),
    ),
    Augmentation(
        "augment",
        augment,
        pictures_case,
        TEXTS.wrong("augment", unchanged, always_one_pixel, often_upside_down, a_little_noise),
        TEXTS.hints("augment"),
    ),
    Quiz(
        "quiz",
        quiz,
        None,
        TEXTS.wrong("quiz", all_true, all_false, one_missed),
        TEXTS.hints("quiz"),
        where=WHERE,
    ),
)
