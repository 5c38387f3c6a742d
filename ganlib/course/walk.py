"""A latent walk that needs no kernel.

A small generator's weights and 100 lines of JavaScript in one HTML page. Notebook 03.

Plain HTML in a frame does all of it, in a notebook, an exported page, a slide or a mail, with nothing to
install or to load.
"""

import base64
import html
import json
from pathlib import Path

import numpy as np
import torch
from IPython.display import display
from torch import Tensor, nn

from ganlib.course import plots
from ganlib.engine.modes import eval_mode
from ganlib.interpolation import slerp
from ganlib.nets import MLPGenerator

TEMPLATE = Path(__file__).with_suffix(".html")


def fuse_batch_norm(G: MLPGenerator) -> tuple[list[tuple[Tensor, Tensor]], float]:
    """Each linear layer's (matrix (rows, columns), bias (rows,)), with eval-mode batch norm fused in.

    LeakyReLU's slope.
    """
    ok = isinstance(G, MLPGenerator) and not G.n_classes and G.shape[0] == 1
    if not ok:
        raise ValueError(
            f"G: expected an MLPGenerator of gray pictures without labels, but got {G!r:.80}; "
            "gan.ema.module, say"
        )
    layers, slope = [], 0.0
    for module in G.net:
        if isinstance(module, nn.Linear):
            layers.append((module.weight.detach().cpu().double(), module.bias.detach().cpu().double()))
        elif isinstance(module, nn.BatchNorm1d):  # scales and shifts each row of the matrix before it
            mean, var, gain, shift = (
                t.detach().cpu().double()
                for t in (module.running_mean, module.running_var, module.weight, module.bias)
            )
            matrix, bias = layers.pop()
            gain = gain / (var + module.eps).sqrt()
            layers.append((matrix * gain[:, None], (bias - mean) * gain + shift))
        else:
            slope = module.negative_slope
    return layers, slope


def quantized(G: MLPGenerator) -> dict:
    """G as a dict that JSON can hold: its matrices as 8-bit integers with one scale a row, in base64."""
    layers, slope = fuse_batch_norm(G)
    parts = []
    for matrix, bias in layers:
        scale = matrix.abs().amax(1).clamp_min(1e-12) / 127  # (rows,)
        integers = (matrix / scale[:, None]).round()
        parts += [
            np.asarray(values, dtype) for values, dtype in ((scale, "<f4"), (bias, "<f4"), (integers, "i1"))
        ]
    weights = base64.b64encode(b"".join(part.tobytes() for part in parts)).decode()
    widths = [G.z_dim, *(len(bias) for _, bias in layers)]
    return {"widths": widths, "shape": G.shape[1:], "slope": slope, "weights": weights}


def page(G: MLPGenerator) -> str:
    """The walk as a whole HTML document: save it, mail it, open it offline.

    For the nets of notebook 03 about 0.75 MB.
    """
    return TEMPLATE.read_text(encoding="utf-8").replace('"NET"', json.dumps(quantized(G)))


def frame(G: MLPGenerator) -> str:
    """The walk as an HTML fragment: a frame that keeps its styles and names to itself."""
    style = "width:100%;height:560px;border:0"
    return f'<iframe title="A walk in latent space" style="{style}" srcdoc="{html.escape(page(G))}"></iframe>'


@torch.no_grad()
def still(G):
    """(picture, words) of one walk by slerp, for pages where nothing runs."""
    a, b = torch.randn(2, G.z_dim, generator=torch.Generator().manual_seed(1)).to(next(G.parameters()).device)
    stops = torch.stack([slerp(a, b, i / 10) for i in range(11)])
    with eval_mode(G):
        images = G(stops)
    return plots.image_grid(images, columns=11), "Eleven stops on a walk by slerp from one sample to another."


def show(G: MLPGenerator) -> None:
    """Display the walk in a notebook.

    It goes on without a kernel; stored pages of the course keep only a picture.
    """
    data, metadata = plots.picture_bundle(*still(G))
    display({"text/html": frame(G), **data}, metadata=metadata, raw=True)
