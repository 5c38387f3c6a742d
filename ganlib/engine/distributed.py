"""One training on several processes: each takes batches of its own, all step along the mean gradient.

    torchrun --nproc-per-node 2 -m ganlib.train --data mnist --size 28 --channels 1 --out run1

torchrun starts the processes and tells each its rank; torch.distributed carries the numbers, by gloo between
CPUs and by NCCL between GPUs. In a single process all of this does nothing.
"""

import hashlib
import os
import signal
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["any_process", "average", "is_main", "join", "own_seed", "rank", "session", "world_size"]

_hooked = weakref.WeakSet()  # optimizers that already average their gradients


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together.

    Example:
        >>> rank(), world_size(), is_main()
        (0, 1, True)
    """
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def is_main() -> bool:
    """Whether this process prints and saves."""
    return rank() == 0


@contextmanager
def session(device: str | torch.device = "cpu") -> Iterator[torch.device]:
    """Inside, the processes that torchrun has started know one another; the device of this one is yielded.

    What all but the first print goes nowhere. Without torchrun the block runs as it would anyway.

    Raises:
        ConnectionError: where another process has ended before the work was done.
    """
    device = torch.device(device)
    if not (dist.is_available() and dist.is_torchelastic_launched()):
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    signal.signal(signal.SIGTERM, _terminated)  # torchrun ends the others so when one has failed
    with open(os.devnull, "w") as nowhere, nullcontext() if is_main() else redirect_stdout(nowhere):
        yield device
        with _together():
            dist.barrier()
    dist.destroy_process_group()  # after an error the process ends anyway, and waiting for others could hang


def own_seed(seed: int, step: int = 0) -> int:
    """A seed of this process's own for a training that begins at a step; the first process keeps `seed`."""
    if is_main():
        return seed
    digest = hashlib.sha256(f"{seed} {rank()} {step}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


def join(model: Any) -> None:
    """Give a model the first process's weights, and let its optimizers average gradients from now on.

    The model is any with a `state_dict` of tensors and with optimizers among its attributes.
    """
    if world_size() == 1:
        return
    with _together(), torch.no_grad():
        for tensor in model.state_dict().values():
            same = tensor.contiguous()
            dist.broadcast(same, 0)
            tensor.copy_(same)
    for part in vars(model).values():
        if isinstance(part, Optimizer) and part not in _hooked:
            part.register_step_pre_hook(_average_gradients)
            _hooked.add(part)


def average(values: Sequence[float]) -> list[float]:
    """The mean of each value over the processes, so that all decide alike.

    Example:
        >>> average([1.0, 2.0])  # in one process
        [1.0, 2.0]
    """
    if world_size() == 1:
        return list(values)
    return (_sum(torch.tensor(values, dtype=torch.double)) / world_size()).tolist()


def any_process(flag: Any) -> bool:
    """Whether the flag is true in any process.

    Example:
        >>> any_process(None), any_process(True)
        (False, True)
    """
    return bool(flag) if world_size() == 1 else _sum(torch.tensor([float(bool(flag))])).item() > 0


def _average_gradients(optimizer: Optimizer, *_: Any) -> None:
    """Runs before each step of an optimizer: all gradients in one message."""
    if world_size() == 1:
        return
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    flat = _sum(flat).div_(world_size())
    for gradient, part in zip(gradients, flat.split([gradient.numel() for gradient in gradients])):
        gradient.copy_(part.view(gradient.shape))


def _sum(tensor: Tensor) -> Tensor:
    """The tensor's sum over the processes, in place."""
    with _together():
        dist.all_reduce(tensor)
    return tensor


@contextmanager
def _together():
    """What can only be done with all processes; where one is gone, a sentence says so."""
    try:
        yield
    except RuntimeError as error:
        raise _lost(str(error).strip().splitlines()[0]) from None


def _terminated(number, frame):
    raise _lost("the job is being ended")


def _lost(reason: str) -> ConnectionError:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the message is on its way
    return ConnectionError(
        f"process {rank()} of {world_size()} has lost the others: one of them was ended, or failed "
        f"({reason}). The last checkpoint is complete; start the same command again to go on from it."
    )
