"""A generator as an ONNX file, which runs without PyTorch: in a browser, on a phone, in another language."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlib.engine.files import atomic_write
from ganlib.engine.modes import eval_mode

__all__ = ["export_arguments", "save_onnx"]


def save_onnx(G: nn.Module, path: str | Path) -> None:
    """A generator in eval mode as one ONNX file: z (batch, z_dim) [, y (batch,)] -> pictures.

    Needs the packages onnx and onnxscript, and PyTorch 2.6 or newer.

    Args:
        G: has `z_dim`, and `n_classes` if it takes labels; gan.ema.module, say.
        path: of the file.

    Raises:
        ImportError: where a package is missing; it says which.
        ValueError: if G has no z_dim.
    """
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"{missing[0]}: expected the packages onnx and onnxscript, which write ONNX files, but "
            f"{' and '.join(missing)} cannot be found; pip install onnx onnxscript"
        )
    with atomic_write(path) as temporary, eval_mode(G), torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "# The axis name")  # z and y share theirs, as they should
        torch.onnx.export(
            G,
            f=temporary,
            dynamo=True,
            external_data=False,
            output_names=["pictures"],
            verbose=False,
            **export_arguments(G),
        )


def export_arguments(G: nn.Module) -> dict[str, Any]:
    """Example inputs of a generator, their names, and that any number of rows may come."""
    z_dim = getattr(G, "z_dim", None)
    if not z_dim:
        raise ValueError(f"G: expected a generator with z_dim, but got {G!r:.80}; gan.ema.module, say")
    device = next(G.parameters()).device
    inputs: dict[str, Tensor] = {"z": torch.zeros(2, z_dim, device=device)}
    if getattr(G, "n_classes", 0):
        inputs["y"] = torch.zeros(2, dtype=torch.long, device=device)
    batch = torch.export.Dim("batch")
    return {
        "args": tuple(inputs.values()),
        "input_names": list(inputs),
        "dynamic_shapes": tuple({0: batch} for _ in inputs),
    }
