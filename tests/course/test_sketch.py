"""The page to draw on, as far as no browser is needed: its lines, its outputs, what is stored of them."""

import base64

import pytest
import torch
from safetensors.torch import load

from ganlib.course import execute, sketch
from ganlib.course.export import render
from ganlib.course.facts import facts
from ganlib.course.sketch.pen import EXAMPLES, raster
from ganlib.engine.modes import eval_mode
from ganlib.nets import Translator
from tests.course.test_export import cell_with, new_output


@pytest.fixture
def shown(monkeypatch):
    found = []
    monkeypatch.setattr(sketch, "display", lambda data, metadata, raw: found.append((data, metadata)))
    return found


def test_lines_are_as_wide_as_they_should_be():
    strokes = [[[4, 10], [20, 10]], [[25, 25]]]
    found = raster(strokes)[0, 0]
    for row in range(28):
        for column in range(28):
            x, y = column + 0.5, row + 0.5
            to_line = ((x - min(max(x, 4), 20)) ** 2 + (y - 10) ** 2) ** 0.5
            to_dot = ((x - 25) ** 2 + (y - 25) ** 2) ** 0.5
            assert found[row, column] == (1 if min(to_line, to_dot) < 1 else -1)
    assert (raster([]) == -1).all()


def test_the_widget_shows_a_picture_too_and_hears_of_strokes(shown):
    pad = sketch.Sketch()
    ((data, metadata),) = shown
    words = metadata["image/png"]["alt"]
    assert facts({"data": data}) == {"kind": "sketch"}
    assert "half a T-shirt" in words and data["text/plain"] == words
    assert torch.equal(pad.outline, raster(EXAMPLES["T-shirt"]))
    pad.strokes = [[[3, 3], [9, 3]]]
    assert torch.equal(pad.outline, raster([[[3, 3], [9, 3]]]))


def test_only_the_picture_is_stored_and_pages_draw(shown):
    sketch.Sketch()
    ((data, metadata),) = shown
    data["image/png"] = base64.b64encode(data["image/png"]).decode()  # as a kernel sends it
    cell = cell_with(new_output("display_data", data, metadata=metadata))
    execute.tidy(cell)
    (output,) = cell.outputs
    assert set(output.data) == {"image/png", "text/plain", "application/vnd.ganlib+json"}
    (piece,) = render.outputs(cell)
    assert piece.startswith("<iframe") and "srcdoc" in piece and len(piece) < 1_000_000


def test_a_net_of_ones_own_travels_in_16_bits(shown):
    net = Translator(width=8)
    assert net.training
    pad = sketch.Sketch(net, strokes=EXAMPLES["star"])
    state = load(base64.b64decode(pad.weights))
    assert net.training, "as it came"
    for name in ("enter.0.weight", "middle.5.running_var", "leave.0.bias"):
        assert torch.equal(state[name], net.state_dict()[name].half())
    assert all(value.dtype == torch.float16 for value in state.values())
    assert torch.equal(pad.outline, raster(EXAMPLES["star"]))


def test_drawn_examples_are_sewn_within_their_lines():
    net = sketch.bundled()
    drawn = torch.cat([raster(EXAMPLES[name]) for name in ("T-shirt", "trousers", "bag")])
    with torch.no_grad(), eval_mode(net):
        made = net(drawn)
    sides = made[:, 0, :, [0, 27]].amax((1, 2))
    assert (sides < -0.8).all() and (made.flatten(1).gt(-0.5).sum(1) > 150).all()
