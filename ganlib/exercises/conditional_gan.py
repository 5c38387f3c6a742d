"""Exercises of notebook 06: labels in, labels judged, labels alone, and diversity inside a class."""

import torch
from torch.nn.functional import cross_entropy, softplus

from ganlib.exercises import Exercise, Workbook
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


def ac_cases():
    return torch.randn(6), torch.randn(6, 10), torch.randint(10, (6,))


def labels_alone(p, q):
    return (p * torch.log(p / (p + q)) + q * torch.log(q / (p + q))).sum()  # max V = -log 4 + 2 JSD(p, q)


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


def class_recall(real, real_y, fake, fake_y):
    parts = [precision_recall(real[real_y == c], fake[fake_y == c])[1] for c in range(int(real_y.max()) + 1)]
    return sum(parts) / len(parts)


def pooled_recall(real, real_y, fake, fake_y):
    return precision_recall(real, fake)[1]


def class_precision(real, real_y, fake, fake_y):
    return class_recall(fake, fake_y, real, real_y)


def by_size(real, real_y, fake, fake_y):
    parts = [precision_recall(real[real_y == c], fake[fake_y == c])[1] * (real_y == c).float().mean() for c in range(10)]
    return sum(parts)


def mixed_up_labels(real, real_y, fake, fake_y):
    return class_recall(real, real_y, fake, real_y)


def recall_cases():
    """Ten classes of 11 to 29 samples; the fakes come in another order, and each class of them sits a class too far."""
    y, order = torch.arange(10).repeat_interleave(torch.arange(11, 30, 2)), torch.randperm(200)
    centers = torch.randn(10, 4)
    fake = centers[(y + 1) % 10] + 0.6 * torch.randn(200, 4)
    return centers[y] + torch.randn(200, 4), y, fake[order], y[order]


book = Workbook(
    "06",
    Exercise(
        "append",
        reference=append_label,
        cases=append_cases,
        misconceptions=[
            (append_number, "You appended the label as a number. Then a 9 is nine times as much as a 1: look its vector up "
             "in the table instead."),
            (prepend_label, "The label's vector stands before x. Here the order is x, then the label."),
            (add_label, "You took the first B rows of the table, whatever the labels are. Index the table with y."),
        ],
        hints=["table has one row for each class. Which indexing gives row y[i] for sample i, for all i at once?",
               "table[y] has shape (B, d). torch.cat([..., ...], dim=1) puts two matrices side by side."],
    ),
    Exercise(
        "projection",
        reference=projection_logit,
        cases=projection_cases,
        misconceptions=[
            (projection_without_psi, "The label's part is right, but psi is missing: h @ psi judges the sample as such."),
            (projection_all_classes, "You added the products with all ten class vectors. Only the vector of the "
             "sample's own label counts."),
            (projection_across_samples, "table[y] @ h.T compares each label with the features of every sample in the batch. "
             "Multiply row by row: table[y] * h."),
            (projection_mean, "An inner product is a sum over the features, not a mean."),
        ],
        hints=["Two numbers for each sample: one that ignores the label, h @ psi, and one that compares h with table[y].",
               "The inner product of two rows: multiply them elementwise, then .sum(1)."],
    ),
    Exercise(
        "ac_loss",
        reference=ac_g_loss,
        cases=ac_cases,
        misconceptions=[
            (ac_minus_class, "The sign of the class term is turned around: this G is paid for being misread."),
            (ac_softmax_twice, "cross_entropy takes the softmax itself: give it the class logits as they are."),
            (ac_no_class, "This G is not graded on its class: nothing would tie the picture to y."),
            (ac_as_d, "softplus(logits) is what D minimizes on fakes. G wants the opposite: -log D = softplus(-logits)."),
            (ac_saturating, "That is the saturating loss of notebook 01. This page trains the non-saturating one, -log D."),
        ],
        hints=["Two terms, both small when G does well: -log D(fake), and the surprise of the class head at y.",
               "-log sigmoid(l) = softplus(-l); cross_entropy(class_logits, y) takes the mean over the batch by itself."],
    ),
    Exercise(
        "labels_alone",
        reference=labels_alone,
        cases=labels_cases,
        misconceptions=[
            (labels_jsd, "That is the Jensen-Shannon divergence of the labels. The question asks for V = -log 4 + 2 JSD."),
            (labels_sign, "The sign is turned around: V is never positive, D's loss is -V."),
            (labels_mean, "The shares are weights already: add the terms up, do not divide by the number of labels."),
            (labels_guess, "You used D = p. The best D compares the two: D* = p / (p + q)."),
        ],
        hints=["Without pictures the best D is still D*(y) = p(y) / (p(y) + q(y)).",
               "V = sum over y of p log D* + q log(1 - D*), with 1 - D* = q / (p + q)."],
    ),
    Exercise(
        "class_recall",
        reference=class_recall,
        cases=recall_cases,
        misconceptions=[
            (pooled_recall, "That is the recall of all classes pooled: a fake of any class may cover a real one. "
             "Compare class by class."),
            (by_size, "You weighted the classes by their size. Each class counts the same: take the plain mean of the ten."),
            (mixed_up_labels, "You picked the fakes with the real labels. Each set has labels of its own: fake[fake_y == c]."),
            (class_precision, "That is the precision: the share of fakes near reals. Recall is the second value of "
             "precision_recall(real, fake), the real ones first."),
        ],
        hints=["Loop over the classes. real[real_y == c] holds the features of class c.",
               "precision_recall(real, fake)[1] is the recall of one class; the mean over the classes is asked for."],
    ),
)  # fmt: skip
