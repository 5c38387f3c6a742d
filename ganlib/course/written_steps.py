"""Steps that students of notebook 03 write, played with small nets: a right one, and wrong ones."""

import random

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils import parameters_to_vector

from ganlib.course.exercises import is_blank
from ganlib.losses import Loss, non_saturating


def random_seed():
    """Sets the weights of `play_two_steps`."""
    return (random.randrange(10_000),)


class WatchedAdam(torch.optim.Adam):
    """Adam that remembers why its weights never moved, if they never do."""

    clue = "no step"

    def gradients(self):
        """Whether any gradient other than 0 has arrived."""
        weights = self.param_groups[0]["params"]
        return any(p.grad is not None and bool(p.grad.abs().max() > 0) for p in weights)

    def zero_grad(self, *arguments, **settings):
        self.wiped = self.gradients()
        super().zero_grad(*arguments, **settings)

    def step(self, *arguments, **settings):
        if self.gradients():
            self.clue = None
        elif self.clue:
            self.clue = "wiped" if self.wiped else "no gradient"
        super().step(*arguments, **settings)


def play_two_steps(step, seed):
    """What two steps make of small nets; the second shows what the first left. `...` where nothing comes."""
    torch.manual_seed(seed)
    G = nn.Linear(3, 2)
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    players = {"G": WatchedAdam(G.parameters(), 0.1), "D": WatchedAdam(D.parameters(), 0.1)}
    for _ in range(2):
        losses = step(G, D, *players.values(), torch.randn(16, 2), torch.randn(16, 3))
        moved = any(adam.clue is None for adam in players.values())
        if is_blank(losses) and not (losses is None and moved):  # a step that only lacks its return is one
            return ...
        if not isinstance(losses, (tuple, list)) or len(losses) != 2:
            raise ValueError("it should return two numbers: d_loss, g_loss")
    d_loss, g_loss = losses
    weights = {
        "D's weights": parameters_to_vector(D.parameters()),
        "G's weights": parameters_to_vector(G.parameters()),
    }
    clues = {f"{name} stays: {adam.clue}": True for name, adam in players.items() if adam.clue}
    return weights | {"the d_loss that comes back": d_loss, "the g_loss that comes back": g_loss} | clues


def play_d_turn(turn, seed):
    """What two turns of D make of a small net."""
    return play_two_steps(
        lambda G, D, g_adam, d_adam, real, z: [turn(D, d_adam, real, G(z).detach()), torch.zeros(())], seed
    )


def d_turn(D, d_adam, real, fake):
    d_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    d_adam.zero_grad()
    d_loss.backward()
    d_adam.step()
    return d_loss


def flawed_d_turn(loss=non_saturating.d_loss, clear=True, move=True):
    """A turn of D with another loss, old gradients, or without a step."""

    def turn(D, d_adam, real, fake):
        d_loss = loss(D(real), D(fake))
        if clear:
            d_adam.zero_grad()
        d_loss.backward()
        if move:
            d_adam.step()
        return d_loss

    return turn


def write_step(G, D, g_adam, d_adam, real, z):
    fake = G(z)

    d_loss = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    d_adam.zero_grad()
    d_loss.backward()
    d_adam.step()

    g_loss = softplus(-D(fake)).mean()
    g_adam.zero_grad()
    g_loss.backward()
    g_adam.step()
    return d_loss, g_loss


def flawed_step(loss=non_saturating, clear="before", moves="DG", detach="D"):
    """A step with another loss, with gradients cleared too late or never, or with a player that stays put."""

    def step(G, D, g_adam, d_adam, real, z):
        fake, losses = G(z), []
        turns = {
            "D": (d_adam, lambda: loss.d_loss(D(real), D(fake.detach()))),
            "G": (g_adam, lambda: loss.g_loss(D(fake.detach() if "G" in detach else fake))),
        }
        for player, (adam, value) in turns.items():
            if clear == "before":
                adam.zero_grad()
            losses.append(value())
            losses[-1].backward()
            if clear == "between":
                adam.zero_grad()
            if player in moves:
                adam.step()
            if clear == "after":
                adam.zero_grad()
        return losses

    return step


def step_against_the_old_d(G, D, g_adam, d_adam, real, z):
    d_loss, g_loss = non_saturating.d_loss(D(real), D(G(z).detach())), non_saturating.g_loss(D(G(z)))
    for adam, loss in ((g_adam, g_loss), (d_adam, d_loss)):
        adam.zero_grad()
        loss.backward()
        adam.step()
    return d_loss, g_loss


sums = Loss(
    lambda real, fake: softplus(-real).sum() + softplus(fake).sum(), lambda fake: softplus(-fake).sum()
)

of_the_mean = Loss(
    lambda real, fake: softplus(-real.mean()) + softplus(fake.mean()), lambda fake: softplus(-fake.mean())
)

swapped = Loss(lambda real, fake: non_saturating.d_loss(fake, real), non_saturating.g_loss)

g_like_d = Loss(non_saturating.d_loss, lambda fake: softplus(fake).mean())
