"""Exercises of notebook 06: labels in, labels judged, labels alone, and the recall inside a class."""

import torch
from torch.nn.functional import cross_entropy, softplus

from ganlib.course import obedience_exercise as obedience
from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.obedience_exercise import Obedience, play_obedience, right_losses
from ganlib.course.watched_labels import OTHER_FAKE, OTHER_G, OTHER_REAL
from ganlib.metrics import precision_recall

TEXTS = Texts("conditional_gan")


def append_label(x, y, table):
    return torch.cat([x, table[y]], dim=1)  # (B, n) and (B, d) -> (B, n + d)


def append_number(x, y, table):
    return torch.cat([x, y[:, None].to(x.dtype)], dim=1)


def prepend_label(x, y, table):
    return torch.cat([table[y], x], dim=1)


def add_label(x, y, table):
    return torch.cat([x, table[: len(y)]], dim=1)


def append_cases():
    return torch.randn(6, 5), torch.tensor([2, 7, 7, 9, 4, 1])[torch.randperm(6)], torch.randn(10, 3)


def projection_logit(h, y, psi, table):
    return h @ psi + (table[y] * h).sum(1)  # (B,)


def projection_without_psi(h, y, psi, table):
    return (table[y] * h).sum(1)


def projection_all_classes(h, y, psi, table):
    return h @ psi + (h @ table.T).sum(1)


def projection_mean(h, y, psi, table):
    return h @ psi + (table[y] * h).mean(1)


def projection_across_samples(h, y, psi, table):
    return h @ psi + (table[y] @ h.T).sum(1)


def projection_cases():
    return torch.randn(6, 8), torch.randint(10, (6,)), torch.randn(8), torch.randn(10, 8)


def ac_g_loss(logits, class_logits, y):
    return softplus(-logits).mean() + cross_entropy(class_logits, y)


def ac_minus_class(logits, class_logits, y):
    return softplus(-logits).mean() - cross_entropy(class_logits, y)


def ac_no_class(logits, class_logits, y):
    return softplus(-logits).mean()


def ac_as_d(logits, class_logits, y):
    return softplus(logits).mean() + cross_entropy(class_logits, y)


def ac_saturating(logits, class_logits, y):
    return -softplus(logits).mean() + cross_entropy(class_logits, y)


def ac_softmax_twice(logits, class_logits, y):
    return softplus(-logits).mean() + cross_entropy(class_logits.softmax(1), y)


def ac_sums(logits, class_logits, y):
    return softplus(-logits).sum() + cross_entropy(class_logits, y, reduction="sum")


def ac_sum_and_mean(logits, class_logits, y):
    return softplus(-logits).sum() + cross_entropy(class_logits, y)


def ac_cases():
    return torch.randn(6), torch.randn(6, 10), torch.randint(10, (6,))


def labels_alone(p, q):
    D = p / (p + q)  # the best D, from labels alone
    return (p * torch.log(D)).sum() + (q * torch.log(1 - D)).sum()  # E_real[log D] + E_fake[log(1 - D)]


def labels_jsd(p, q):
    return (labels_alone(p, q) + torch.log(torch.tensor(4.0))) / 2


def labels_guess(p, q):
    return (p * torch.log(p) + q * torch.log(1 - q)).sum()


def labels_sign(p, q):
    return -labels_alone(p, q)


def labels_mean(p, q):
    return labels_alone(p, q) / len(p)


def labels_cases():
    return torch.rand(10).add(0.2).softmax(0), torch.rand(10).mul(3).softmax(0)


def recalls(real, real_y, fake, fake_y):
    """Recall of each class that occurs among the real ones: {class: recall}."""
    return {c: precision_recall(real[real_y == c], fake[fake_y == c])[1] for c in real_y.unique().tolist()}


def lowest_recall(real, real_y, fake, fake_y):
    found = []
    for c in real_y.unique().tolist():  # the classes that occur
        found.append((precision_recall(real[real_y == c], fake[fake_y == c])[1], c))
    return min(found)  # (recall, class)


def lowest_over_all_ten(real, real_y, fake, fake_y):
    return min((precision_recall(real[real_y == c], fake[fake_y == c])[1], c) for c in range(10))


def play_recall(answer, real, real_y, fake, fake_y):
    """The answer's result; in place of the error of a class without samples a word for it."""
    try:
        return answer(real, real_y, fake, fake_y)
    except ValueError as error:
        if "n > 1" in str(error) or "n > 3" in str(error):
            return "a class without samples"
        raise


