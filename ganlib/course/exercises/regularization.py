"""Exercises of notebook 09: smoothed labels, R1 by hand, a step of the power iteration, eigenvalues read, and a
price of the student's own that has to bring a game home.
"""

import math

import torch
from torch import nn
from torch.nn.functional import normalize

from ganlib.course.exercises import Exercise, Texts, Workbook

TEXTS = Texts("regularization")
STEP, STEPS, NEAR = 0.2, 80, 0.05  # of the game that is judged by playing it


def best_smoothed(p, g, eps, beta):
    return ((1 - eps) * p + beta * g) / (p + g)


def without_smoothing(p, g, eps, beta):
    return p / (p + g)


def eps_forgotten(p, g, eps, beta):
    return (1 - eps) * p / ((1 - eps) * p + g)


def beta_forgotten(p, g, eps, beta):
    return (1 - eps) * p / (p + g)


def labels_swapped(p, g, eps, beta):
    return (beta * p + (1 - eps) * g) / (p + g)


def label_itself(p, g, eps, beta):
    return (1 - eps) * torch.ones_like(p)


def density_cases():
    p, g = 0.1 + torch.rand(2, 6)
    return p, g, float(0.05 + 0.3 * torch.rand(())), float(0.05 + 0.2 * torch.rand(()))


def r1(critic, real, fake, weight):
    x = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return weight / 2 * gradient.flatten(1).square().sum(1).mean()


def norm_not_squared(critic, real, fake, weight):
    x = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return weight / 2 * gradient.flatten(1).square().sum(1).sqrt().mean()


def one_norm_over_the_batch(critic, real, fake, weight):
    return len(real) * r1(critic, real, fake, weight)


def mean_over_pixels(critic, real, fake, weight):
    return r1(critic, real, fake, weight) / real[0].numel()


def on_fakes(critic, real, fake, weight):
    return r1(critic, fake, real, weight)


def gradient_of_the_mean(critic, real, fake, weight):
    return r1(critic, real, fake, weight) / len(real) ** 2


def without_half(critic, real, fake, weight):
    return 2 * r1(critic, real, fake, weight)


def on_both(critic, real, fake, weight):
    return r1(critic, real, fake, weight) + r1(critic, fake, real, weight)


def without_weight(critic, real, fake, weight):
    return r1(critic, real, fake, 1.0)


def without_graph(critic, real, fake, weight):
    return r1(critic, real, fake, weight).detach()


def critic_cases():
    critic = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    for weight in critic.parameters():
        weight.data.mul_(2.0)
    real, fake = torch.randn(2, 5, 1, 3, 4)
    return critic, real, fake, float(0.5 + torch.rand(()))


def play_penalty(penalty, critic, real, fake, weight):
    """The value of a penalty, and what D's weights feel of it."""
    value = penalty(critic, real, fake, weight)
    if value is ... or value is None:
        return ...
    if not torch.is_tensor(value) or value.dim():
        raise ValueError("a penalty is one number, a tensor without dimensions")
    weights = list(critic.parameters())
    parts = torch.autograd.grad(value, weights, allow_unused=True) if value.requires_grad else []
    felt = sum(part.square().sum() for part in parts if part is not None)
    return {"the penalty's value": value.detach(), "its gradient in D's weights": torch.as_tensor(felt)}


def power_step(W, v):
    u = normalize(W @ v, dim=0)
    v = normalize(W.T @ u, dim=0)
    return v, u @ W @ v


def old_v(W, v):
    u = normalize(W @ v, dim=0)
    return normalize(W.T @ u, dim=0), u @ W @ v


def without_lengths(W, v):
    u = W @ v
    v = W.T @ u
    return v, u @ W @ v


def frobenius(W, v):
    return power_step(W, v)[0], W.norm()


def squared(W, v):
    return power_step(W, v)[0], power_step(W, v)[1].square()


def sigma_first(W, v):
    return power_step(W, v)[::-1]


def length_instead(W, v):
    v = power_step(W, v)[0]
    return v, (W @ v).norm()


def matrix_cases():
    return 2 * torch.randn(5, 3), normalize(torch.randn(3), dim=0)


def verdicts(jacobians):
    found = []
    for jacobian in jacobians:
        slowest = torch.linalg.eigvals(jacobian).real.max().item()
        word = "comes home" if slowest < -1e-9 else "runs away" if slowest > 1e-9 else "turns"
        found.append(word)
    return found


