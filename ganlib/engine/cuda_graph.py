"""What makes training fast on a GPU: a whole step, captured once as a CUDA graph.

A step of a small GAN is about a hundred kernels of a few microseconds each; launching them one by one takes
longer than running them. A graph launches all of them at once, those that draw the batch included. On a CPU a
step is simply executed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["CudaGraphCapturer", "StepRunner", "capturer_for"]

WARM_UP_STEPS = 3  # before the capture, so that optimizers have their state and libraries their workspaces

Step = Callable[[], dict[str, Tensor]]
Key = Callable[[], object]


class StepRunner:
    """Runs training steps and sums up their terms on the device, without waiting for it.

    capturer: see `capturer_for`; None runs kernel by kernel. The steps before the capture are steps like any
        other: they train.
    """

    def __init__(self, capturer: "CudaGraphCapturer | None" = None):
        self.capturer = capturer
        self.names, self.sums, self.replay = [], None, None
        self._key, self._steps, self._first = None, 0, True

    def begin(self, key: Key) -> None:
        """Start new sums, and drop a captured graph if key() is no longer what it was at the capture."""
        self._first = True
        if self.sums is not None:
            self.sums.zero_()
        if self.replay is not None and self._key != key():
            self.replay, self._steps = None, 0

    def run(self, step: Step, key: Key) -> None:
        """One step; step() returns named 0-dim terms, key() what a graph of it depends on."""
        if self.capturer is not None and self.replay is None and self._steps >= WARM_UP_STEPS:
            self._try_to_capture(step, key)
        if self.replay is not None:
            self.replay()
        elif self.capturer is not None:
            with self.capturer.side_stream():
                self._execute(step)
        else:
            self._execute(step)
        self._steps += 1

    def totals(self) -> dict[str, float]:
        """Name -> sum over the steps since `begin`; the only wait for the device."""
        return dict(zip(self.names, self.sums.tolist()))

    def _execute(self, step: Step) -> None:
        terms = step()
        values = torch.stack([term.detach() for term in terms.values()])  # (terms,)
        if self.sums is None or (self._first and list(terms) != self.names):
            self.names, self.sums = list(terms), torch.zeros_like(values)
        if list(terms) != self.names:
            raise ValueError(
                f"terms: expected {self.names} as in the step before, but got {list(terms)}; use the same "
                "names in each step"
            )
        self._first = False
        self.sums += values

    def _try_to_capture(self, step: Step, key: Key) -> None:
        """Capture a step; where that is impossible, say so once and go on kernel by kernel."""
        try:
            self.replay, self._key = self.capturer.capture(lambda: self._execute(step)), key()
        except RuntimeError as error:
            self.capturer = None
            reason = str(error).strip().splitlines()[0]
            print(
                f"Training goes on, but more slowly: this step cannot be captured as a CUDA graph ({reason})."
            )


def capturer_for(device: torch.device) -> "CudaGraphCapturer | None":
    """What captures steps on this device: a CudaGraphCapturer on a GPU, None elsewhere."""
    return CudaGraphCapturer(device) if device.type == "cuda" else None


class CudaGraphCapturer:
    """Captures work on one GPU."""

    def __init__(self, device: torch.device):
        self.device = torch.device(
            "cuda", torch.cuda.current_device() if device.index is None else device.index
        )

    @contextmanager
    def side_stream(self) -> Iterator[None]:
        """Inside, work goes to a stream of its own, as steps before a capture must."""
        stream, current = torch.cuda.Stream(self.device), torch.cuda.current_stream(self.device)
        stream.wait_stream(current)
        try:
            with torch.cuda.stream(stream):
                yield
        finally:  # after a failure, too: what follows must not overtake the work on the side stream
            current.wait_stream(stream)

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Capture the kernels that work() launches, without running them -> a function that runs them all."""
        generator = torch.cuda.default_generators[self.device.index]
        before, graph = generator.clone_state(), torch.cuda.CUDAGraph()
        try:
            with (
                torch.cuda.device(self.device),
                torch.cuda.graph(graph, stream=torch.cuda.Stream(self.device)),
            ):
                work()
        except RuntimeError:
            generator.graphsafe_set_state(before)  # a failed capture leaves the generator locked
            raise
        return graph.replay
