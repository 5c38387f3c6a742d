"""Exercises of notebook 08: what each number means, what it misses, and a test that needs no formula."""

import math

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ganlib.course.exercises import Exercise, Workbook


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


def lines_cases():
    return torch.randn(40) + torch.randn(()), 3 * torch.rand(()) * torch.randn(40)


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
    net = nn.Linear(real.shape[1], 1)
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
    equal = [test(torch.randn(n, d), torch.randn(n, d)) for _ in range(4)]
    shifted = [test(torch.randn(n, d), torch.randn(n, d) + 1.2) for _ in range(2)]
    if any(share is ... or share is None for share in equal + shifted):
        return ...
    equal, shifted = [float(share) for share in equal], [float(share) for share in shifted]
    if any(math.isnan(share) for share in equal + shifted):
        raise ValueError("it should return a share of right answers, but it returned nan")
    return {
        "an answer near 1/2 for two draws of the same distribution": float(abs(sum(equal) / 4 - 0.5) < 0.09),
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
        [
            (
                count_of_classes,
                "That counts the classes that occur. The score also sees how evenly they occur.",
            ),
            (entropy_alone, "That is the entropy of the shares. The score is its exponential."),
            (negative_entropy, "The sign is turned: the entropy is -Σ p log p, a positive number."),
        ],
        [
            "Every picture is certain, so the entropy of p(y|x) is 0 and one term of the score vanishes.",
            "What is left is exp(entropy of p). torch.special.entr(p) is -p log p, also where p is 0.",
        ],
    ),
    Exercise(
        "frechet_on_a_line",
        frechet_on_a_line,
        lines_cases,
        [
            (frechet_of_variances, "The second term wants standard deviations, not variances: (σ - τ)²."),
            (
                frechet_summed_variances,
                "You added the variances. The term -2 (A^½ B A^½)^½ is missing: on a line -2στ.",
            ),
            (frechet_rooted, "That is its root. The Fréchet distance of FID is a squared distance."),
            (frechet_without_means, "The spreads are compared, but the means are not."),
        ],
        [
            "On a line the matrices are numbers: A = σ², B = τ².",
            "σ² + τ² - 2στ is a square. Of what?",
        ],
    ),
    Exercise(
        "coverage",
        coverage,
        balls_cases,
        [
            (precision_instead, "You counted fakes that lie in some ball: that is precision. Count balls."),
            (
                density_instead,
                "That is how many balls hold a fake on average, the density before it is divided by k.",
            ),
            (share_of_pairs, "That is the share of all pairs. A ball with twenty fakes counts once."),
            (coverage_of_all, "You asked that every fake lies in the ball. One is enough."),
        ],
        [
            "distances[i, j] <= radii[i] says whether fake j lies in the ball of real i; radii[:, None] lines them up.",
            "A ball is covered if any of its row is true; then take the mean over the balls.",
        ],
    ),
    Exercise(
        "at_infinity",
        at_infinity,
        sizes_cases,
        [
            (
                line_in_n,
                "You drew the line over n and read it at n = 0. It is straight over 1/n; read it at 1/n = 0.",
            ),
            (mean_of_both, "That is the mean of the two. Both are too large, so the limit lies below both."),
            (slope_instead, "That is the slope. Take it off: limit = value - slope / n."),
        ],
        [
            "value_1 = limit + slope / n_1 and value_2 = limit + slope / n_2: two equations, two unknowns.",
            "Multiply each by its n and subtract: the slope drops out.",
        ],
        tolerance=1e-3,
    ),
    Exercise(
        "notices",
        notices,
        None,
        [
            (
                lambda: {"score"},
                "The score is fooled completely: each class is certain and all are equally frequent.",
            ),
            (
                lambda: {"distance", "recall"},
                "Two of three. Which number counts real pictures that have a fake near?",
            ),
            (
                lambda: {"distance", "coverage"},
                "Two of three. Look at recall again: can one ball of radius 0 hold a real one?",
            ),
            (
                lambda: {"distance", "recall", "coverage", "precision"},
                "Too many: precision asks whether each sample is good. Each of these is a real picture.",
            ),
        ],
        [
            "Go through the row of the table and ask each number whether it would look different for real digits.",
            "Numbers that judge each sample alone cannot notice that there are only ten of them.",
        ],
    ),
    Exercise(
        "two_sample_test",
        two_sample_test,
        seed_cases,
        [
            (
                tested_on_its_own_training,
                "It finds a difference between two draws of one distribution: it is tested on pictures that it was trained on.",
            ),
            (untrained, "It says 1/2 of everything: it has not been trained, or its answers are not used."),
            (
                seen_from_the_other_side,
                "Where the sets differ it is wrong nearly always: count real as logit > 0, fake as logit <= 0.",
            ),
        ],
        [
            "Keep half of each set aside before you train. Train on the first halves only, with the loss of D.",
            "net = nn.Linear(d, 1) and 100 steps of Adam(lr=0.05) are enough. Then count right answers on the second halves.",
        ],
        play=play_two_samples,
    ),
)
