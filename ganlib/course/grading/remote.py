"""An answer in the sandbox, as a function that an exercise can try out here.

Each call goes into the sandbox with its arguments; numbers come back, and gradients when they are asked for.
Nets among the arguments are copied into the sandbox, optimizers stay: what an answer asks of them is done
here. So a training that judges an answer runs here, and all that an answer can do is give back other numbers.
"""

import builtins
import inspect
import io
import pickle
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ganlib.course.grading.sandbox import Sandbox, SandboxError

__all__ = ["Remote", "answer_in"]

METHODS = ("step", "zero_grad")


def answer_in(box: Sandbox, key: str) -> Any:
    """The answer to an exercise: a value, or a `Remote` function; raises what its own lines raise."""
    found = _ask(box, {"do": "answer", "key": key})
    if "function" in found:
        return Remote(box, found["function"], bool(found["blank"]))
    return _unpacked(box, found.get("value"))


class Remote:
    """A function in the sandbox.

    co_consts holds a `...` where its code does, for `has_blank`.
    """

    def __init__(self, box: Sandbox, number: int, blank: bool = False):
        self.box, self.number = box, number
        self.co_consts = (...,) if blank else ()

    def __call__(self, *args: Any) -> Any:
        return _call(self.box, self.number, args)

    def __repr__(self) -> str:
        return "a function"


class RemoteModule(nn.Module):
    """A module in the sandbox whose weights lie here, so that they can be trained here."""

    def __init__(self, box: Sandbox, number: int, weights: list[Tensor], free: list[bool]):
        super().__init__()
        self.box, self.number = box, number
        self.weights = nn.ParameterList(nn.Parameter(w, bool(f)) for w, f in zip(weights, free))

    def forward(self, *args: Any) -> Any:
        return _call(self.box, self.number, (list(self.weights), *args), training=self.training)


class _Arguments(pickle.Pickler):
    """Arguments as bytes, with tensors, optimizers and inner functions as numbers. Never read back."""

    def __init__(self, args):
        self.content = io.BytesIO()
        super().__init__(self.content)
        self.tensors, self.optimizers, self.functions = [], [], []
        args = tuple(_net_in(arg) for arg in args)
        self.buffers = [part for arg in args if isinstance(arg, nn.Module) for part in arg.buffers()]
        self.dump(args)

    def persistent_id(self, value):
        if isinstance(value, Tensor):
            return "tensor", _place(value, self.tensors)
        if isinstance(value, torch.optim.Optimizer):
            return "optimizer", _place(value, self.optimizers)
        if inspect.isfunction(value) and "<" in value.__qualname__:  # a lambda, or defined in a function
            return "function", _place(value, self.functions)
        return None


def _place(value, known):
    """The place of an object in a list, to which it is added if it is new."""
    for i, other in enumerate(known):
        if other is value:
            return i
    known.append(value)
    return len(known) - 1


def _net_in(argument):
    """The net for the closure x -> logit that a GAN hands to a penalty, where no label is bound in it."""
    if inspect.isfunction(argument) and argument.__closure__:
        names = inspect.getclosurevars(argument).nonlocals
        if isinstance(getattr(names.get("self"), "D", None), nn.Module) and names.get("y") is None:
            return names["self"].D
    return argument


def _ask(box, message):
    """The reply to a message; an error in the sandbox is raised here, as one of Python's own where it is."""
    reply = box.ask(message)
    if "error" not in reply:
        return reply
    kind, words = str(reply["error"])[:40], str(reply.get("words", ""))[:300]
    known = getattr(builtins, kind, None)
    if not (inspect.isclass(known) and issubclass(known, Exception)) or issubclass(known, UnicodeError):
        known = type(kind if kind.isidentifier() else "Error", (Exception,), {})
    raise known(words)