def by_size(jacobians):
    sizes = [torch.linalg.eigvals(j).abs().max().item() for j in jacobians]
    return ["comes home" if s < 1 - 1e-9 else "runs away" if s > 1 + 1e-9 else "turns" for s in sizes]


def by_fastest(jacobians):
    parts = [torch.linalg.eigvals(j).real.min().item() for j in jacobians]
    return ["comes home" if s < -1e-9 else "runs away" if s > 1e-9 else "turns" for s in parts]


def by_imaginary_part(jacobians):
    eigenvalues = [torch.linalg.eigvals(j) for j in jacobians]
    return [
        "turns" if e.imag.abs().max() > 1e-9 else "comes home" if e.real.max() < 0 else "runs away"
        for e in eigenvalues
    ]


def signs_turned(jacobians):
    return verdicts(-jacobians)


def jacobian_cases():
    s, gamma = (0.3 + torch.rand(2)).double().tolist()
    braked, free, pushed = ([[0.0, s], [-s, -g]] for g in (gamma / 4, 0.0, -gamma))
    saddle, turned, strong = (
        [[gamma, 0.0], [0.0, -2.0]],
        [[-2.0, 0.0], [0.0, gamma]],
        [[0.0, s], [-s, -4 * s]],
    )
    six = [braked, free, pushed, saddle, turned, strong]
    return (torch.tensor(six, dtype=torch.double)[torch.randperm(6)],)


def price(theta, psi):
    return psi**2 / 2


def feeble(theta, psi):
    return 0.02 * psi**2


def crushing(theta, psi):
    return 2 * psi**2


def reward(theta, psi):
    return -(psi**2) / 2


def on_theta(theta, psi):
    return (theta - 2) ** 2 / 2


def play_price(own_price, turn):
    """In one word, what becomes of eight games from distance 1 when D also pays own_price(theta, psi)."""
    angle = turn + torch.arange(8) * math.pi / 4
    theta, psi = 2 + angle.cos(), angle.sin()
    sides, signs, felt = [], [], False
    for _ in range(STEPS):
        place = psi.clone().requires_grad_()
        cost = own_price(theta, place)
        if cost is ... or cost is None:
            return ...
        slope = None
        if torch.is_tensor(cost) and cost.requires_grad:
            (slope,) = torch.autograd.grad(cost.sum(), place, allow_unused=True)
        slope = torch.zeros(8) if slope is None else slope
        felt |= bool(slope.any())
        u = theta - 2
        theta, psi = (
            theta + STEP * psi * torch.sigmoid(-psi * u),  # down softplus(-psi u)
            psi - STEP * (u * torch.sigmoid(psi * u) + slope),  # down softplus(psi u) + price
        )
        sides.append(theta > 2)
        signs.append(psi > 0)
    worst = (theta - 2).hypot(psi).nan_to_num(nan=math.inf).max()
    crossings, flips = (torch.stack(places).diff(dim=0).sum(0).max() for places in (sides, signs))
    if not felt:
        return "not felt"
    if worst < NEAR:
        return "at home"
    return "far away" if worst > 1.5 or flips > 5 else "still turning" if crossings > 1 else "creeping"


def start_cases():
    return (float(math.pi / 4 * torch.rand(())),)


book = Workbook(
    "09",
    Exercise(
        "best_smoothed",
        best_smoothed,
        density_cases,
        TEXTS.wrong(
            "best_smoothed", without_smoothing, eps_forgotten, beta_forgotten, labels_swapped, label_itself
        ),
        TEXTS.hints("best_smoothed"),
    ),
    Exercise(
        "r1",
        r1,
        critic_cases,
        TEXTS.wrong(
            "r1",
            norm_not_squared,
            one_norm_over_the_batch,
            mean_over_pixels,
            on_fakes,
            gradient_of_the_mean,
            without_half,
            without_graph,
            on_both,
            without_weight,
        ),
        TEXTS.hints("r1"),
        play=play_penalty,
    ),
    Exercise(
        "power_step",
        power_step,
        matrix_cases,
        TEXTS.wrong("power_step", old_v, without_lengths, frobenius, squared, sigma_first, length_instead),
        TEXTS.hints("power_step"),
    ),
    Exercise(
        "verdicts",
        verdicts,
        jacobian_cases,
        TEXTS.wrong("verdicts", by_size, by_fastest, by_imaginary_part, signs_turned),
        TEXTS.hints("verdicts"),
    ),
    Exercise(
        "price",
        price,
        start_cases,
        TEXTS.wrong("price", feeble, crushing, reward, on_theta),
        TEXTS.hints("price"),
        play=play_price,
    ),
)
