"""Turns that a student wrote, watched: two on small nets, as the second shows what the first left."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

__all__ = ["d_turn_with", "g_turn_with", "play_d_turns", "play_g_turns", "play_rounds"]


class _Watched(torch.optim.SGD):
    """Plain gradient descent that remembers whether it was asked to step, with gradients or without."""

    def __init__(self, net: nn.Module):
        super().__init__(net.parameters(), lr=0.5)
        self.start = parameters_to_vector(net.parameters()).detach()
        self.asked = self.had_gradients = self.threw_away = False

    def _gradients(self) -> list[Tensor]:
        held = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
        return [gradient for gradient in held if gradient.abs().sum() > 0]

    def zero_grad(self, set_to_none: bool = True):
        self.threw_away |= bool(self._gradients())
        super().zero_grad(set_to_none)

    def step(self, closure=None):
        self.asked = True
        self.had_gradients |= bool(self._gradients())
        return super().step(closure)

    def report(self) -> dict:
        """The player's weights, and if they never moved, what was missing."""
        weights = [p for group in self.param_groups for p in group["params"]]
        return {
            "the weights": parameters_to_vector(weights).detach(),
            "the optimizer's step, which never came": self.asked,
            "the gradients, of which none arrived": self.had_gradients or self.threw_away or not self.asked,
            "the gradients, cleared before the step": self.had_gradients
            or not self.threw_away
            or not self.asked,
        }


def _small_nets(seed: int) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(seed)
    return nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))


def _is_blank(value) -> bool:
    return value is None or value is ...


def play_d_turns(turn: Callable, seed: int):
    """Two turns of D. Returns words -> what came of it; `...` for a turn that is blank."""
    G, D = _small_nets(seed)
    optimizer = _Watched(D)
    for _ in range(2):
        loss = turn(D, optimizer, 2 + torch.randn(16, 1), G(torch.randn(16, 1)))
        if _is_blank(loss):
            return ...
    untouched = all(p.grad is None or not p.grad.any() for p in G.parameters())
    return optimizer.report() | {
        "the loss that comes back": loss,
        "the other player, who got gradients too": untouched,
    }


def play_g_turns(turn: Callable, seed: int):
    """Two turns of G against one D. Returns words -> what came of it; `...` for a turn that is blank."""
    G, D = _small_nets(seed)
    optimizer = _Watched(G)
    for _ in range(2):
        loss = turn(D, optimizer, G(torch.randn(16, 1)))
        if _is_blank(loss):
            return ...
    return optimizer.report() | {"the loss that comes back": loss}


def play_rounds(written: Callable, seed: int):
    """Two whole rounds. Returns words -> what became of both players; `...` for a round that is blank."""
    G, D = _small_nets(seed)
    optimizers = {"G": _Watched(G), "D": _Watched(D)}
    for _ in range(2):
        back = written(G, D, optimizers["G"], optimizers["D"], 2 + torch.randn(16, 1), torch.randn(16, 1))
        pair = back if isinstance(back, (tuple, list)) else (back,)
        played = any(optimizer.had_gradients for optimizer in optimizers.values())
        if any(map(_is_blank, pair)) and not (back is None and played):  # a round may lack its return only
            return ...
        if len(pair) != 2:
            raise ValueError("it should return two numbers: D's loss and G's loss")
    found = {"D's loss": pair[0], "G's loss": pair[1]}
    for player, optimizer in optimizers.items():
        found |= {f"{player}: {words}": value for words, value in optimizer.report().items()}
    return found


def d_turn_with(loss: Callable, clear: bool = True, move: bool = True) -> Callable:
    """A turn of D that descends loss(D, x, fake); without zero_grad or without its step, if asked."""

    def turn(D, d_optimizer, x, fake):
        value = loss(D, x, fake)
        if clear:
            d_optimizer.zero_grad()
        value.backward()
        if move:
            d_optimizer.step()
        return value.detach()

    return turn


def g_turn_with(loss: Callable, clear: str = "before", move: bool = True) -> Callable:
    """A turn of G that descends loss(D, fake); clear: "before" backward, "after" it, or "never"."""

    def turn(D, g_optimizer, fake):
        value = loss(D, fake)
        if clear == "before":
            g_optimizer.zero_grad()
        value.backward()
        if clear == "after":
            g_optimizer.zero_grad()
        if move:
            g_optimizer.step()
        return value.detach()

    return turn
