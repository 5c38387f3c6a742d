"""Exercises of notebook 04: modes, packs, a penalty judged by three trainings; in Deeper, gradients, an alarm."""

import math

import torch

from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.penalty_exercise import (
    NO_EFFECT,
    NOT_ONE_NUMBER,
    PAID,
    STILL_COLLAPSED,
    TOO_FLAT,
    Training,
    crushing,
    feeble,
    one_for_each_sample,
    reward,
    smooth,
    train_with,
    without_graph,
)

TEXTS = Texts("mode_collapse")


def covered(counts, n):
    return int((counts >= 0.2 * n / len(counts)).sum())


def touched(counts, n):
    return int((counts > 0).sum())


def fifth_of_the_mode(counts, n):
    return int((counts >= 0.2 * counts.sum() / len(counts)).sum())


def modes_hit(counts, n):
    return int((counts >= 0.2 * n / (counts > 0).sum()).sum())


def fair_share(counts, n):
    return int((counts >= n / len(counts)).sum())


def fifth_of_all(counts, n):
    return int((counts >= 0.2 * n).sum())


def eight_modes(counts, n):
    return int((counts >= 0.2 * n / 8).sum())


def mode_kl(share):
    return torch.special.xlogy(share, share * len(share)).sum()  # 0 log 0 = 0


def in_bits(share):
    return mode_kl(share) / math.log(2)


def entropy(share):
    return torch.special.entr(share).sum()


def unweighted(share):
    return (share * len(share)).clamp_min(1e-12).log().mean()


def company(h):
    distance = (h[:, None] - h[None]).abs().sum(-1)  # (B, 1, n) - (1, B, n) -> (B, B)
    return (-distance).exp().sum(1) - 1  # without the sample itself


def with_itself(h):
    return company(h) + 1


def far_apart(h):
    return (h[:, None] - h[None]).abs().sum(-1).sum(1)


def euclidean(h):
    return (-torch.cdist(h, h)).exp().sum(1) - 1


def one_number(h):
    return company(h).mean()


def same_mode(modes, m):
    return (1 / modes) ** (m - 1)


def chosen_mode(modes, m):
    return (1 / modes) ** m


def one_pair(modes, m):
    return 1 / modes


def gradient_ratio(logits):
    return torch.exp(-logits)  # (1 - D) / D, D = sigmoid(logits)


def upside_down(logits):
    return torch.exp(logits)


def only_non_saturating(logits):
    return 1 - logits.sigmoid()


def logit_for_d(logits):
    return (1 - logits) / logits


def losses_not_gradients(logits):
    return torch.nn.functional.softplus(-logits) / torch.nn.functional.softplus(logits)


def alarm(losses, limit):
    change = losses[1:] - losses[:-1]
    return (change.abs() > limit * change.abs().median()).nonzero().flatten() + 1


def drops_only(losses, limit):
    change = losses[1:] - losses[:-1]
    return (change < -limit * change.abs().median()).nonzero().flatten() + 1


def mean_not_median(losses, limit):
    change = losses[1:] - losses[:-1]
    return (change.abs() > limit * change.abs().mean()).nonzero().flatten() + 1


def one_too_early(losses, limit):
    return alarm(losses, limit) - 1


def signed_median(losses, limit):
    change = losses[1:] - losses[:-1]
    return (change.abs() > limit * change.median().abs()).nonzero().flatten() + 1


def deviations(losses, limit):
    change = losses[1:] - losses[:-1]
    deviation = (change - change.median()).abs()
    return (deviation > limit * deviation.median()).nonzero().flatten() + 1


def in_percent(losses, limit):
    change = ((losses[1:] - losses[:-1]) / losses[:-1]).abs()
    return (change > limit * change.median()).nonzero().flatten() + 1


def mask(losses, limit):
    change = losses[1:] - losses[:-1]
    return change.abs() > limit * change.abs().median()


