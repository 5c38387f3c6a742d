"""Random streams of torch: one that a training owns, which other code cannot disturb."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["RandomStream", "default_generator", "fork_rng"]


class RandomStream:
    """Holds the state of a random stream between two uses of `fork_rng`."""

    def __init__(self):
        self.state: Tensor | None = None


def default_generator(device: torch.device) -> torch.Generator:
    """torch's own random generator on the device."""
    if device.type != "cuda":
        return torch.default_generator
    return torch.cuda.default_generators[
        torch.cuda.current_device() if device.index is None else device.index
    ]


@contextmanager
def fork_rng(device: torch.device, stream: RandomStream) -> Iterator[None]:
    """Inside the block torch draws from the stream.

    Afterwards the caller's stream goes on as if nothing had been drawn.

    Unlike torch.random.fork_rng, the state that the block leaves behind is kept in `stream`.
    """
    outside = _get_state(device)
    if stream.state is not None:
        _set_state(device, stream.state)
    try:
        yield
    finally:
        stream.state = _get_state(device)
        _set_state(device, outside)


def _get_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)
