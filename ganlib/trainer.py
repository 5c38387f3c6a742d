"""The loop around `GAN.step`: counts, pauses, resumes, reports. It knows nothing about GANs. Notebook 03."""

import math
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from ganlib.accelerate import Rounds, recorder
from ganlib.errors import expect
from ganlib.store import generator_of, load_tensors, save_tensors, set_torch_random_state, torch_random_state

KEEP_SECONDS = 1.0  # of training between two copies of the state: a copy takes milliseconds


@dataclass(frozen=True)
class Snapshot:
    """Where training stands: terms are means over the steps since the last snapshot, seconds count training alone."""

    step: int
    total: int
    terms: dict
    seconds: float
    images_per_second: float

    @property
    def seconds_left(self):
        """What the rest will take at the pace so far."""
        return self.seconds / self.step * (self.total - self.step)


class Trainer:
    """Feed a model batches until a number of steps is reached.

    gan: anything with step(x, y) -> named 0-dim terms, d_steps, device, state() and load_state(). data: anything with
    batch(n) -> (x, y) and, for labels, `conditional=True` passes y on. seed: of the training's own random stream, which
    code in the loop's body cannot disturb. Building a Trainer starts over; `until` goes on.
    graph: on a GPU, play rounds as one CUDA graph; needs gan.baked(). Say False where the Python code of a step changes
    from one step to the next, such as a counter: a graph would repeat what it was at its recording.
    """

    def __init__(self, gan, data, batch_size=64, *, conditional=False, seed=0, graph=True):
        expect(isinstance(batch_size, int) and batch_size > 1, "batch_size", batch_size, "a whole number, 2 or more", "use 64")
        expect(hasattr(data, "batch"), "data", data, "an object with batch(n) -> (x, y)", "data.load('mnist'), or toys.ring()")
        self.gan, self.data, self.batch_size, self.conditional = gan, data, batch_size, conditional
        self.step, self.seconds, self.history, self.good = 0, 0.0, [], None
        known, classes = getattr(getattr(gan, "G", None), "n_classes", None), len(getattr(data, "class_names", ()))
        ok = not conditional or known is None or classes <= known
        expect(ok, "data", f"{classes} classes", f"the {known} that G knows", f"build both nets with n_classes={classes}")
        self.rounds = Rounds(recorder(gan.device) if graph else None)
        with own_random_stream(gan.device) as stream:
            generator_of(gan.device).manual_seed(seed)
        self.stream = stream.state

    def until(self, total, every=100):
        """Train up to `total` steps in all, yielding a Snapshot after each `every` steps and at the end.

        Calling it again goes on, and does nothing once total is reached. The stop button ends the loop after the
        current step, with everything whole; a second press, a second later, interrupts the loop's body at once.
        """
        expect(isinstance(total, int) and total >= 0, "total", total, "a whole number of steps", "until(5_000)")
        expect(isinstance(every, int) and every > 0, "every", every, "a whole number of steps, 1 or more", "every=100")
        self.history = [row for row in self.history if row["step"] <= self.step]  # not what `go_back` has undone
        with StopButton() as button:
            while self.step < total and not button.pressed:
                with button.held():
                    snapshot = self.burst(min(total, self.step + every - self.step % every), total, button)
                yield snapshot
            if button.pressed:
                print(f"Stopped at step {self.step:,} of {total:,}. Run the cell again to go on.")

    def burst(self, end, total, button):
        """Steps up to `end` without a word to the host, then one Snapshot."""
        self.keep()
        start, began, totals = self.step, time.perf_counter(), None
        self.rounds.begin(self)
        try:
            with own_random_stream(self.gan.device, self.stream) as stream:
                while self.step < end and not (button.pressed and self.step > start):  # at least one, so that there are means
                    self.rounds(self)
                    self.step += 1
                totals = self.rounds.totals()
        except torch.cuda.OutOfMemoryError:
            pass  # told below, where no traceback holds on to the step's tensors
        finally:
            self.stream = stream.state
        self.check_memory(totals is not None)
        self.seconds += time.perf_counter() - began
        terms = {name: total / (self.step - start) for name, total in totals.items()}
        self.history.append({"step": self.step, **terms})
        self.check_finite(terms)
        images = self.step * self.batch_size * self.gan.d_steps
        return Snapshot(self.step, total, terms, self.seconds, images / self.seconds)

    def play_round(self):
        """One batch drawn and one step on it -> the step's named terms."""
        x, y = self.data.batch(self.batch_size * self.gan.d_steps)
        return self.gan.step(x, y if self.conditional else None)

    def baked(self):
        """What a recording of `play_round` holds fast. Bound methods are equal for the very same data alone."""
        return self.gan.baked(), self.batch_size, self.conditional, self.data.batch

    def check_memory(self, enough):
        """Stop where the device's memory is full, with the batch size to try."""
        if not enough:
            size = self.batch_size
            raise MemoryError(
                f"The device's memory is full with batch_size={size}. {self.go_back()} To mend it: build the Trainer again with "
                f"batch_size={max(size // 2, 2)}; shut down the kernels of other notebooks, which hold memory too."
            )

    def check_finite(self, terms):
        """Stop at the first snapshot whose mean is not a number, naming the term and what usually causes it."""
        bad = [name for name, value in terms.items() if not math.isfinite(value)]
        if bad:
            raise FloatingPointError(
                f"{bad[0]} is {terms[bad[0]]} by step {self.step:,}. The usual causes, likeliest first: a learning rate "
                "too high, weights initialized too large, a log of a probability instead of a loss on logits. "
                f"{self.go_back()} To mend it: build the GAN again with a smaller lr, then build the Trainer again; "
                "or call gan.scale_lr(0.1) and run this cell again, to go on from there."
            )

    def keep(self):
        """Once a second of training, copy a state whose numbers are all finite, for `go_back`."""
        if self.good is not None and self.seconds - self.good[1] < KEEP_SECONDS:
            return
        state = self.gan.state()
        sums = [value.sum(dtype=torch.float) for value in state.values() if value.dim()]  # numbers may lie on another device
        if self.good is None or torch.stack(sums).isfinite().all():  # a sum is finite where its entries are, and far cheaper
            self.good = None  # let the older copy go before there are two
            self.good = self.step, self.seconds, self.stream, {name: value.clone() for name, value in state.items()}

    def go_back(self):
        """Undo the steps since the last state that `keep` copied -> a sentence that says so."""
        self.step, self.seconds, self.stream, state = self.good
        self.gan.load_state(state)
        return f"The GAN is back as it was at step {self.step:,}, its last copy that was whole."

    def save(self, path):
        """Write all that training needs to go on, as safetensors -> whether that could be done.

        An older file at path stays whole until then. A full or read-only disk is told in a sentence, and training can
        go on: hours of it are not lost to a disk.
        """
        tensors = self.gan.state() | {"trainer.stream": self.stream}
        try:
            save_tensors(path, tensors, step=self.step, seconds=self.seconds, history=self.history)
        except OSError as error:
            print(f"Not saved: {path} cannot be written ({error.strerror}). An older file there is whole, and training can go on. "
                  "To keep this state, save to another folder.")  # fmt: skip
            return False
        return True

    def load(self, path):
        """Go on from a file of `save`: on the CPU bit for bit as if training had never paused.

        A file from another kind of device serves as well; the random stream then is this trainer's own.
        What does not fit is refused with a ValueError before anything changes.
        """
        tensors, facts = load_tensors(path, self.gan.device)
        ok = "trainer.stream" in tensors and facts.keys() >= {"step", "seconds", "history"}
        expect(ok, "path", str(path), "a file written by Trainer.save", "check the name")
        stream = tensors.pop("trainer.stream").cpu()
        self.gan.load_state(tensors)
        self.stream = stream if stream.shape == self.stream.shape else self.stream
        self.step, self.seconds, self.history = facts["step"], facts["seconds"], facts["history"]
        self.good = None  # a copy from before is no state of this training


