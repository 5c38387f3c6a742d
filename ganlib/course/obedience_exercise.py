"""An exercise of notebook 06 that trains with a student's losses and judges whether the generator obeys."""

from dataclasses import dataclass

import torch
from torch.nn.functional import cosine_similarity, softplus

from ganlib.course.exercises import Exercise, is_blank
from ganlib.course.watched_labels import KnownD, WatchedD
from ganlib.data import toys
from ganlib.engine.optim import fused_adam
from ganlib.nets import MLPGenerator

STEPS = 400

NO_DETACH = "D's backward pass ran on through G and used its graph up: give D's loss fake.detach()."

NOT_TWO = "It should return two losses: d_loss, g_loss."

NOT_NUMBERS = "A loss is one number: take the mean over the batch."

D_SIGNS = (
    "D's signs are the wrong way round: your d_loss falls when real points get lower logits, or fakes higher "
    "ones. D is to say real of the real ones: softplus(-logit) is small where the logit is high."
)

G_SIGNS = (
    "G's sign is the wrong way round: your g_loss falls when the fakes get lower logits, so G learns to be "
    "caught. softplus(-logit) is small where the logit is high."
)

SATURATING = (
    "That is the saturating loss, log(1 - D): where D is sure of a fake, it hardly teaches G. The "
    "non-saturating one is -log D."
)

OTHER_SLOPES = (
    "The signs are right, but the losses are not made of -log D, softplus(-logit), and -log(1 - D), "
    "softplus(logit), each averaged over the batch."
)

UNMOVED = (
    "One of your losses does not change with D's logits, so nobody learns from it. Return tensors, "
    "without .item()."
)

NO_GRAPH = "No gradient arrives in G: in G's loss D judges the fakes with their graph, so without detach."

STRAY = "D has seen the right labels. Which label did you give to G? Ask it for the same y."


def make_g():
    return MLPGenerator(8, (64, 64), shape=(2,), n_classes=8)


def play_obedience(losses):
    """Train on the ring with these losses -> the share that hits the mode asked for, or what is wrong."""
    torch.manual_seed(0)
    problem = objection(losses)
    if problem is None or problem:
        return problem
    ring, G, D = toys.ring(radius=0.7, sd=0.05), make_g(), WatchedD()
    G.register_forward_hook(D.remember, with_kwargs=True)
    g_adam, d_adam = (fused_adam(net.parameters(), 2e-3, (0.0, 0.99)) for net in (G, D))
    for _ in range(STEPS):
        D.real, D.y = ring.batch(128)
        D.made.clear()
        d_loss, g_loss = losses(G, D, D.real, D.y, torch.randn(128, 8))
        d_adam.zero_grad()
        d_loss.backward()
        if any(weight.grad is not None for weight in G.parameters()):
            return NO_DETACH
        gradients = [weight.grad.clone() for weight in D.parameters()]
        g_loss.backward()
        for weight, gradient in zip(D.parameters(), gradients):
            weight.grad = gradient  # without what G's loss has left there
        d_adam.step()
        g_adam.step()
        g_adam.zero_grad()
    y = torch.arange(8).repeat_interleave(250)
    with torch.no_grad():
        distance, mode = torch.cdist(G.eval()(torch.randn(2000, 8), y), ring.centers).min(1)
    return {"share": ((mode == y) & (distance < 0.2)).float().mean().item(), "complaint": D.complaint or ""}


def objection(losses):
    """What is wrong with the losses before any training: "" for nothing, None where they are not written."""
    G, x, y = make_g(), torch.randn(64, 2), torch.randint(8, (64,))
    D = KnownD(x)
    found = losses(G, D, x, y, torch.randn(64, 8))
    if is_blank(found):
        return None
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return NOT_TWO
    if not all(map(torch.is_tensor, found)):
        return UNMOVED
    if any(loss.dim() > 0 for loss in found):
        return NOT_NUMBERS
    real, fake, logits = D.on_real.detach(), D.on_fake.detach(), [D.on_real, D.on_fake]
    d_right = torch.cat([-(-real).sigmoid(), fake.sigmoid()])  # of softplus(-real) + softplus(fake)
    g_right, g_saturating = -(-fake).sigmoid(), -fake.sigmoid()
    d_slopes, g_slopes = (slopes(loss, logits) for loss in found)
    if d_slopes is None or g_slopes is None:
        return UNMOVED
    if d_slopes[:64].sum() > 0 or d_slopes[64:].sum() < 0:
        return D_SIGNS
    if g_slopes.sum() > 0:
        return G_SIGNS
    if parallel(g_slopes[64:], g_saturating):
        return SATURATING
    if not parallel(d_slopes, d_right) or not parallel(g_slopes[64:], g_right):
        return OTHER_SLOPES
    return "" if slopes(found[1], list(G.parameters())) is not None else NO_GRAPH


def slopes(loss, weights):
    """The gradient of a loss in all these weights, 0 where one is not used; None where none is."""
    if not loss.requires_grad:
        return None
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    if all(part is None for part in found):
        return None
    parts = [torch.zeros_like(w) if part is None else part for w, part in zip(weights, found)]
    return torch.cat([part.flatten() for part in parts])


def parallel(a, b):
    """Whether two gradients point the same way: the length is for the learning rate to mend."""
    return cosine_similarity(a, b, dim=0).item() > 0.9999


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


def all_signs_swapped(G, D, x, y, z):
    fake = G(z, y)
    d_loss = softplus(D(x, y)).mean() + softplus(-D(fake.detach(), y)).mean()
    return d_loss, softplus(D(fake, y)).mean()


def g_helps_d(G, D, x, y, z):
    return right_losses(G, D, x, y, z)[0], softplus(D(G(z, y), y)).mean()


def saturating(G, D, x, y, z):
    return right_losses(G, D, x, y, z)[0], -softplus(D(G(z, y), y)).mean()


def wasserstein(G, D, x, y, z):
    fake = G(z, y)
    return D(fake.detach(), y).mean() - D(x, y).mean(), -D(fake, y).mean()


def g_without_graph(G, D, x, y, z):
    fake = G(z, y).detach()
    return softplus(-D(x, y)).mean() + softplus(D(fake, y)).mean(), softplus(-D(fake, y)).mean()


def g_asked_for_the_next(G, D, x, y, z):
    fake = G(z, (y + 1) % 8)
    d_loss = softplus(-D(x, y)).mean() + softplus(D(fake.detach(), y)).mean()
    return d_loss, softplus(-D(fake, y)).mean()


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
