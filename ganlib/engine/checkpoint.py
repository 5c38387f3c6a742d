"""Named tensors in safetensors files.

Reading one never executes code, and each file knows its own checksum.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ganlib.engine.files import asset, atomic_write

__all__ = ["dequantize", "load_tensors", "load_weights", "quantize", "save_tensors", "save_weights"]

SCALE = ".scale"


def save_tensors(path: str | Path, tensors: dict[str, Tensor], **metadata: Any) -> None:
    """Write named tensors, and metadata that JSON can hold, as one safetensors file with a checksum."""
    flat = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    text = json.dumps(metadata)
    content = save(
        flat,
        {"facts": text, "sha256": _digest(flat, text)},  # "facts": the key of files saved by version 0.1
    )
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def load_tensors(
    path: str | Path, device: str | torch.device = "cpu"
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save_tensors` wrote. No code from the file is executed.

    Returns:
        The named tensors on the device, and the metadata.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or not a safetensors file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"path: expected a saved file, but got {str(path)!r}; check the name, or save first"
        )
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = header.get("facts", "{}")
        if header.get("sha256") not in (None, _digest(tensors, text)):  # None: a file of another program
            raise ValueError("the checksum does not match")
        return {name: value.to(device) for name, value in tensors.items()}, dict(json.loads(text))
    except (SafetensorError, TypeError, ValueError) as error:
        reason = (
            "it is a pickle or a file of torch.save, which can hold code" if _is_pickle(path) else str(error)
        )
        raise ValueError(
            f"path: expected a complete safetensors file, but got {path.name} ({reason}); use an older "
            "copy, or save again"
        ) from None


def _digest(tensors: dict[str, Tensor], text: str) -> str:
    """The sha256 of all names, shapes, dtypes and bytes of the tensors (on the CPU) and of the metadata."""
    digest = hashlib.sha256(text.encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _is_pickle(path: Path) -> bool:
    """Whether the file begins like a pickle or like torch.save's zip archive."""
    with open(path, "rb") as file:
        return file.read(4).startswith((b"PK\3\4", b"\x80"))


def quantize(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Make a state dict small: matrices as 8-bit integers with one scale a row, other floats as float16."""
    small = {}
    for name, value in weights.items():
        if value.dim() == 2:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127  # (rows, 1)
            small |= {name: (value / scale).round().to(torch.int8), name + SCALE: scale}
        else:
            small[name] = value.half() if value.is_floating_point() else value
    return small


def dequantize(small: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict that `quantize` made small, up to rounding."""
    scales = {name + SCALE for name, value in small.items() if value.dtype == torch.int8} & small.keys()
    return {
        name: value * small[name + SCALE] if name + SCALE in scales else value
        for name, value in small.items()
        if name not in scales  # a weight of the net's own may be called scale, too
    }


def save_weights(path: str | Path, module: nn.Module) -> None:
    """Write a module's weights, quantized."""
    save_tensors(path, quantize(module.state_dict()))


def load_weights(module: nn.Module, name: str) -> nn.Module:
    """Load a bundled checkpoint of `save_weights` into the module, and return it in eval mode."""
    small, _ = load_tensors(asset(name))
    weights = dequantize(small)
    found = {key: tuple(value.shape) for key, value in weights.items()}
    expected = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    if found != expected:
        raise ValueError(
            f"module: expected the net that {name} was saved from, but got {type(module).__name__} "
            f"with {_first_difference(expected, found)}; build it with the same widths"
        )
    module.load_state_dict(weights)
    return module.eval()


def _first_difference(shapes: dict, saved: dict) -> str:
    """The first entry in which two state dicts differ, in words."""
    name = next(key for key in [*shapes, *saved] if shapes.get(key) != saved.get(key))
    return f"{name} of shape {shapes.get(name)} where the file has {saved.get(name)}"
