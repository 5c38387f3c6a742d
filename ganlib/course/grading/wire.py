"""Messages between the grader and the sandbox: JSON for what holds together, safetensors for the numbers.

What comes out of the sandbox was written by a student's code. So it is never unpickled, its size is limited
before it is read, and whatever does not fit the form is a `WireError`.
"""

import json
import struct
from typing import Any, BinaryIO

import numpy as np
import torch
from safetensors.torch import load, save

__all__ = ["GONE", "Other", "WireError", "receive", "send"]

HEAD = struct.Struct(">QQ")
NUMBERS, TEXT = 32 * 2**20, 32 * 2**20  # bytes of tensors, and of JSON
SIDE = 2**20  # of a tensor, at most
DEPTH = 12
GONE = "no message"


class WireError(ValueError):
    """A message that is not in the form of one, or none at all."""


class Other:
    """Stands for an object that is neither numbers nor words: only the name of its class came through."""

    def __init__(self, kind: str):
        self.kind = kind

    def __repr__(self) -> str:
        return f"an object of the class {self.kind}"


def send(stream: BinaryIO, message: Any) -> None:
    """Write a message: dictionaries, lists, tuples, sets, words, numbers, tensors, `...`, in any nesting."""
    tensors = {}
    text = json.dumps(_to_json(message, tensors, 0)).encode()
    numbers = save(tensors) if tensors else b""
    stream.write(HEAD.pack(len(text), len(numbers)) + text + numbers)
    stream.flush()


def receive(stream: BinaryIO, text_limit: int = TEXT) -> Any:
    """Read a message; raises a WireError where none comes, it is too long, or malformed."""
    try:
        sizes = HEAD.unpack(_exactly(stream, HEAD.size))
        if sizes[0] > text_limit or sizes[1] > NUMBERS:
            raise WireError(f"more than {text_limit // 2**20} MB of words or {NUMBERS // 2**20} of numbers")
        text, numbers = (_exactly(stream, size) for size in sizes)
        return _from_json(json.loads(text), load(numbers) if numbers else {})
    except WireError:
        raise
    except Exception as error:  # of json, safetensors, a broken pipe, a tree too deep
        raise WireError(f"a malformed message ({type(error).__name__})") from None


def _exactly(stream, size):
    """That many bytes; a WireError where the stream ends before."""
    found = stream.read(size)
    if len(found) < size:
        raise WireError(GONE)
    return found


def _to_json(value, tensors, depth):
    """A JSON tree; tensors are put into `tensors` and stand there under their number."""
    if depth > DEPTH:
        return {"other": "deeply nested"}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, np.generic):
        return _to_json(value.item(), tensors, depth + 1)
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return _number_of(value, tensors)
    if isinstance(value, list):
        return [_to_json(part, tensors, depth + 1) for part in value]
    if isinstance(value, (tuple, set)):
        kind = "tuple" if isinstance(value, tuple) else "set"
        return {kind: [_to_json(part, tensors, depth + 1) for part in value]}
    if isinstance(value, dict):
        return {"dict": [_to_json(list(pair), tensors, depth + 1) for pair in value.items()]}
    return {"dots": True} if value is ... else {"other": type(value).__name__}


def _number_of(value, tensors):
    """Where a tensor or an array stands among the tensors; its class alone where it holds no numbers."""
    try:
        plain = torch.as_tensor(value).detach().cpu().clone().contiguous()
        save({"it": plain})
    except Exception:  # sparse, complex, of objects
        return {"other": type(value).__name__}
    tensors[str(len(tensors))] = plain
    return {"tensor": str(len(tensors) - 1)}


def _from_json(tree, tensors):
    """The value of a JSON tree."""
    if isinstance(tree, list):
        return [_from_json(part, tensors) for part in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "tensor":
        tensor = tensors.pop(content)  # each comes once
        if max(tensor.shape, default=0) > SIDE:
            raise WireError("a tensor that is too long")
        return tensor
    if kind == "dict":
        return {_from_json(key, tensors): _from_json(value, tensors) for key, value in content}
    if kind in ("tuple", "set"):
        return {"tuple": tuple, "set": set}[kind](_from_json(part, tensors) for part in content)
    return ... if kind == "dots" else Other(str(content)[:60])
