"""What runs in the sandbox: it finds a notebook's answers, calls them, and sends back what they give.

`python -m ganlib.course.grading.runner` speaks on its standard input and output; what a student's code prints
goes nowhere. The grader trusts nothing that comes from here, so nothing here judges.
"""

import ast
import io
import os
import pickle
import resource
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from ganlib.course.blanks import has_blank
from ganlib.course.grading.slices import slice_for, statements
from ganlib.course.grading.wire import receive, send

MEMORY, PROCESSES, SECONDS, FILE = 2 * 2**30, 4, 900, 32 * 2**20
GRAPHS = 64  # calls whose gradients can still be asked for


def limit_myself(uid: int) -> None:
    """Less memory, time, processes and file space from here on, and another user where we are root."""
    Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, this process goes first
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: FILE,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: PROCESSES,
    }
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


class Optimizer:
    """Stands for an optimizer that is outside: both methods take the gradients there and the weights back."""

    def __init__(self, runner, number):
        self.runner, self.number = runner, number

    def zero_grad(self, set_to_none=True):
        """Forget the gradients."""
        self.runner.outside("zero_grad", self.number, [set_to_none])

    def step(self, closure=None):
        """Move the weights."""
        self.runner.outside("step", self.number, [])


class Unpickler(pickle.Unpickler):
    """Reads the grader's arguments. Tensors lie beside them; optimizers and closures stay outside."""

    def __init__(self, content, runner):
        super().__init__(io.BytesIO(content))
        self.runner = runner

    def persistent_load(self, pid):
        kind, number = pid
        if kind == "tensor":
            return self.runner.tensors[number]
        if kind == "optimizer":
            return Optimizer(self.runner, number)
        return lambda *args: self.runner.outside("call", number, list(args))


class Runner:
    """The answers of one notebook, and the graphs of their last calls."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.found, self.functions, self.graphs = [], [], OrderedDict()
        self.tensors, self.modules = [], []

    def open(self, notebook, keys):
        """Read a notebook -> the exercises of which it holds a check, and what is wrong with its cells."""
        self.found, problems = statements(notebook)
        return {"keys": [key for key in keys if slice_for(key, self.found)], "problems": problems}

    def answer(self, key):
        """Run what an answer needs -> the answer, where it is a value."""
        part = slice_for(key, self.found)
        names = {"__name__": "__main__", "display": lambda *a, **k: None, "get_ipython": lambda: None}
        torch.manual_seed(0)
        for node in part.before:
            exec(compile(ast.Module([node], []), "<notebook>", "exec"), names)
        value = eval(compile(ast.Expression(part.answer), "<notebook>", "eval"), names)
        if callable(value):
            return {"function": self.keep(value), "blank": has_blank(value)}
        return {"value": self.pack(value)}

    def call(self, function, args, tensors, kinds, grads, grad, training=None):
        """Call a function -> what it gives back, and how its gradients can be asked for."""
        self.tensors = [_tensor(*parts) for parts in zip(tensors, kinds, grads)]
        self.weights = [t for t in self.tensors if isinstance(t, nn.Parameter)]
        target, args = self.functions[function], Unpickler(bytes(args.tolist()), self).load()
        self.modules = [part for part in args if isinstance(part, nn.Module)]
        with torch.set_grad_enabled(grad):
            if training is None:
                result = target(*args)
            else:
                names = [name for name, _ in target.train(training).named_parameters()]
                result = torch.func.functional_call(target, dict(zip(names, args[0])), args[1:])
        return {"result": self.pack(result), **self.remember(result), **self.state()}

    def remember(self, result):
        """Keep the graph of what came out: which of its tensors have one, and its number."""
        outs = [part for part in tensors_in(result) if part.requires_grad]
        leaves = [part for part in self.tensors if part.requires_grad]
        if not outs or not leaves:
            return {"graph": None}
        number = next(reversed(self.graphs), 0) + 1
        self.graphs[number] = outs, leaves
        if len(self.graphs) > GRAPHS:
            self.graphs.popitem(last=False)
        return {"graph": number, "traced": [part.requires_grad for part in tensors_in(result)]}

    def backward(self, graph, upstream):
        """The gradients at the leaves of an earlier call; None where nothing arrives."""
        outs, leaves = self.graphs[graph]
        pairs = [(out, slope) for out, slope in zip(outs, upstream) if slope is not None]
        outs, upstream = zip(*pairs)
        found = torch.autograd.grad(outs, leaves, upstream, retain_graph=True, allow_unused=True)
        return {"grads": list(found)}

    def outside(self, what, number, args):
        """Ask the grader for something that only it has, with the gradients as they are now."""
        send(self.target, {"outside": what, "number": number, "args": args, **self.state()})
        reply = receive(self.source)
        with torch.no_grad():
            for weight, value, slope in zip(self.weights, reply["weights"], reply["grads"]):
                if not torch.equal(weight, value):  # a copy in place ends the graphs that hold the weight
                    weight.copy_(value)
                weight.grad = slope
        return reply["result"]

    def state(self):
        """What the answer left in gradients and batch norm's statistics, and what a watched net says."""
        grads = [part.grad for part in self.tensors]
        for part in self.tensors:
            if not isinstance(part, nn.Parameter):
                part.grad = None  # it was sent, and counts once
        complaints = [getattr(module, "complaint", None) for module in self.modules]
        buffers = [part for module in self.modules for part in module.buffers()]
        return {"grads": grads, "buffers": buffers, "complaints": complaints}

    def keep(self, function):
        """Remember a function or module -> its number."""
        self.functions.append(function)
        return len(self.functions) - 1

    def pack(self, value):
        """A value with modules in it as their number and weights."""
        if isinstance(value, nn.Module):
            weights = list(value.parameters())
            return {
                "module": self.keep(value),
                "weights": weights,
                "free": [w.requires_grad for w in weights],
            }
        return value


def _tensor(value, kind, slope):
    """A tensor as it was outside: kind holds "p" for a parameter, "g" if it takes gradients."""
    made = nn.Parameter(value, "g" in kind) if "p" in kind else value.requires_grad_("g" in kind)
    made.grad = slope
    return made


def tensors_in(value):
    """The tensors in a result, in order."""
    if torch.is_tensor(value):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [found for part in parts for found in tensors_in(part)]


def main() -> None:
    """Serve the grader until it hangs up."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)  # what a student prints goes nowhere
    limit_myself(int(sys.argv[1]))
    runner = Runner(source, target)
    send(target, {"ready": True})
    while True:
        message = receive(source)
        try:
            reply = getattr(runner, message.pop("do"))(**message)
        except BaseException as error:  # also SystemExit and KeyboardInterrupt: an answer may raise anything
            reply = {"error": type(error).__name__, "words": _words(error)}
        send(target, reply)


def _words(error):
    try:
        return str(error)[:500]
    except Exception:  # an exception of the student's own that cannot be printed
        return "without words"


if __name__ == "__main__":
    main()
