"""Exercises of notebook 01: the losses of both players, their turns, and a loss of the student's own."""

import math
import random

import torch
from torch.nn.functional import logsigmoid, softplus

from ganlib.course.exercises import Exercise, Texts, Workbook
from ganlib.course.notes.own_loss import fate_under, known
from ganlib.course.notes.turns import d_turn_with, g_turn_with, play_d_turns, play_g_turns

TEXTS = Texts("objective")


def d_loss(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()  # -V


def g_loss(fake):
    return softplus(-fake).mean()  # -log D(G(z))


def d_turn(D, d_optimizer, x, fake):
    loss = softplus(-D(x)).mean() + softplus(D(fake.detach())).mean()
    d_optimizer.zero_grad()
    loss.backward()
    d_optimizer.step()
    return loss.detach()


def g_turn(D, g_optimizer, fake):
    loss = softplus(-D(fake)).mean()
    g_optimizer.zero_grad()
    loss.backward()
    g_optimizer.step()
    return loss.detach()


def own_loss(fake):
    return -fake.mean()  # the bare logit, of slope -1 everywhere; exp(-l) and relu(1 - l) arrive too


own_loss.fate = "arrives"  # as `train` has it: a check trains the student's loss only


def read(loss):
    return math.exp(-loss / 2)  # loss = 2 * (-log q)


def log_one_minus(logit):
    return -(logit.clamp(min=0) + torch.log1p(torch.exp(-logit.abs())))  # exp never sees a positive number


def jsd_bound(real, fake):
    return (math.log(4) + logsigmoid(real).mean() + logsigmoid(-fake).mean()) / 2


def repaired(real, fake):
    return softplus(-real).mean() + softplus(fake).mean(), softplus(-fake).mean()


def _logits():
    """Two batches of random logits, of different sizes."""
    return 2 * torch.randn(9) + 1, 2 * torch.randn(6) - 1


def _strong_logits():
    """From -90 to 90: the ends, four places where sigmoid runs out of digits, ordinary ones, and some beyond 40."""
    fixed = torch.tensor([-90.0, 90.0, 9.0, 12.0, 15.0, 18.0])
    return (torch.cat([fixed, 180 * torch.rand(6) - 90, 2 * torch.randn(4), 40 + 40 * torch.rand(2)]),)


def _seed():
    return (random.randrange(10_000),)


def _log_switched(at):
    """The naive logarithm up to a logit, the straight line -l beyond it."""
    return lambda logit: torch.where(logit > at, -logit, torch.log(1 - torch.sigmoid(logit)))


def _values_with_slopes(function, logit):
    """The answer's values; inf where only its slope is not finite: a training would get NaN from there."""
    logit = logit.clone().requires_grad_()
    found = function(logit * 1)  # no leaf: an answer may work in place
    if not torch.is_tensor(found) or found.shape != logit.shape or not found.requires_grad:
        return found
    (slope,) = torch.autograd.grad(found.sum(), logit)
    return torch.where(slope.isfinite() | found.isinf(), found.detach(), math.inf)


def _log_branched(logit):
    """Right in its values; but where() multiplies the infinite slope of the branch not taken by 0."""
    return torch.where(logit > 15, -logit - torch.exp(-logit), -torch.log1p(torch.exp(logit)))


book = Workbook(
    "01",
    Exercise("d_loss", d_loss, _logits, TEXTS.wrong("d_loss", lambda r, f: softplus(-r).mean() + softplus(-f).mean(), lambda r, f: d_loss(r, f) / 2, lambda r, f: softplus(-r).mean() - softplus(f).mean(), lambda r, f: -d_loss(r, f), lambda r, f: softplus(-r.mean()) + softplus(f.mean()), lambda r, f: softplus(-r).mean() + softplus(f.mean()), lambda r, f: softplus(-r).sum() + softplus(f).sum(), lambda r, f: softplus(-r).mean() + softplus(f).sum(), lambda r, f: d_loss(r.sigmoid(), f.sigmoid()), lambda r, f: softplus(-r).mean() + softplus(f.sigmoid()).mean(), lambda r, f: 2 * softplus(-r).mean()), TEXTS.hints("d_loss")),
    Exercise("g_loss", g_loss, lambda: (3 * torch.randn(8),), TEXTS.wrong("g_loss", lambda f: -softplus(f).mean(), lambda f: softplus(f).mean(), lambda f: -torch.log(f.sigmoid().mean()), lambda f: softplus(-f.mean()), lambda f: softplus(-f).sum(), lambda f: softplus(-f.sigmoid()).mean(), lambda f: logsigmoid(f).mean()), TEXTS.hints("g_loss")),
    Exercise("d_turn", d_turn, _seed, TEXTS.wrong("d_turn", d_turn_with(lambda D, x, fake: d_loss(D(x), D(fake))), d_turn_with(lambda D, x, fake: d_loss(D(x), D(x))), d_turn_with(lambda D, x, fake: d_loss(D(fake.detach()), D(x))), d_turn_with(lambda D, x, fake: d_loss(D(x), D(fake.detach())), clear=False), d_turn_with(lambda D, x, fake: d_loss(D(x), D(fake).detach()))), TEXTS.hints("d_turn"), play=play_d_turns),
    Exercise("g_turn", g_turn, _seed, TEXTS.wrong("g_turn", g_turn_with(lambda D, fake: g_loss(D(fake.detach()))), g_turn_with(lambda D, fake: g_loss(D(fake)), move=False), g_turn_with(lambda D, fake: g_loss(D(fake)), clear="after"), g_turn_with(lambda D, fake: g_loss(D(fake)), clear="never"), g_turn_with(lambda D, fake: g_loss(fake)), g_turn_with(lambda D, fake: -softplus(D(fake)).mean()), g_turn_with(lambda D, fake: softplus(D(fake)).mean())), TEXTS.hints("g_turn"), play=play_g_turns),
    Exercise("own_loss", own_loss, _seed, TEXTS.wrong("own_loss", known("stands still", lambda f: -f.sigmoid().mean()), known("is off", lambda f: (f**2).mean()), known("runs away", lambda f: f.mean()), known("is elsewhere", lambda f: -torch.log(f.sigmoid().mean())), known("copies the page", g_loss)), TEXTS.hints("own_loss"), play=fate_under),
    Exercise("read", read, lambda: (3 * torch.rand(()).item() + 0.05,), TEXTS.wrong("read", lambda loss: math.exp(-loss), lambda loss: 1 - loss / 2, lambda loss: loss / 2), TEXTS.hints("read")),
    Exercise("log_one_minus", log_one_minus, _strong_logits, TEXTS.wrong("log_one_minus", lambda logit: torch.log(1 - torch.sigmoid(logit)), _log_switched(20.0), _log_switched(16.0), lambda logit: torch.log(1 - torch.sigmoid(logit) + 1e-8), lambda logit: -torch.log1p(torch.exp(logit)), lambda logit: -((-logit).clamp(min=0) + torch.log1p(torch.exp(-logit.abs()))), _log_branched), TEXTS.hints("log_one_minus"),
        play=_values_with_slopes, tolerance=1e-5),
    Exercise("jsd_bound", jsd_bound, lambda: tuple(-2 * part for part in _logits()), TEXTS.wrong("jsd_bound", lambda r, f: 2 * jsd_bound(r, f), lambda r, f: jsd_bound(r, f) - math.log(2) / 2, lambda r, f: (math.log(4) + d_loss(r, f)) / 2, lambda r, f: jsd_bound(r, f).clamp(min=0), lambda r, f: jsd_bound(r, f) / math.log(2)), TEXTS.hints("jsd_bound"),
        tolerance=1e-3),  # so that 1.386 may stand for log 4
    Exercise("repair", repaired, _logits, TEXTS.wrong("repair", lambda r, f: repaired(r, f)[::-1], lambda r, f: (softplus(-r).mean() + softplus(-f).mean(), g_loss(f)), lambda r, f: (-d_loss(r, f), g_loss(f)), lambda r, f: (d_loss(r.sigmoid(), f.sigmoid()), g_loss(f)), lambda r, f: (d_loss(r, f), -softplus(f).mean()), lambda r, f: (d_loss(r, f), softplus(f).mean())), TEXTS.hints("repair")),
)  # fmt: skip
