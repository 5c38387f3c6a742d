"""Draw an outline, and the translator of notebook 11 makes a garment of it, in the browser, without a kernel.

`Sketch()` displays it in a notebook; `page()` is one HTML document that asks for nothing else.
"""

import base64
import html
import json
from pathlib import Path

import anywidget
import torch
from IPython.display import display
from safetensors.torch import save
from torch import Tensor
from traitlets import Dict, List, Unicode

from ganlib.course import plots
from ganlib.course.facts import mark
from ganlib.course.frame import SCRIPT as FRAME_SCRIPT
from ganlib.course.sketch.pen import EXAMPLES, raster
from ganlib.engine.checkpoint import load_tensors
from ganlib.engine.files import asset
from ganlib.engine.modes import eval_mode
from ganlib.nets import Translator

__all__ = ["EXAMPLES", "Sketch", "bundled", "frame", "page", "raster"]

FOLDER = Path(__file__).parent


def _text(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def bundled() -> Translator:
    """The translator that comes with the course, trained on wobbly outlines, in eval mode."""
    state, _ = load_tensors(asset("checkpoints/sketch.safetensors"))
    net = Translator()
    net.load_state_dict({name: value.float() for name, value in state.items()})
    return net.eval()


def packed(net: Translator) -> str:
    """The weights of a translator in base64: a safetensors file of 16-bit numbers.

    Raises:
        ValueError: for another net.
    """
    if not isinstance(net, Translator):
        raise ValueError(
            f"net: expected a ganlib.nets.Translator, but got {net!r:.80}; model.ema.module, say"
        )
    floats = {name: value for name, value in net.state_dict().items() if value.is_floating_point()}
    half = {name: value.detach().cpu().half().contiguous() for name, value in floats.items()}
    return base64.b64encode(save(half)).decode()


def script() -> str:
    """The page's JavaScript: functions, nothing is started."""
    return _text("translator.js") + _text("sketch.js")


def page(net: Translator | None = None) -> str:
    """The drawing as a whole HTML document: mail it, open it offline. About 0.4 MB.

    Args:
        net: None for the one that comes with the course.
    """
    settings = {"weights": packed(net or bundled()), "examples": EXAMPLES, "strokes": EXAMPLES["T-shirt"]}
    text = (
        _text("page.html").replace('"STYLE"', _text("sketch.css")).replace('"MARKUP"', _text("sketch.html"))
    )
    text = text.replace('"SCRIPT"', script()).replace('"FRAME"', FRAME_SCRIPT)
    return text.replace('"SETTINGS"', json.dumps(settings))


def frame(net: Translator | None = None) -> str:
    """The page as an HTML fragment: a frame that keeps its styles and names to itself."""
    style = "width:100%;height:460px;border:0"
    return f'<iframe title="Draw an outline" style="{style}" srcdoc="{html.escape(page(net))}"></iframe>'


@torch.no_grad()
def still(net):
    """(picture, words) of the examples, for pages where nothing runs."""
    outlines = torch.cat([raster(strokes) for strokes in EXAMPLES.values()])
    with eval_mode(net):
        made = net(outlines.to(next(net.parameters()).device)).cpu()
    words = f"Above: outlines to start from ({', '.join(EXAMPLES)}). Below: what the net makes of each."
    return plots.image_grid(torch.cat([outlines, made]), columns=len(EXAMPLES), scale=3), words


class Sketch(anywidget.AnyWidget):
    """A page to draw on, and beside it what a translator makes of each stroke. Works on without its kernel.

    Args:
        net: outlines -> pictures, such as `tailor.ema.module`; None for the one that comes with the course.
        strokes: what is on the page at first.
    """

    _esm = script() + "\nexport default { render };\n"
    _css = _text("sketch.css")
    markup = Unicode(_text("sketch.html")).tag(sync=True)
    examples = Dict(EXAMPLES).tag(sync=True)
    weights = Unicode().tag(sync=True)
    strokes = List(EXAMPLES["T-shirt"]).tag(sync=True)

    def __init__(self, net: Translator | None = None, strokes: list = EXAMPLES["T-shirt"]):
        net = net or bundled()
        super().__init__(weights=packed(net), strokes=strokes)
        data, metadata = plots.picture_bundle(*still(net))
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        widget = {"application/vnd.jupyter.widget-view+json": view}
        display({**widget, **mark("sketch"), **data}, metadata=metadata, raw=True)

    @property
    def outline(self) -> Tensor:
        """What is on the page as the net gets it: (1, 1, 28, 28) in {-1, 1}."""
        return raster(self.strokes)
