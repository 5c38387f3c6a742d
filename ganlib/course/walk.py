"""A latent walk that needs no kernel: a small generator and 100 lines of JavaScript in one HTML page.

Notebook 03. Plain HTML in a frame does all of it, in a notebook, an exported page, a slide or a mail, with
nothing to install or to load.
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
from ganlib.course.frame import SCRIPT as FRAME_SCRIPT
from ganlib.engine.files import atomic_write
from ganlib.engine.modes import eval_mode
from ganlib.interpolation import slerp
from ganlib.nets import DCGenerator, MLPGenerator

TEMPLATE = Path(__file__).with_suffix(".html")


def fuse_batch_norm(G: MLPGenerator | DCGenerator) -> tuple[list[tuple[Tensor, Tensor]], float]:
    """Each layer's (matrix, bias), eval-mode batch norm fused in, and the activations' slope below 0.

    A matrix is (rows, columns), a bias (rows,). A transposed convolution has a row for each channel that it
    draws, and a column for each channel that it reads and each position of its kernel.
    """
    _check(G)
    layers, slope = [], 0.0
    for module in G.net:
        if isinstance(module, nn.Linear):
            layers.append((_numbers(module.weight), _numbers(module.bias)))
        elif isinstance(module, nn.ConvTranspose2d):
            layers.append((_numbers(module.weight).transpose(0, 1).flatten(1), _numbers(module.bias)))
        elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):  # scales and shifts rows of the one before
            layers.append(_normed(*layers.pop(), module))
        else:
            slope = getattr(module, "negative_slope", slope)
    return layers, slope


def _check(G):
    kinds = (nn.Linear, nn.ConvTranspose2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.LeakyReLU, nn.ReLU)
    kinds += (nn.Unflatten, nn.Identity, nn.Tanh)
    ok = isinstance(G, (MLPGenerator, DCGenerator)) and all(isinstance(part, kinds) for part in G.net)
    if not ok or getattr(G, "n_classes", 0) or len(_shape(G)) != 3 or _shape(G)[0] not in (1, 3):
        raise ValueError(
            "G: expected an MLPGenerator or a DCGenerator of pictures, without labels, but got "
            f"{G!r:.80}; gan.ema.module, say"
        )


def _numbers(tensor):
    return tensor.detach().cpu().double()


def _normed(matrix, bias, norm):
    """A layer followed by batch norm as one layer; a channel of the norm may span several rows."""
    mean, var, gain, shift = (
        _numbers(t).repeat_interleave(len(bias) // norm.num_features)
        for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    gain = gain / (var + norm.eps).sqrt()
    return matrix * gain[:, None], (bias - mean) * gain + shift


def _shape(G) -> tuple[int, ...]:
    """(channels, height, width) of what G draws."""
    if isinstance(G, MLPGenerator):
        return G.shape
    with torch.no_grad(), eval_mode(G):
        return tuple(G(torch.zeros(1, G.z_dim, device=next(G.parameters()).device)).shape[1:])


def quantized(G: MLPGenerator | DCGenerator) -> dict:
    """G as a dict that JSON can hold: its matrices as 8-bit integers with one scale a row, in base64.

    `kernels` has the side of each layer's kernel, 0 for a linear layer.
    """
    layers, slope = fuse_batch_norm(G)
    parts = []
    for matrix, bias in layers:
        scale = matrix.abs().amax(1).clamp_min(1e-12) / 127  # (rows,)
        integers = (matrix / scale[:, None]).round()
        parts += [
            np.asarray(values, dtype) for values, dtype in ((scale, "<f4"), (bias, "<f4"), (integers, "i1"))
        ]
    weights = base64.b64encode(b"".join(part.tobytes() for part in parts)).decode()
    kernels = [
        module.kernel_size[0] if isinstance(module, nn.ConvTranspose2d) else 0
        for module in G.net
        if isinstance(module, (nn.Linear, nn.ConvTranspose2d))
    ]
    widths = [G.z_dim, *(len(bias) for _, bias in layers)]
    return {"widths": widths, "kernels": kernels, "shape": _shape(G), "slope": slope, "weights": weights}


def page(G: MLPGenerator | DCGenerator) -> str:
    """The walk as a whole HTML document: mail it, open it offline.

    For the nets of notebook 03 about 0.75 MB.
    """
    text = TEMPLATE.read_text(encoding="utf-8").replace('"FRAME"', FRAME_SCRIPT)
    return text.replace('"NET"', json.dumps(quantized(G)))


def save(G: MLPGenerator | DCGenerator, path: str | Path) -> None:
    """Write the walk as one HTML file that needs nothing else: a generator to pass on.

    Raises:
        ValueError: for a generator with labels or with other layers.
    """
    text = page(G)
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def frame(G: MLPGenerator | DCGenerator) -> str:
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


def show(G: MLPGenerator | DCGenerator) -> None:
    """Display the walk in a notebook.

    It goes on without a kernel; stored pages of the course keep only a picture.
    """
    data, metadata = plots.picture_bundle(*still(G))
    display({"text/html": frame(G), **data}, metadata=metadata, raw=True)
