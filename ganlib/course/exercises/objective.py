"""Exercises of notebook 01: the losses of both players, their turns, and a loss of the student's own."""

import math
import random

import torch
from torch.nn.functional import logsigmoid, softplus

from ganlib.course.exercises import Exercise, Workbook
from ganlib.course.notes.own_loss import fate_under, known
from ganlib.course.notes.turns import d_turn_with, g_turn_with, play_d_turns, play_g_turns


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


D_LOSS = [
    (lambda r, f: softplus(-r).mean() + softplus(-f).mean(),
     "Your second term rewards D for calling fakes real. On a fake the right verdict has probability 1 - D, whose log "
     "is -softplus(+logit)."),
    (lambda r, f: d_loss(r, f) / 2,
     "You average the two halves; V is their sum. Some programs print half the loss: check which before you compare."),
    (lambda r, f: softplus(-r).mean() - softplus(f).mean(),
     "The second term needs its own minus, twice: -log(1 - D) = -(-softplus(l)) = +softplus(l)."),
    (lambda r, f: -d_loss(r, f), "That is V itself. D wants V large, and an optimizer descends: give back -V."),
    (lambda r, f: softplus(-r.mean()) + softplus(f.mean()),
     "You take softplus of the mean logit. Each note counts on its own: softplus first, then the mean."),
    (lambda r, f: softplus(-r).mean() + softplus(f.mean()),
     "In your second term, softplus comes first and the mean after it: each note counts on its own."),
    (lambda r, f: softplus(-r).sum() + softplus(f).sum(),
     "You add over the notes; an expectation is a mean: .mean(), not .sum()."),
    (lambda r, f: softplus(-r).mean() + softplus(f).sum(),
     "Your second term adds over the notes; an expectation is a mean: .mean(), not .sum()."),
    (lambda r, f: d_loss(r.sigmoid(), f.sigmoid()),
     "softplus takes logits. You took their sigmoid first, so there is one sigmoid too many."),
    (lambda r, f: softplus(-r).mean() + softplus(f.sigmoid()).mean(),
     "softplus takes logits. In your second term one sigmoid is too many."),
]  # fmt: skip

G_LOSS = [
    (lambda f: -softplus(f).mean(), "That is the saturating loss, E[log(1 - D)]: the other one of the two."),
    (lambda f: softplus(f).mean(), "The sign in the softplus is D's: you make G better at being caught."),
    (lambda f: -torch.log(f.sigmoid().mean()),
     "You take the log of a mean. The loss is the mean of the logs: every fake counts on its own."),
    (lambda f: softplus(-f.mean()),
     "You take softplus of the mean logit. Every fake counts on its own: softplus first, then the mean."),
    (lambda f: softplus(-f).sum(), "You add over the fakes; an expectation is a mean: .mean(), not .sum()."),
    (lambda f: softplus(-f.sigmoid()).mean(),
     "softplus takes logits: you took their sigmoid first, so there is one sigmoid too many."),
]  # fmt: skip

D_TURN = [
    (d_turn_with(lambda D, x, fake: d_loss(D(x), D(fake))),
     "D learns as it should, but backward() also ran through G and left gradients in it. Cut the forged notes off from "
     "G: fake.detach()."),
    (d_turn_with(lambda D, x, fake: d_loss(D(x), D(x))), "You show D the real notes twice. The blank is for the forged ones."),
    (d_turn_with(lambda D, x, fake: d_loss(D(fake.detach()), D(x))),
     "You swapped the two kinds: D learns to call forged notes real. The order is (real, fake)."),
    (d_turn_with(lambda D, x, fake: d_loss(D(x), D(fake.detach())), clear=False),
     "The second turn adds its gradients to those of the first: zero_grad() before backward()."),
]  # fmt: skip