class Stream:
    """Holds the state of a random stream when its block has ended."""

    state = None


@contextmanager
def own_random_stream(device, state=None):
    """Inside, torch draws from the stream at `state`; afterwards the caller's stream goes on as if nothing had been."""
    outside, stream = torch_random_state(device), Stream()
    if state is not None:
        set_torch_random_state(device, state)
    try:
        yield stream
    finally:
        stream.state = torch_random_state(device)
        set_torch_random_state(device, outside)


class StopButton:
    """While its block runs, an interrupt (Ctrl-C, Jupyter's stop button) is noted as `pressed` and nothing else happens.

    A second one, more than a second later, raises KeyboardInterrupt, though never inside `held`. Several may be open at
    once, as when two trainings take turns: all hear it, and the last to close gives Python's own answer back.
    """

    pressed, busy = None, False
    open, before = [], None  # shared by all

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # no other thread may listen to signals
            if not self.open:
                StopButton.before = signal.signal(signal.SIGINT, StopButton.press)
            self.open.append(self)
        return self

    def __exit__(self, *_):
        if self in self.open:
            self.open.remove(self)
            if not self.open and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, self.before)

    @staticmethod
    def press(number, frame):
        """What happens at an interrupt."""
        now, buttons = time.monotonic(), StopButton.open
        if any(b.pressed and now - b.pressed > 1 for b in buttons) and not any(b.busy for b in buttons):
            raise KeyboardInterrupt
        for button in buttons:
            button.pressed = button.pressed or now

    @contextmanager
    def held(self):
        """Inside, no interrupt breaks in."""
        self.busy = True
        try:
            yield
        finally:
            self.busy = False
