"""Files that are either whole or not there: write beside, then rename; hashes checked before anything is read."""

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ganlib.errors import expect

ASSETS = Path(__file__).parent.parent / "assets"


def user_folder():
    """Where downloads and progress are kept: $GANLIB_HOME, else ~/.cache/ganlib, else in the system's temporary folder.

    Raises an OSError that says why where none of them can be written.
    """
    try:
        return writable(Path(os.environ.get("GANLIB_HOME") or Path.home() / ".cache" / "ganlib"))
    except (OSError, RuntimeError):  # read-only or full disk, no home
        return writable(Path(tempfile.gettempdir()) / "ganlib")


def writable(folder):
    """The folder, made if it is missing, after something could be written in it; an OSError if not."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(4096))
    return folder


@contextmanager
def replacing(path):
    """Yield a temporary path beside `path`; it takes path's place when the block ends well, and is removed if not."""
    path = Path(path)
    expect(path.parent.is_dir(), "path", str(path), "a file in a folder that exists", "make the folder first")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        yield Path(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp's files are readable by their owner alone
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def save_tensors(path, tensors, **facts):
    """Write named tensors, and facts that JSON can hold, as one safetensors file that knows its own checksum."""
    flat = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    facts = json.dumps(facts)
    whole = save(flat, {"facts": facts, "sha256": digest(flat, facts)})
    with replacing(path) as temporary:
        temporary.write_bytes(whole)


def load_tensors(path, device="cpu"):
    """-> (named tensors, facts). Runs no code from the file; one that is damaged, or something else, is a ValueError."""
    path = Path(path)
    expect(path.is_file(), "path", str(path), "a saved file", "check the name, or save first", FileNotFoundError)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = metadata.get("facts", "{}")
        if metadata.get("sha256") not in (None, digest(tensors, facts)):  # None: another program's file
            raise ValueError("its checksum is another one")
        return {name: value.to(device) for name, value in tensors.items()}, dict(json.loads(facts))
    except (SafetensorError, TypeError, ValueError) as error:
        kind = "of torch.save or pickle; such files can hold code and are not opened" if is_pickle(path) else str(error)
        problem = f"path: {path.name} is not a whole safetensors file ({kind})"
        raise ValueError(f"{problem}. To mend it: use an older copy, or save again.") from None


def digest(tensors, facts):
    """The sha256 of all names, shapes, types and bytes of the tensors (on the CPU) and of the facts."""
    whole = hashlib.sha256(facts.encode())
    for name, value in sorted(tensors.items()):
        whole.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        whole.update(value.flatten().view(torch.uint8).numpy())
    return whole.hexdigest()


def is_pickle(path):
    """Whether the file begins as a pickle or as torch.save's zip."""
    with open(path, "rb") as file:
        return file.read(4).startswith((b"PK\3\4", b"\x80"))


def check_hash(path, sha256):
    """Raise a ValueError unless the file's sha256 is the one expected."""
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    expect(found == sha256, f"{Path(path).name}'s sha256", found, sha256, "the file is damaged or changed: fetch the course again")


def asset(name):
    """The path of a bundled file, after its hash is found to be the one in assets/hashes.json."""
    hashes = json.loads((ASSETS / "hashes.json").read_text())
    expect(name in hashes, "name", name, f"one of {', '.join(sorted(hashes))}", "check the spelling")
    check_hash(ASSETS / name, hashes[name])
    return ASSETS / name


SCALE = ".scale"


def save_weights(path, module):
    """Write a module's weights small: matrices as 8-bit whole numbers with one scale a row, the rest as float16."""
    packed = {}
    for name, value in module.state_dict().items():
        if value.dim() == 2:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127  # (rows, 1)
            packed |= {name: (value / scale).round().to(torch.int8), name + SCALE: scale}
        else:
            packed[name] = value.half() if value.is_floating_point() else value
    save_tensors(path, packed)


def load_weights(module, name):
    """Load a bundled checkpoint of `save_weights` into module and return it in eval mode."""
    packed, _ = load_tensors(asset(name))
    scales = {key.removesuffix(SCALE): packed.pop(key) for key in list(packed) if key.endswith(SCALE)}
    weights = {key: value * scales.get(key, 1) for key, value in packed.items()}
    shapes, expected = ({key: tuple(value.shape) for key, value in d.items()} for d in (weights, module.state_dict()))
    expect(shapes == expected, "module", shapes, f"the net that {name} was saved from", "build it with the same widths")
    module.load_state_dict(weights)
    return module.eval()


def generator_of(device):
    """torch's own random generator on the device."""
    device = torch.device(device)
    if device.type != "cuda":
        return torch.default_generator
    return torch.cuda.default_generators[torch.cuda.current_device() if device.index is None else device.index]


def torch_random_state(device):
    """The state of torch's random stream on the device, as a tensor on the CPU."""
    return torch.cuda.get_rng_state(device) if torch.device(device).type == "cuda" else torch.get_rng_state()


def set_torch_random_state(device, state):
    """Put torch's random stream on the device back to a state from `torch_random_state`."""
    if torch.device(device).type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)
