"""What makes training fast on a GPU: a whole round, batch and step, recorded once as a CUDA graph. No reader needs it.

A small GAN's step is about a hundred kernels of a few microseconds; starting them one by one takes longer than running
them. A graph starts all of them at once. On a CPU a round is simply played.
"""

from contextlib import contextmanager

import torch

from ganlib.errors import expect

WARM_UP = 3  # rounds played before the recording, so that optimizers have their state and libraries their workspaces


class Rounds:
    """Plays rounds of training and adds up their terms on the device, without a wait for it.

    A source, handed in at each call and not kept, has play_round() -> named 0-dim terms, and baked() -> what a recording
    holds fast, such as learning rates and the addresses of weights: when it changes, a new recording is made.
    recorder: see `recorder`; None plays kernel by kernel. The rounds before the recording are rounds like any other: they train.
    """

    def __init__(self, recorder=None):
        self.recorder = recorder
        self.names, self.sums, self.replay, self.recorded, self.played, self.fresh = [], None, None, None, 0, True

    def begin(self, source):
        """Start new sums, and drop a recording that no longer fits."""
        self.fresh = True
        if self.sums is not None:
            self.sums.zero_()
        if self.replay is not None and self.recorded != source.baked():
            self.replay, self.played = None, 0

    def __call__(self, source):
        """Play one round."""
        if self.recorder is not None and self.replay is None and self.played >= WARM_UP:
            self.try_to_record(source)
        if self.replay is not None:
            self.replay()
        elif self.recorder is not None:
            with self.recorder.aside():
                self.play(source)
        else:
            self.play(source)
        self.played += 1

    def play(self, source):
        """One round, kernel by kernel, its terms added to the sums."""
        terms = source.play_round()
        values = torch.stack([term.detach() for term in terms.values()])  # (terms,)
        if self.sums is None or (self.fresh and list(terms) != self.names):
            self.names, self.sums = list(terms), torch.zeros_like(values)
        mend = "name the same terms in each step"
        expect(list(terms) == self.names, "terms", list(terms), f"{self.names}, as in the step before", mend)
        self.fresh = False
        self.sums += values

    def try_to_record(self, source):
        """Record a round; where that cannot be done, say so once and play on kernel by kernel."""
        try:
            self.replay, self.recorded = self.recorder.record(lambda: self.play(source)), source.baked()
        except RuntimeError as error:
            self.recorder = None
            reason = str(error).strip().splitlines()[0]
            print(f"Training goes on, but slower: this step cannot be recorded as a CUDA graph ({reason}).")

    def totals(self):
        """Name -> sum over the rounds since `begin`; the one wait for the device."""
        return dict(zip(self.names, self.sums.tolist()))


def recorder(device):
    """What records rounds on this device: `CudaGraphs` on a GPU, None elsewhere."""
    return CudaGraphs(torch.device(device)) if torch.device(device).type == "cuda" else None


class CudaGraphs:
    """Records work on one GPU."""

    def __init__(self, device):
        self.device = torch.device("cuda", torch.cuda.current_device() if device.index is None else device.index)

    @contextmanager
    def aside(self):
        """Inside, work goes to a stream of its own, as rounds before a recording must."""
        stream, here = torch.cuda.Stream(self.device), torch.cuda.current_stream(self.device)
        stream.wait_stream(here)
        try:
            with torch.cuda.stream(stream):
                yield
        finally:  # after a failure, too: what follows must not overtake the work aside
            here.wait_stream(stream)

    def record(self, play):
        """Record the kernels that play() starts, without running them -> a function that runs them all."""
        generator = torch.cuda.default_generators[self.device.index]
        before, graph = generator.clone_state(), torch.cuda.CUDAGraph()
        try:
            with torch.cuda.device(self.device), torch.cuda.graph(graph, stream=torch.cuda.Stream(self.device)):
                play()
        except RuntimeError:
            generator.graphsafe_set_state(before)  # a broken recording leaves the generator locked
            raise
        return graph.replay
