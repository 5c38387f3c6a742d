"""Exercises of notebook 06: labels in, labels judged, labels alone, and the recall inside a class."""

import torch
from torch.nn.functional import cross_entropy, softplus

from ganlib.course.exercises import Exercise, Workbook
from ganlib.course.obedience_exercise import (
    NO_DETACH,
    NOT_TWO,
    OTHER_FAKE,
    OTHER_G,
    OTHER_REAL,
    Obedience,
    g_forgotten,
    g_graded_by_another,
    labels_from_the_left,
    play_obedience,
    real_labels_dealt_anew,
    right_losses,
    without_detach,
)
from ganlib.metrics import precision_recall


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
        fake = (
            centers[y] + torch.rand(10, 1)[y] + 0.7 * torch.randn(n, 4)
        )  # each class off by a distance of its own
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
        misconceptions=[
            (
                append_number,
                "You appended the label as a number. Then a 9 is nine times as much as a 1: look its vector up "
                "in the table instead.",
            ),
            (prepend_label, "The label's vector stands before x. Here the order is x, then the label."),
            (
                add_label,
                "You took the first B rows of the table, whatever the labels are. Index the table with y.",
            ),
        ],
        hints=[
            "table has one row for each class. Which indexing gives row y[i] for sample i, for all i at once?",
            "table[y] has shape (B, d). torch.cat([..., ...], dim=1) puts two matrices side by side.",
        ],
    ),
    Exercise(
        "projection",
        reference=projection_logit,
        cases=projection_cases,
        misconceptions=[
            (
                projection_without_psi,
                "The label's part is right, but psi is missing: h @ psi judges the sample as such.",
            ),
            (
                projection_all_classes,
                "You added the products with all ten class vectors. Only the vector of the "
                "sample's own label counts.",
            ),
            (
                projection_across_samples,
                "table[y] @ h.T compares each label with the features of every sample in the batch. "
                "Multiply row by row: table[y] * h.",
            ),
            (projection_mean, "An inner product is a sum over the features, not a mean."),
        ],
        hints=[
            "Two numbers for each sample: one that ignores the label, h @ psi, and one that compares h with table[y].",
            "The inner product of two rows: multiply them elementwise, then .sum(1).",
        ],
    ),
    Exercise(
        "ac_loss",
        reference=ac_g_loss,
        cases=ac_cases,
        misconceptions=[
            (
                ac_minus_class,
                "The sign of the class term is turned around: this G is paid for being misread.",
            ),
            (
                ac_softmax_twice,
                "cross_entropy takes the softmax itself: give it the class logits as they are.",
            ),
            (
                ac_sums,
                "Both terms are sums over the batch. Average each: then the size of a batch changes nothing.",
            ),
            (
                ac_sum_and_mean,
                "cross_entropy averages over the batch by itself, so average softplus as well: .mean().",
            ),
            (ac_no_class, "This G is not graded on its class: nothing would tie the picture to y."),
            (
                ac_as_d,
                "softplus(logits) is what D minimizes on fakes. G wants the opposite: -log D = softplus(-logits).",
            ),
            (
                ac_saturating,
                "That is the saturating loss of notebook 01. This page trains the non-saturating one, -log D.",
            ),
        ],
        hints=[
            "Two terms, both small when G does well: -log D(fake), and the surprise of the class head at y.",
            "-log sigmoid(l) = softplus(-l); cross_entropy(class_logits, y) takes the mean over the batch by itself.",
        ],
    ),
    Exercise(
        "labels_alone",
        reference=labels_alone,
        cases=labels_cases,
        misconceptions=[
            (
                labels_jsd,
                "That is the Jensen-Shannon divergence of the labels. The question asks for V = -log 4 + 2 JSD.",
            ),
            (labels_sign, "The sign is turned around: V is never positive, D's loss is -V."),
            (
                labels_mean,
                "The shares are weights already: add the terms up, do not divide by the number of labels.",
            ),
            (labels_guess, "You used D = p. The best D compares the two: D* = p / (p + q)."),
        ],
        hints=[
            "Without pictures the best D is still D*(y) = p(y) / (p(y) + q(y)).",
            "V = sum over y of p log D* + q log(1 - D*), with 1 - D* = q / (p + q).",
        ],
    ),
    Exercise(
        "lowest_recall",
        reference=lowest_recall,
        cases=recall_cases,
        misconceptions=[
            (
                lowest_over_all_ten,
                "You asked for the recall of a class that does not occur: it has no samples. Loop over "
                "real_y.unique().tolist().",
            ),
            (lowest_swapped, "Both are right, in the wrong order: (recall, class)."),
            (
                lowest_position,
                "The recall is right, but you gave the place of the class among those that occur. "
                "Give its label.",
            ),
            (highest_recall, "That is the class with the highest recall. The lowest is asked for."),
            (
                lowest_of_any,
                "You let a fake of any class cover a real one. Compare class by class: fake[fake_y == c].",
            ),
            (
                mixed_up_labels,
                "You picked the fakes with the real labels. Each set has labels of its own: fake[fake_y == c].",
            ),
            (
                lowest_precision,
                "That is the precision: the share of fakes near reals. Recall is the second value of "
                "precision_recall(real, fake), the real ones first.",
            ),
        ],
        hints=[
            "Not every class occurs: loop over real_y.unique().tolist(). real[real_y == c] holds the features of class c.",
            "precision_recall(real, fake)[1] is the recall of one class. min of a list of pairs "
            "(recall, class) compares "
            "the recalls first.",
        ],
        play=play_recall,
    ),
    Obedience(
        "obey",
        reference=right_losses,
        cases=tuple,
        misconceptions=[
            (labels_from_the_left, OTHER_FAKE),
            (real_labels_dealt_anew, OTHER_REAL),
            (g_graded_by_another, OTHER_G),
            (without_detach, NO_DETACH),
            (g_forgotten, NOT_TWO),
        ],
        hints=[
            "One y for everything: it belongs to the real points x, and G is asked for it as well.",
            "D(x, y), then D(fake.detach(), y), then D(fake, y): detach in D's loss alone.",
        ],
        play=play_obedience,
    ),
)