G_TURN = [
    (g_turn_with(lambda D, fake: g_loss(D(fake.detach()))),
     "G never moved: no gradient reaches it. detach() belongs to D's turn; here backward() must run through D into G."),
    (g_turn_with(lambda D, fake: g_loss(D(fake)), move=False), "G never moved: g_optimizer.step() is missing."),
    (g_turn_with(lambda D, fake: g_loss(D(fake)), clear="after"),
     "G never moved: zero_grad() between backward() and step() throws the new gradients away. It comes first."),
    (g_turn_with(lambda D, fake: g_loss(D(fake)), clear="never"),
     "The second turn adds its gradients to those of the first: g_optimizer.zero_grad() before backward()."),
    (g_turn_with(lambda D, fake: g_loss(fake)), "You took thicknesses for logits: the loss needs D's logits, D(fake)."),
    (g_turn_with(lambda D, fake: -softplus(D(fake)).mean()),
     "That turn descends the saturating loss. Here the non-saturating one is asked for."),
    (g_turn_with(lambda D, fake: softplus(D(fake)).mean()),
     "G learns to be caught: its loss must fall when D's logit on the forged notes rises."),
]  # fmt: skip

OWN_LOSS = [
    (known("stands still", lambda f: -f.sigmoid().mean()),
     "G stood still at -6. Look at the slope of your loss in the logit where D is sure, at -7: it must not be near 0."),
    (known("is off", lambda f: (f**2).mean()),
     "G came to the real notes, but its mean or its spread is off. Does your loss fall wherever a logit rises, or has it "
     "a bottom?"),
    (known("runs away", lambda f: f.mean()),
     "G ran away from the real notes: your loss falls when the logits fall, so G learns to be caught. Turn its sign."),
    (known("is elsewhere", lambda f: -torch.log(f.sigmoid().mean())),
     "G moved, and did not arrive. Does every forged note count on its own, and does each get a pull of useful size?"),
    (known("copies the page", g_loss), "That is the page's loss, at most scaled by a number. Find another one."),
]  # fmt: skip

READ = [
    (lambda loss: math.exp(-loss),
     "You forgot that the loss has two terms, one of the real and one of the fakes: each is half of it. With your "
     "formula a draw, 1.386, would read as 1/4."),
    (lambda loss: 1 - loss / 2, "A straight line agrees near 0 only: a loss is a log, so undo it by exp."),
    (lambda loss: loss / 2, "That is the mean of the two cross-entropies, still a log; the question asks for a probability."),
]  # fmt: skip

LOG_ONE_MINUS = [
    (lambda logit: torch.log(1 - torch.sigmoid(logit)),
     "From a logit of about 17 on the sigmoid rounds to 1 in float32, so you take log 0 = -inf."),
    (_log_switched(20.0),
     "You switch too late: from 17 on the sigmoid is 1, and before that its digits run out. One formula serves all logits."),
    (_log_switched(16.0),
     "You switch between two formulas, but near 15 the naive one has lost its digits already. One formula serves all logits."),
    (lambda logit: torch.log(1 - torch.sigmoid(logit) + 1e-8),
     "The 1e-8 hides the -inf behind log(1e-8) = -18.4: wrong by 70 at a logit of 88, with slope 0."),
    (lambda logit: -torch.log1p(torch.exp(logit)),
     "Right on paper, but exp(l) overflows to inf above l = 88.7 in float32: keep exponents negative."),
    (lambda logit: -((-logit).clamp(min=0) + torch.log1p(torch.exp(-logit.abs()))),
     "That is log sigmoid(l), the log of the other verdict: mirror it, l to -l."),
]  # fmt: skip

JSD_BOUND = [
    (lambda r, f: 2 * jsd_bound(r, f), "Nearly: V = -log 4 + 2 JSD, so there is a 2 to divide by."),
    (lambda r, f: jsd_bound(r, f) - math.log(2) / 2, "At a draw V = -log 4, not -log 2: there are two terms, each -log 2."),
    (lambda r, f: (math.log(4) + d_loss(r, f)) / 2, "You took D's loss, -V, for V: a better D would prove less."),
    (lambda r, f: jsd_bound(r, f).clamp(min=0),
     "You clip at 0. A negative estimate says that this D proves nothing, not that g = p."),
    (lambda r, f: jsd_bound(r, f) / math.log(2),
     "That is in bits. Logs are natural in this course, so the largest value is log 2 = 0.693, not 1."),
]  # fmt: skip