def lowest_swapped(real, real_y, fake, fake_y):
    return lowest_recall(real, real_y, fake, fake_y)[::-1]


def lowest_position(real, real_y, fake, fake_y):
    values = list(recalls(real, real_y, fake, fake_y).values())
    return min(values), values.index(min(values))


def highest_recall(real, real_y, fake, fake_y):
    return max((value, c) for c, value in recalls(real, real_y, fake, fake_y).items())


def lowest_of_any(real, real_y, fake, fake_y):
    return min((precision_recall(real[real_y == c], fake)[1], c) for c in real_y.unique().tolist())


def lowest_precision(real, real_y, fake, fake_y):
    return lowest_recall(fake, fake_y, real, real_y)


def mixed_up_labels(real, real_y, fake, fake_y):
    return lowest_recall(real, real_y, fake, real_y)


def recall_cases():
    """Six of the classes 1 to 9, of 14 to 29 samples; the fakes come in another order.

    One class alone is lowest.
    """
    while True:
        y = (torch.randperm(9)[:6] + 1).repeat_interleave(torch.arange(14, 30, 3))
        n, centers = len(y), 2 * torch.randn(10, 4)
        order = torch.randperm(n)
        # Each class is off by a distance of its own.
        fake = centers[y] + torch.rand(10, 1)[y] + 0.7 * torch.randn(n, 4)
        case = centers[y] + torch.randn(n, 4), y, fake[order], y[order]
        lowest, second, *_ = sorted(recalls(*case).values())
        wrong = (f(*case) for f in (lowest_of_any, lowest_precision, mixed_up_labels))
        if lowest < second - 0.01 and lowest_recall(*case) not in wrong:  # else a wrong answer would pass
            return case


book = Workbook(
    "06",
    Exercise(
        "append",
        reference=append_label,
        cases=append_cases,
        misconceptions=TEXTS.wrong("append", append_number, prepend_label, add_label),
        hints=TEXTS.hints("append"),
    ),
    Exercise(
        "projection",
        reference=projection_logit,
        cases=projection_cases,
        misconceptions=TEXTS.wrong(
            "projection",
            projection_without_psi,
            projection_all_classes,
            projection_across_samples,
            projection_mean,
        ),
        hints=TEXTS.hints("projection"),
    ),
    Exercise(
        "ac_loss",
        reference=ac_g_loss,
        cases=ac_cases,
        misconceptions=TEXTS.wrong(
            "ac_loss",
            ac_minus_class,
            ac_softmax_twice,
            ac_sums,
            ac_sum_and_mean,
            ac_no_class,
            ac_as_d,
            ac_saturating,
        ),
        hints=TEXTS.hints("ac_loss"),
    ),
    Exercise(
        "labels_alone",
        reference=labels_alone,
        cases=labels_cases,
        misconceptions=TEXTS.wrong("labels_alone", labels_jsd, labels_sign, labels_mean, labels_guess),
        hints=TEXTS.hints("labels_alone"),
    ),
    Exercise(
        "lowest_recall",
        reference=lowest_recall,
        cases=recall_cases,
        misconceptions=TEXTS.wrong(
            "lowest_recall",
            lowest_over_all_ten,
            lowest_swapped,
            lowest_position,
            highest_recall,
            lowest_of_any,
            mixed_up_labels,
            lowest_precision,
        ),
        hints=TEXTS.hints("lowest_recall"),
        play=play_recall,
    ),
    Obedience(
        "obey",
        reference=right_losses,
        cases=tuple,
        misconceptions=[
            (obedience.labels_from_the_left, OTHER_FAKE),
            (obedience.real_labels_dealt_anew, OTHER_REAL),
            (obedience.g_graded_by_another, OTHER_G),
            (obedience.g_asked_for_the_next, obedience.STRAY),
            (obedience.all_signs_swapped, obedience.D_SIGNS),
            (obedience.g_helps_d, obedience.G_SIGNS),
            (obedience.saturating, obedience.SATURATING),
            (obedience.wasserstein, obedience.OTHER_SLOPES),
            (obedience.without_detach, obedience.NO_DETACH),
            (obedience.g_without_graph, obedience.NO_GRAPH),
            (obedience.g_forgotten, obedience.NOT_TWO),
            (obedience.no_mean, obedience.NOT_NUMBERS),
        ],
        hints=[
            "One y for everything: it belongs to the real points x, and G is asked for it as well.",
            "D(x, y), then D(fake.detach(), y), then D(fake, y): detach in D's loss alone.",
        ],
        play=play_obedience,
    ),
)
