"""The loop around a model's `step`: counts, pauses, resumes, reports. It knows nothing about GANs.

Notebook 03.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from ganlib.engine import distributed
from ganlib.engine.arguments import check_range, check_steps, check_trainer
from ganlib.engine.checkpoint import load_tensors, save_tensors
from ganlib.engine.cuda_graph import StepRunner, capturer_for
from ganlib.engine.interrupt import InterruptGuard
from ganlib.engine.rng import RandomStream, default_generator, fork_rng

__all__ = ["Data", "Model", "Snapshot", "Trainer"]

SECONDS_BETWEEN_COPIES = 1.0  # of training; a copy of the state takes milliseconds


class Model(Protocol):
    """What a Trainer can train: a GAN, or any other model.

    `ganlib.engine.state.Trainable` gives all but `step`.
    """

    device: torch.device

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One training step -> named terms, 0-dim tensors."""

    def samples_per_step(self, batch_size: int) -> int:
        """How many samples one step takes."""

    def state_dict(self) -> dict[str, Tensor]:
        """All that training changes, as a flat dictionary."""

    def load_state_dict(self, flat: dict[str, Tensor]) -> None:
        """Take over what `state_dict` returned."""

    def capture_key(self) -> object:
        """What a CUDA graph of `step` depends on."""


class Data(Protocol):
    """What batches are drawn from."""

    def batch(self, n: int) -> tuple[Tensor, Any]:
        """n samples x (n, ...) and what goes with them, such as labels (n,)."""


@dataclass(frozen=True)
class Snapshot:
    """Where training stands: terms are means over the steps since the last snapshot.

    The seconds are those of training alone.
    """

    step: int
    total: int
    terms: dict[str, float]
    seconds: float
    images_per_second: float

    @property
    def seconds_left(self) -> float:
        """What the rest will take at the pace so far."""
        return self.seconds / self.step * (self.total - self.step)