def _call(box: Sandbox, function: int, args: tuple, training: bool | None = None) -> Any:
    """Call a function or module in the sandbox, and do what it asks for meanwhile."""
    sent = _Arguments(args)
    message = {
        "do": "call",
        "function": function,
        "args": torch.frombuffer(bytearray(sent.content.getvalue()), dtype=torch.uint8),
        "tensors": sent.tensors,
        "kinds": [_kind(part) for part in sent.tensors],
        "grads": [part.grad if part.is_leaf else None for part in sent.tensors],
        "grad": torch.is_grad_enabled(),
        "training": training,
    }
    reply = _ask(box, message)
    while "outside" in reply:
        _take_over(reply, sent)
        reply = _ask(box, _done_outside(reply, sent))
    _take_over(reply, sent)
    nets = [net for net in map(_net_in, args) if isinstance(net, nn.Module)]
    for net, words in zip(nets, _list(reply["complaints"], len(nets))):
        if hasattr(net, "complaint"):
            net.complaint = words if isinstance(words, str) else None
    result = _unpacked(box, reply["result"])
    return _with_graph(box, reply, result, [part for part in sent.tensors if part.requires_grad])


def _kind(tensor):
    return "p" * isinstance(tensor, nn.Parameter) + "g" * tensor.requires_grad


def _take_over(reply, sent):
    """Batch norm's statistics, and gradients that an answer left at weights and inputs.

    Those at inputs run on into what made the inputs.
    """
    for part, value in zip(sent.buffers, _list(reply["buffers"], len(sent.buffers))):
        if not torch.is_tensor(value) or value.shape != part.shape:
            raise SandboxError("it sent a buffer of another shape")
        part.copy_(value)
    for part, slope in zip(sent.tensors, _list(reply["grads"], len(sent.tensors))):
        if slope is not None and (not torch.is_tensor(slope) or slope.shape != part.shape):
            raise SandboxError("it sent a gradient of another shape")
        if isinstance(part, nn.Parameter):
            part.grad = slope
        elif slope is not None and part.requires_grad:
            torch.autograd.backward(part, slope.to(part.dtype), retain_graph=True)


def _done_outside(reply, sent):
    """Do what an answer asks of an optimizer or a function here -> the message to go on with."""
    what, number, args = reply["outside"], reply["number"], reply["args"]
    result = None
    if what in METHODS:
        getattr(sent.optimizers[number], what)(*([bool(args[0])] if what == "zero_grad" else []))
    else:
        result = sent.functions[number](*args)
    weights = [part for part in sent.tensors if isinstance(part, nn.Parameter)]
    return {"weights": weights, "grads": [part.grad for part in weights], "result": result}


def _list(value, length):
    if not isinstance(value, list) or len(value) != length:
        raise SandboxError("it sent a malformed message")
    return value


def _unpacked(box, value):
    """A result; a module in it becomes one that asks the sandbox."""
    if isinstance(value, dict) and set(value) == {"module", "weights", "free"}:
        return RemoteModule(box, value["module"], value["weights"], value["free"])
    return value


class _Traced(torch.autograd.Function):
    """The outputs of a call, whose gradients at the leaves are asked from the sandbox."""

    @staticmethod
    def forward(ctx, box, graph, outputs, *leaves):
        ctx.box, ctx.graph = box, graph
        ctx.forms = [leaf.shape for leaf in leaves]
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *upstream):
        reply = _ask(ctx.box, {"do": "backward", "graph": ctx.graph, "upstream": list(upstream)})
        slopes = _list(reply["grads"], len(ctx.forms))
        for slope, form in zip(slopes, ctx.forms):
            if slope is not None and (not torch.is_tensor(slope) or slope.shape != form):
                raise SandboxError("it sent a gradient of another shape")
        return None, None, None, *slopes


def _with_graph(box, reply, result, leaves):
    """The result, its tensors made differentiable where they are in the sandbox."""
    if reply.get("graph") is None:
        return result
    tensors = []
    _mapped(result, lambda tensor: tensors.append(tensor) or tensor)
    traced = [t for t, flag in zip(tensors, _list(reply["traced"], len(tensors))) if flag]
    made = iter(_Traced.apply(box, reply["graph"], traced, *leaves))
    flags = iter(reply["traced"])
    return _mapped(result, lambda tensor: next(made) if next(flags) else tensor)


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same tuple, list, dictionary or tensor with each tensor changed."""
    if torch.is_tensor(value):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(part, change) for part in value)
    return value