def random_counts():
    """Counts near 16 to 30 modes, a quarter of them never hit, of 10,000 samples of which some lie near none."""
    modes, n = int(torch.randint(16, 31, ())), 10_000
    # In fair shares: below a tenth; a fifth only of those that hit a mode; a fifth, if all modes count; more.
    planted = torch.tensor([0.05, 0.12, 0.12, 0.18, 0.18, 0.23, 0.23, 0.247, 0.29])
    usual = torch.linspace(0.5, 1.2, modes - modes // 4 - len(planted))
    share = torch.cat([planted, usual, torch.zeros(modes // 4)])
    return (share[torch.randperm(modes)] * n / modes).long(), n


def random_share():
    """Shares of 9 to 19 modes, two of them never hit."""
    weight = torch.rand(int(torch.randint(9, 20, ())))
    weight[torch.randperm(len(weight))[:2]] = 0
    return (weight / weight.sum(),)


def random_losses():
    """A loss that drifts upward in small steps of both signs, with sudden drops and rises; then the limit.

    The sudden ones are of many sizes, which lie between the limits that the right answer and the usual slips
    would set. It drifts, so that changes in percent, and deviations from the median change, are others than
    the changes.
    """
    limit = [5.0, 8.0, 12.0, 20.0][int(torch.randint(4, ()))]
    change = torch.cat([torch.linspace(0.004, 0.03, 42), torch.linspace(-0.02, -0.012, 18)])
    ends = torch.tensor([1.3, -1.3, 2.5, -2.5])
    whole = torch.cat([change, ends, ends, ends[:2], torch.ones(1)])  # as many large changes as there will be
    sizes, signed = whole.abs().median(), whole.median()
    deviations = (whole - signed).abs().median()
    low, high = sorted([signed, deviations])
    between = torch.stack([(sizes + high) / 2, (low + high) / 2, 0.8 * low])
    sudden = limit * torch.cat([between, -between, ends * sizes])
    change = torch.cat([change, sudden])[torch.randperm(70)]
    change = torch.cat([change[:30], torch.tensor([3.0]), change[30:]])
    return 1 + change.cumsum(0), limit


book = Workbook(
    "04",
    Exercise(
        "covered",
        covered,
        random_counts,
        TEXTS.wrong("covered", touched, fifth_of_the_mode, modes_hit, eight_modes, fair_share, fifth_of_all),
        TEXTS.hints("covered"),
    ),
    Exercise(
        "same_mode",
        same_mode,
        lambda: (int(torch.randint(3, 30, ())), int(torch.randint(3, 6, ()))),
        TEXTS.wrong("same_mode", chosen_mode, one_pair),
        TEXTS.hints("same_mode"),
        tolerance=1e-7,
    ),
    Training(
        "penalty",
        smooth,
        tuple,
        [
            (without_graph, NO_EFFECT),
            (one_for_each_sample, NOT_ONE_NUMBER),
            (reward, PAID),
            (feeble, STILL_COLLAPSED),
            (crushing, TOO_FLAT),
        ],
        [
            "D should pay for steep ground: for the squared length of the gradient, gradient.square().sum(1), on average.",
            "Multiply the mean by a weight. With 0.003 D hardly feels it, with 10 it is too flat; try a number between.",
        ],
        play=train_with,
    ),
    Exercise(
        "mode_kl",
        mode_kl,
        random_share,
        TEXTS.wrong("mode_kl", in_bits, entropy, unweighted),
        TEXTS.hints("mode_kl"),
    ),
    Exercise(
        "company",
        company,
        lambda: (torch.randn(6, 3) / 2,),
        TEXTS.wrong("company", with_itself, far_apart, euclidean, one_number),
        TEXTS.hints("company"),
    ),
    Exercise(
        "gradient_ratio",
        gradient_ratio,
        lambda: (3 * torch.randn(5),),
        TEXTS.wrong("gradient_ratio", upside_down, only_non_saturating, logit_for_d, losses_not_gradients),
        TEXTS.hints("gradient_ratio"),
    ),
    Exercise(
        "alarm",
        alarm,
        random_losses,
        TEXTS.wrong(
            "alarm", drops_only, one_too_early, mean_not_median, signed_median, deviations, in_percent, mask
        ),
        TEXTS.hints("alarm"),
    ),
)
