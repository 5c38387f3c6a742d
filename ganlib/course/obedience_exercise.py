"""An exercise of notebook 06 that trains with a student's losses and judges whether the generator obeys."""

from dataclasses import dataclass

import torch
from torch.nn.functional import softplus

from ganlib.course.exercises import Exercise
from ganlib.course.watched_labels import WatchedD
from ganlib.data import toys
from ganlib.engine.optim import fused_adam
from ganlib.nets import MLPGenerator

STEPS = 400

NO_DETACH = "D's backward pass ran on through G and used its graph up: give D's loss fake.detach()."

NOT_TWO = "It should return two losses: d_loss, g_loss."

NOT_NUMBERS = "A loss is one number: take the mean over the batch."

STRAY = (
    "D has seen the right labels. Look at the signs: softplus(-logit) where the player wants a high logit."
)


def play_obedience(losses):
    """Train on the ring with these losses -> the share that hits the mode asked for, or what is wrong."""
    torch.manual_seed(0)
    ring, G, D = (
        toys.ring(radius=0.7, sd=0.05),
        MLPGenerator(8, (64, 64), shape=(2,), n_classes=8),
        WatchedD(),
    )
    g_adam, d_adam = (fused_adam(net.parameters(), 2e-3, (0.0, 0.99)) for net in (G, D))
    for _ in range(STEPS):
        D.real, D.y = ring.batch(128)
        found = losses(G, D, D.real, D.y, torch.randn(128, 8))
        if found is None or found is ... or (isinstance(found, tuple) and any(loss is ... for loss in found)):
            return None
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            return NOT_TWO
        if any(loss.dim() > 0 for loss in found):
            return NOT_NUMBERS
        d_adam.zero_grad()
        found[0].backward()
        if any(weight.grad is not None for weight in G.parameters()):
            return NO_DETACH
        gradients = [weight.grad.clone() for weight in D.parameters()]
        found[1].backward()
        for weight, gradient in zip(D.parameters(), gradients):
            weight.grad = gradient  # without what G's loss has left there
        d_adam.step()
        g_adam.step()
        g_adam.zero_grad()
    y = torch.arange(8).repeat_interleave(250)
    with torch.no_grad():
        distance, mode = torch.cdist(G.eval()(torch.randn(2000, 8), y), ring.centers).min(1)
    return {"share": ((mode == y) & (distance < 0.2)).float().mean().item(), "complaint": D.complaint or ""}


def right_losses(G, D, x, y, z):
    fake = G(z, y)
    d_loss = softplus(-D(x, y)).mean() + softplus(D(fake.detach(), y)).mean()
    g_loss = softplus(-D(fake, y)).mean()
    return d_loss, g_loss


def labels_from_the_left(G, D, x, y, z):
    fake, other = G(z, y), y.roll(1)
    return softplus(-D(x, y)).mean() + softplus(D(fake.detach(), other)).mean(), softplus(-D(fake, y)).mean()


def real_labels_dealt_anew(G, D, x, y, z):
    fake = G(z, y)
    d_loss = softplus(-D(x, y[torch.randperm(len(y))])).mean() + softplus(D(fake.detach(), y)).mean()
    return d_loss, softplus(-D(fake, y)).mean()


def g_graded_by_another(G, D, x, y, z):
    fake = G(z, y)
    d_loss = softplus(-D(x, y)).mean() + softplus(D(fake.detach(), y)).mean()
    return d_loss, softplus(-D(fake, y.roll(1))).mean()


def without_detach(G, D, x, y, z):
    fake = G(z, y)
    return softplus(-D(x, y)).mean() + softplus(D(fake, y)).mean(), softplus(-D(fake, y)).mean()


def no_mean(G, D, x, y, z):
    fake = G(z, y)
    return softplus(-D(x, y)) + softplus(D(fake.detach(), y)), softplus(-D(fake, y))


def g_forgotten(G, D, x, y, z):
    return right_losses(G, D, x, y, z)[0]


@dataclass
class Obedience(Exercise):
    """An exercise whose answer is the heart of a training, judged by whether G comes to obey."""

    def judge(self, answer):
        """(status, message) of the two losses; one training."""
        if answer is ... or answer is None:
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if not callable(answer):
            return "wrong", "check needs the function itself, without calling it."
        try:
            found = self.outcome(answer, ())
        except Exception as error:  # any mistake of a student's becomes a message
            if "ellipsis" in str(error):
                return "not attempted", "not attempted yet: a ... is left in it. Put code in its place."
            return "wrong", f"your code stopped with {type(error).__name__}: {error}"
        if found is None:
            return (
                "not attempted",
                "not attempted yet: it gives back nothing. Put code in place of each ..., before any #.",
            )
        if isinstance(found, str):
            return "wrong", f"not yet. {found}"
        came = f"{STEPS} steps on a ring of eight modes: asked for one of them, G goes there in "
        came += f"{found['share']:.0%} of 2,000 cases."
        if found["share"] > 0.8 and not found["complaint"]:
            return "solved", f"right! {came}"
        return "wrong", f"not yet. {came} {found['complaint'] or STRAY}"
