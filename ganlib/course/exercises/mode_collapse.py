"""Exercises of notebook 04: counting modes, their KL, samples that see each other, packs, slopes, an
alarm.
"""

import math

import torch

from ganlib.course.exercises import Exercise, Workbook


def covered(counts, n):
    return int((counts >= 0.2 * n / len(counts)).sum())


def touched(counts, n):
    return int((counts > 0).sum())


def fifth_of_the_mode(counts, n):
    return int((counts >= 0.2 * counts.sum() / len(counts)).sum())


def fair_share(counts, n):
    return int((counts >= n / len(counts)).sum())


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


def slope_ratio(logits):
    return torch.exp(-logits)  # (1 - D) / D, D = sigmoid(logits)


def upside_down(logits):
    return torch.exp(logits)


def only_non_saturating(logits):
    return 1 - logits.sigmoid()


def logit_for_d(logits):
    return (1 - logits) / logits


def losses_not_slopes(logits):
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


def in_percent(losses, limit):
    change = ((losses[1:] - losses[:-1]) / losses[:-1]).abs()
    return (change > limit * change.median()).nonzero().flatten() + 1


def random_counts():
    """Counts near 12 to 24 modes, from nothing to 1.5 fair shares, of 10,000 samples of which many lie near
    none.
    """
    modes = int(torch.randint(12, 25, ()))
    counts = torch.linspace(0, 1.5, modes)[torch.randperm(modes)] * 10_000 / modes
    counts[:2] = 0.18 * 10_000 / modes  # a fifth of a fair share of the samples that hit a mode, not of all
    counts[2:4] = 0.12 * 10_000 / modes  # a tenth of a fair share, by either count
    return counts.long(), 10_000


def random_share():
    """Shares of 9 to 19 modes, two of them never hit."""
    weight = torch.rand(int(torch.randint(9, 20, ())))
    weight[torch.randperm(len(weight))[:2]] = 0
    return (weight / weight.sum(),)


def random_losses():
    """A loss that wanders up and down in small steps, with sudden drops and rises of many sizes; then the
    limit.

    It climbs on the way, so that changes in percent are other changes.
    """
    small = torch.linspace(0.0005, 0.02, 30)
    change = torch.cat([small, -small])[torch.randperm(60)]
    change[torch.randperm(60)[:6]] = torch.tensor([0.065, -0.1, 0.16, -0.25, 0.5, -0.5])
    change[30] = 3.0
    return 1 + change.cumsum(0), [5.0, 8.0, 12.0, 20.0][int(torch.randint(4, ()))]


book = Workbook(
    "04",
    Exercise(
        "covered",
        covered,
        random_counts,
        [
            (touched, "One stray sample is not a mode: ask for a fifth of a fair share."),
            (
                fifth_of_the_mode,
                "A fair share is n / K of ALL samples; samples that hit no mode count in n too.",
            ),
            (eight_modes, "There need not be eight modes: K is len(counts)."),
            (
                fair_share,
                "A fair share exactly is too strict: half the modes fail by chance. Take a fifth of it.",
            ),
        ],
        [
            "A fair share of n samples is n / len(counts).",
            "Compare counts with a fifth of that, then sum the truths.",
        ],
    ),
    Exercise(
        "mode_kl",
        mode_kl,
        random_share,
        [
            (
                in_bits,
                "That is in bits. Logarithms are natural in this course: one mode of eight must give log 8 "
                "= 2.0794.",
            ),
            (
                entropy,
                "That is the entropy: large for a fair generator. KL is 0 there, it is log K minus the "
                "entropy.",
            ),
            (unweighted, "The average is over the samples: weight each mode's logarithm with its own share."),
        ],
        [
            "KL = sum over k of share_k log(share_k / (1 / K)).",
            "Where a share is 0 its term is 0. Did 0 · log 0 come out as nan? torch.special.xlogy(share, "
            "share * K) gives 0.",
        ],
    ),
    Exercise(
        "company",
        company,
        lambda: (torch.randn(6, 3) / 2,),
        [
            (
                with_itself,
                "Each sample meets itself at distance 0 and adds exp(0) = 1 to its own count: take that off.",
            ),
            (
                far_apart,
                "That grows when samples are far apart. Company is exp(-distance): near 1 for twins, 0 for "
                "strangers.",
            ),
            (
                euclidean,
                "That is the Euclidean distance. Here it is the sum of absolute differences (cdist with "
                "p=1).",
            ),
            (
                one_number,
                "One number for the batch hides WHO is crowded. Give one for each sample, shape (B,).",
            ),
        ],
        [
            "h[:, None] - h[None] has shape (B, B, n): all differences at once.",
            "Sum their absolute values over the last axis, take exp(-...), sum over the others, subtract 1.",
        ],
    ),
    Exercise(
        "same_mode",
        same_mode,
        lambda: (int(torch.randint(3, 30, ())), int(torch.randint(3, 6, ()))),
        [
            (
                chosen_mode,
                "That is the chance that all m land in one mode named beforehand; here any mode will do.",
            ),
            (one_pair, "That is right for m = 2. Each further sample has to hit the same mode again."),
        ],
        [
            "The first sample may land anywhere.",
            "Each of the other m - 1 hits that same mode with chance 1 / K.",
        ],
        tolerance=1e-7,
    ),
    Exercise(
        "slope_ratio",
        slope_ratio,
        lambda: (3 * torch.randn(5),),
        [
            (
                upside_down,
                "Upside down: where D is sure of a fake (a very negative logit) the ratio must be huge.",
            ),
            (
                only_non_saturating,
                "That is the non-saturating slope alone, 1 - D. Divide it by the saturating one, D.",
            ),
            (logit_for_d, "You put the logit in D's place. D is a probability, the sigmoid of the logit."),
            (
                losses_not_slopes,
                "Those are values, not slopes. Differentiate both losses in the logit first.",
            ),
        ],
        [
            "The slopes in the logit have sizes 1 - D and D, with D = sigmoid(logit).",
            "(1 - D) / D is a single exponential.",
        ],
    ),
    Exercise(
        "alarm",
        alarm,
        random_losses,
        [
            (drops_only, "Only drops: but modes are lost with rises, too. Use the size of the change."),
            (one_too_early, "One too early: the change losses[i + 1] - losses[i] shows at step i + 1."),
            (
                mean_not_median,
                "That is the mean; the few large jumps pull it up. Take the median of the sizes.",
            ),
            (
                signed_median,
                "Rises and falls cancel in that median. First the size of each change, then the median.",
            ),
            (
                in_percent,
                "Those are changes relative to the loss before. Use the change itself, losses[i + 1] - "
                "losses[i].",
            ),
        ],
        [
            "change = losses[1:] - losses[:-1] is one shorter than losses.",
            "Compare change.abs() with limit times its own median; .nonzero().flatten() gives positions; "
            "add 1.",
        ],
    ),
)
