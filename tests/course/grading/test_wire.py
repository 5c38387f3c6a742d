"""Messages come through whole, and what is none is refused."""

import io
import json
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save

from ganlib.course.grading import wire

pytestmark = pytest.mark.quick


def through(value):
    stream = io.BytesIO()
    wire.send(stream, value)
    stream.seek(0)
    return wire.receive(stream)


@pytest.mark.parametrize(
    "value",
    [None, ..., True, 3, 2.5, "word", [1, [2]], (1, ("a",)), {"a", "b"}, {"a": 1, 2: (3,)}, -(10**9)],
)
def test_plain_values(value):
    found = through(value)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.bool, torch.bfloat16])
def test_tensors_to_the_bit(dtype):
    value = (3 * torch.randn(2, 3)).to(dtype)
    found = through({"a": [value, value.T]})["a"]
    assert found[0].dtype is dtype and torch.equal(found[0], value) and torch.equal(found[1], value.T)


def test_numbers_of_numpy_and_tensors_with_a_graph():
    x = torch.ones(3, requires_grad=True)
    found = through([np.float64(0.5), np.arange(3), 2 * x])
    assert found[0] == 0.5 and found[1].tolist() == [0, 1, 2] and not found[2].requires_grad


def test_other_objects_come_as_the_name_of_their_class():
    for value in (object(), lambda: 0, torch.randn(2).to_sparse(), np.array(["a"]), 1j):
        assert isinstance(through(value), wire.Other)


def test_what_holds_itself_ends():
    ring = []
    ring.append(ring)
    assert "deeply nested" in repr(through(ring))


def frame(text, numbers=b"", sizes=None):
    return struct.pack(">QQ", *(sizes or (len(text), len(numbers)))) + text + numbers


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        frame(b"{}", sizes=(2**60, 0)),
        frame(b"{}", sizes=(100, 0)),
        frame(b"not json"),
        frame(b"{}"),
        frame(json.dumps({"tensor": "0"}).encode()),
        frame(json.dumps({"tensor": "0"}).encode(), b"no safetensors"),
        frame(json.dumps({"tuple": 5}).encode()),
        frame(json.dumps({"set": [{"dict": []}]}).encode()),
        frame(json.dumps({"dict": [[1]]}).encode()),
        frame(b"[" * 100_000),
        frame(b'[{"tensor": "0"}, {"tensor": "0"}]', save({"0": torch.zeros(2)})),
        frame(b'{"tensor": "0"}', save({"0": torch.zeros(2**20 + 1, 0)})),
        frame(b"9" * 10_000),
    ],
)
def test_what_is_no_message_is_refused(content):
    with pytest.raises(wire.WireError):
        wire.receive(io.BytesIO(content))


def test_a_message_over_the_limit_is_refused_before_it_is_read():
    for sizes in ((2**20 + 1, 0), (2, wire.NUMBERS + 1)):
        with pytest.raises(wire.WireError, match="more than 1 MB of words or 32 of numbers"):
            wire.receive(io.BytesIO(frame(b"{}", sizes=sizes)), 2**20)
