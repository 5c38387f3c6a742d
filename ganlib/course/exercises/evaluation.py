"""Exercises of notebook 08: what each number means, what it misses, and a test that needs no formula."""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ganlib.course.exercises import Exercise, Texts, Workbook

TEXTS = Texts("evaluation")


def score_of_shares(p):
    return torch.special.entr(p).sum().exp()  # entr(p) is -p log p, and 0 at p = 0


def count_of_classes(p):
    return torch.tensor(float((p > 0).sum()))


def entropy_alone(p):
    return torch.special.entr(p).sum()


def negative_entropy(p):
    return (-torch.special.entr(p).sum()).exp()


def shares_cases():
    p = torch.rand(6)
    p[torch.randint(6, ())] = 0.0
    return (p / p.sum(),)


def frechet_on_a_line(a, b):
    return (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2


def frechet_of_variances(a, b):
    return (a.mean() - b.mean()) ** 2 + (a.var() - b.var()) ** 2


def frechet_summed_variances(a, b):
    return (a.mean() - b.mean()) ** 2 + a.var() + b.var()


def frechet_rooted(a, b):
    return frechet_on_a_line(a, b).sqrt()


def frechet_without_means(a, b):
    return (a.std() - b.std()) ** 2


def frechet_without_root(a, b):
    return (a.mean() - b.mean()) ** 2 + a.var() + b.var() - 2 * a.var() * b.var()


def lines_cases():
    """So many samples that it does not matter whether a variance is divided by n or n - 1."""
    return torch.randn(4_000) + torch.randn(()), 3 * torch.rand(()) * torch.randn(4_000)


def coverage(distances, radii):
    return (distances <= radii[:, None]).any(1).float().mean()


def precision_instead(distances, radii):
    return (distances <= radii[:, None]).any(0).float().mean()


def density_instead(distances, radii):
    return (distances <= radii[:, None]).float().sum(0).mean()


def share_of_pairs(distances, radii):
    return (distances <= radii[:, None]).float().mean()


def coverage_of_all(distances, radii):
    return (distances <= radii[:, None]).all(1).float().mean()


def balls_cases():
    return torch.rand(12, 20), 0.02 + 0.12 * torch.rand(12)


def at_infinity(n_1, value_1, n_2, value_2):
    return (n_2 * value_2 - n_1 * value_1) / (n_2 - n_1)


def line_in_n(n_1, value_1, n_2, value_2):
    return value_1 - n_1 * (value_2 - value_1) / (n_2 - n_1)  # its value at n = 0


def mean_of_both(n_1, value_1, n_2, value_2):
    return (value_1 + value_2) / 2


def slope_instead(n_1, value_1, n_2, value_2):
    return (value_1 - value_2) / (1 / n_1 - 1 / n_2)


def sizes_cases():
    n_1, limit, slope = (float(v) for v in (torch.randint(50, 500, ()), torch.rand(()), 900 * torch.rand(())))
    n_2 = 4 * n_1
    return n_1, limit + slope / n_1, n_2, limit + slope / n_2


def notices():
    return {"distance", "recall", "coverage"}


def two_sample_test(real, fake):
    half = len(real) // 2
    x, y = torch.cat([real[:half], fake[:half]]), torch.cat([torch.ones(half), torch.zeros(half)])
    net = torch.nn.Linear(real.shape[1], 1)
    adam = torch.optim.Adam(net.parameters(), 0.05)
    for _ in range(100):
        loss = binary_cross_entropy_with_logits(net(x).flatten(), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
    right = (net(real[half:]) > 0).float().mean() + (net(fake[half:]) <= 0).float().mean()
    return right.item() / 2


def tested_on_its_own_training(real, fake):
    return two_sample_test(torch.cat([real, real]), torch.cat([fake, fake]))


def untrained(real, fake):
    return 0.5


def seen_from_the_other_side(real, fake):
    return 1 - two_sample_test(real, fake)


def play_two_samples(test, seed):
    """What a test says of three pairs of sets: equal ones, shifted ones, and the same pictures as both."""
    torch.manual_seed(seed)
    n, d = 160, 50
    equal = [test(torch.randn(n, d), torch.randn(n, d)) for _ in range(8)]
    shifted = [test(torch.randn(n, d), torch.randn(n, d) + 1.2) for _ in range(2)]
    if any(share is ... or share is None for share in equal + shifted):
        return ...
    equal, shifted = [float(share) for share in equal], [float(share) for share in shifted]
    if any(math.isnan(share) for share in equal + shifted):
        raise ValueError("it should return a share of right answers, but it returned nan")
    if not all(0 <= share <= 1 for share in equal + shifted):
        raise ValueError("it should return a share of right answers, from 0 to 1: right ones divided by all")
    return {
        "an answer near 1/2 for two draws of the same distribution": float(abs(sum(equal) / 8 - 0.5) < 0.09),
        "an answer above 0.8 for draws that differ": float(min(shifted) > 0.8),
        "no answer below 0.3 for draws that differ": float(min(shifted) > 0.3),
    }


def seed_cases():
    return (int(torch.randint(10_000, ())),)


book = Workbook(
    "08",
    Exercise(
        "score_of_shares",
        score_of_shares,
        shares_cases,
        TEXTS.wrong("score_of_shares", count_of_classes, entropy_alone, negative_entropy),
        TEXTS.hints("score_of_shares"),
    ),
    Exercise(
        "frechet_on_a_line",
        frechet_on_a_line,
        lines_cases,
        TEXTS.wrong(
            "frechet_on_a_line",
            frechet_of_variances,
            frechet_summed_variances,
            frechet_rooted,
            frechet_without_means,
            frechet_without_root,
        ),
        TEXTS.hints("frechet_on_a_line"),
        tolerance=1e-3,
    ),
    Exercise(
        "coverage",
        coverage,
        balls_cases,
        TEXTS.wrong("coverage", precision_instead, density_instead, share_of_pairs, coverage_of_all),
        TEXTS.hints("coverage"),
    ),
    Exercise(
        "at_infinity",
        at_infinity,
        sizes_cases,
        TEXTS.wrong("at_infinity", line_in_n, mean_of_both, slope_instead),
        TEXTS.hints("at_infinity"),
        tolerance=1e-3,
    ),
    Exercise(
        "notices",
        notices,
        None,
        TEXTS.wrong(
            "notices",
            lambda: {"score"},
            lambda: {"distance", "recall"},
            lambda: {"distance", "coverage"},
            lambda: {"distance", "recall", "coverage", "precision"},
            lambda: {"recall", "coverage"},
            lambda: {"distance", "score", "precision", "recall", "coverage"},
        ),
        TEXTS.hints("notices"),
    ),
    Exercise(
        "two_sample_test",
        two_sample_test,
        seed_cases,
        TEXTS.wrong("two_sample_test", tested_on_its_own_training, untrained, seen_from_the_other_side),
        TEXTS.hints("two_sample_test"),
        play=play_two_samples,
    ),
)