REPAIR = [
    (lambda r, f: repaired(r, f)[::-1], "Both losses are right, in the wrong order: D's comes first."),
    (lambda r, f: (softplus(-r).mean() + softplus(-f).mean(), g_loss(f)),
     "G's loss is right, D's second term is not: it asks D to call the fakes real."),
    (lambda r, f: (-d_loss(r, f), g_loss(f)), "G's loss is right. D's loss is V: descending it makes D worse. Give it a minus."),
    (lambda r, f: (d_loss(r.sigmoid(), f.sigmoid()), g_loss(f)),
     "G's loss is right. D's logits pass through a sigmoid before softplus: one too many."),
    (lambda r, f: (d_loss(r, f), -softplus(f).mean()),
     "D's loss is right. G's is the saturating one: here the non-saturating one is asked for."),
    (lambda r, f: (d_loss(r, f), softplus(f).mean()),
     "D's loss is right. G's is not: descending it lowers D's verdict on the fakes."),
]  # fmt: skip

book = Workbook(
    "01",
    Exercise("d_loss", d_loss, _logits, D_LOSS, [
        "Write down log D and log(1 - D) for a logit l first: -softplus(-l) and -softplus(l).",
        "The term of the real logits is there already. The fakes' term has the other sign in the softplus, then .mean()."]),
    Exercise("g_loss", g_loss, lambda: (3 * torch.randn(8),), G_LOSS, [
        "The non-saturating loss is -log D(G(z)), averaged over the fakes.",
        "It is D's loss on real notes, applied to the fakes: -log sigmoid(l) = softplus(-l)."]),
    Exercise("d_turn", d_turn, _seed, D_TURN, [
        "D judges two batches: x, which is real, and the forged notes.",
        "D(fake.detach()): the same numbers, without the way back to G."], play=play_d_turns),
    Exercise("g_turn", g_turn, _seed, G_TURN, [
        "G has the same four lines as D: a loss, zero_grad, backward, step.",
        "non_saturating(D(fake)), without detach: the gradient has to run through D into G."], play=play_g_turns),
    Exercise("own_loss", own_loss, _seed, OWN_LOSS, [
        "The loss must fall when a logit rises, with a slope that does not die on the left, where D is sure.",
        "Which functions of l are like that? The straight line -l is one, exp(-l) another."], play=fate_under),
    Exercise("read", read, lambda: (3 * torch.rand(()).item() + 0.05,), READ, [
        "If D gives the right verdict probability q on every note, what is -log q for a real one? And for a fake?",
        "loss = -2 log q. Solve for q."]),
    Exercise("log_one_minus", log_one_minus, _strong_logits, LOG_ONE_MINUS, [
        "log(1 - sigmoid(l)) = -log(1 + exp(l)). Only exp(l) with a large l is dangerous.",
        "For l > 0 pull l out: log(1 + exp(l)) = l + log(1 + exp(-l)). One line for both cases uses clamp(min=0) and abs()."],
        tolerance=1e-5),
    Exercise("jsd_bound", jsd_bound, lambda: tuple(-2 * part for part in _logits()), JSD_BOUND, [  # negative for a wrong D
        "Start from V = -log 4 + 2 JSD and solve for the JSD.",
        "V is the mean of logsigmoid(real) plus the mean of logsigmoid(-fake)."],
        tolerance=1e-3),  # so that 1.386 may stand for log 4
    Exercise("repair", repaired, _logits, REPAIR, [
        "Try the page's gradient check on your two losses: in which direction must each logit move?",
        "Descent on D's loss must raise the real logits and lower the fakes'; descent on G's loss must raise the fakes'."]),
)  # fmt: skip