class Trainer:
    """Feed a model batches until a number of steps is reached.

    Building a Trainer starts over; `until` goes on. On several processes (ganlib.engine.distributed) each
    draws its own batches of batch_size, all keep the same weights, and the first one saves.

    Args:
        model: see `Model`.
        data: see `Data`; for example data.load("mnist"), toys.ring().
        batch_size: samples for each update.
        conditional: whether step gets the y of each batch.
        seed: of the training's own random stream, which code in the loop's body cannot disturb.
        graph: on a GPU, run steps as one CUDA graph. Say False where the Python code of a step changes from
            one step to the next, such as a counter: a graph would repeat what it was at its capture.

    Raises:
        ValueError: naming the argument that does not fit.

    Example:
        >>> from ganlib.data import toys
        >>> from ganlib.gan import GAN
        >>> from ganlib.nets import MLPDiscriminator, MLPGenerator
        >>> trainer = Trainer(GAN(MLPGenerator(shape=(2,)), MLPDiscriminator(shape=(2,))), toys.ring())
        >>> [snapshot.step for snapshot in trainer.until(20, every=10)]
        [10, 20]
    """

    def __init__(
        self,
        model: Model,
        data: Data,
        batch_size: int = 64,
        *,
        conditional: bool = False,
        seed: int = 0,
        graph: bool = True,
    ):
        check_trainer(model, data, batch_size, conditional)
        self.model, self.data, self.batch_size, self.conditional = model, data, batch_size, conditional
        self.seed, self.step, self.seconds, self.history = seed, 0, 0.0, []
        self._last_good = None
        self._runner = StepRunner(capturer_for(model.device) if graph else None)
        self._stream = RandomStream()
        self._begin_stream()
        distributed.join(model)

    def until(self, total: int, every: int = 100) -> Iterator[Snapshot]:
        """Train up to `total` steps in all, yielding a Snapshot after each `every` steps and at the end.

        Calling it again goes on, and does nothing once total is reached. The stop button ends the loop after
        the current step, in a consistent state; a second press, a second later, interrupts the loop's body at
        once.
        """
        check_steps(total, every)
        self.history = [
            row for row in self.history if row["step"] <= self.step
        ]  # not what a restore has undone
        with InterruptGuard() as guard:
            while self.step < total and not distributed.any_process(guard.requested):
                with guard.deferred():
                    snapshot = self.run_steps(min(total, self.step + every - self.step % every), total, guard)
                yield snapshot
            if guard.requested:
                print(f"Stopped at step {self.step:,} of {total:,}. Run it again to go on.")

    def run_steps(self, end: int, total: int, guard: InterruptGuard) -> Snapshot:
        """Steps up to `end` without waiting for the device, then one Snapshot."""
        self._keep_good_state()
        start, began, totals = self.step, time.perf_counter(), None
        self._runner.begin(self._capture_key)
        try:
            with fork_rng(self.model.device, self._stream):
                while self.step < end and not (
                    self.step > start and distributed.any_process(guard.requested)
                ):  # at least one, so that means exist
                    self._runner.run(self.train_step, self._capture_key)
                    self.step += 1
                totals = self._runner.totals()
        except torch.cuda.OutOfMemoryError:
            pass  # reported below, where no traceback keeps the step's tensors alive
        self._check_memory(totals is not None)
        means = [total / (self.step - start) for total in totals.values()]
        *means, seconds = distributed.average([*means, time.perf_counter() - began])
        self.seconds += seconds
        terms = dict(zip(totals, means))
        self.history.append({"step": self.step, **terms})
        self._check_finite(terms)
        samples = self.step * self.model.samples_per_step(self.batch_size) * distributed.world_size()
        return Snapshot(self.step, total, terms, self.seconds, samples / self.seconds)

    def train_step(self) -> dict[str, Tensor]:
        """Draw one batch and take one step on it -> the step's named terms."""
        x, y = self.data.batch(self.model.samples_per_step(self.batch_size))
        if self.step == 0:
            check_range(x)
        return self.model.step(x, y if self.conditional else None)

    def save(self, path: str | Path) -> bool:
        """Write all that training needs to go on, as safetensors -> whether that was possible.

        An older file at path stays complete until then. A full or read-only disk is reported, and training
        can go on: hours of it are not lost to a disk. Of several processes the first one writes.
        """
        if not distributed.is_main():
            return True
        tensors = self.model.state_dict() | {"trainer.stream": self._stream.state}
        try:
            save_tensors(path, tensors, step=self.step, seconds=self.seconds, history=self.history)
        except OSError as error:
            print(
                f"Not saved: {path} cannot be written ({error.strerror}). An older file there is complete, "
                "and training can go on. To keep this state, save to another folder."
            )
            return False
        return True

    def load(self, path: str | Path) -> None:
        """Go on from a file of `save`: in one process on the CPU bit for bit as if training had never paused.

        Any number of processes can go on from it: the first one with the saved random stream, others with
        fresh ones.

        A file from another kind of device serves as well; the random stream then is this trainer's own. A
        file of version 0.1 serves too: its entries have the same names.

        Raises:
            ValueError: if the file does not fit; nothing has changed then.
        """
        tensors, metadata = load_tensors(path, self.model.device)
        if "trainer.stream" not in tensors or not metadata.keys() >= {"step", "seconds", "history"}:
            raise ValueError(
                f"path: expected a file written by Trainer.save, but got {str(path)!r}; check the name"
            )
        state = tensors.pop("trainer.stream").cpu()
        self.model.load_state_dict(tensors)
        self.step, self.seconds, self.history = metadata["step"], metadata["seconds"], metadata["history"]
        if not distributed.is_main():
            self._begin_stream()
        elif state.shape == self._stream.state.shape:
            self._stream.state = state
        self._last_good = None  # a copy from before is no state of this training

    def _begin_stream(self):
        """A random stream of this process's own."""
        with fork_rng(self.model.device, self._stream):
            default_generator(self.model.device).manual_seed(distributed.own_seed(self.seed, self.step))

    def _capture_key(self):
        """What a CUDA graph of `train_step` depends on; bound methods are equal only for the same data."""
        return self.model.capture_key(), self.batch_size, self.conditional, self.data.batch

    def _keep_good_state(self):
        """Once a second of training, copy a state whose numbers are all finite, for `_restore_good_state`."""
        if self._last_good is not None and self.seconds - self._last_good[1] < SECONDS_BETWEEN_COPIES:
            return
        state = self.model.state_dict()
        sums = [
            value.sum(dtype=torch.float) for value in state.values() if value.dim()
        ]  # numbers may lie on another device
        if (
            self._last_good is None or torch.stack(sums).isfinite().all()
        ):  # a sum is finite where its entries are, and cheaper
            self._last_good = None  # let the older copy go before there are two
            copies = {name: value.clone() for name, value in state.items()}
            self._last_good = self.step, self.seconds, self._stream.state, copies

    def _restore_good_state(self) -> str:
        """Undo the steps since the last good copy -> a sentence that says so."""
        self.step, self.seconds, self._stream.state, state = self._last_good
        self.model.load_state_dict(state)
        return f"The model is back as it was at step {self.step:,}, its last good copy."

    def _check_memory(self, enough):
        if not enough:
            size = self.batch_size
            raise MemoryError(
                f"The device's memory is full with batch_size={size}. {self._restore_good_state()} Build "
                "the Trainer again with "
                f"batch_size={max(size // 2, 2)}; shut down the kernels of other notebooks, which hold "
                "memory too."
            )

    def _check_finite(self, terms):
        bad = [name for name, value in terms.items() if not math.isfinite(value)]
        if bad:
            raise FloatingPointError(
                f"{bad[0]} is {terms[bad[0]]} by step {self.step:,}. The usual causes, likeliest first: a "
                "learning rate "
                "too high, weights initialized too large, a log of a probability instead of a loss on "
                "logits. "
                f"{self._restore_good_state()} Build the model again with a smaller lr, then build the "
                "Trainer again; "
                "or, for a GAN, call gan.scale_lr(0.1) and run this cell again, to go on from there."
            )
