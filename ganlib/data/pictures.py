"""A folder of your own pictures, or somebody's dataset, as an ImageSet. Notebook 13."""

import hashlib
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from ganlib.data.images import ImageSet
from ganlib.engine.checkpoint import load_tensors, save_tensors
from ganlib.engine.checks import describe
from ganlib.engine.files import user_folder

__all__ = ["folder", "from_dataset"]

MODES = {1: "L", 3: "RGB"}
CACHE_FORMAT = 2  # one more whenever a picture is read in another way, so that old caches are not used
SHOWN = 5  # how many skipped files are named
MAX_BYTES = 2 << 30  # 2 GiB of pictures in memory


def folder(
    path: str | Path, size: int = 64, channels: int = 3, *, fit: str = "crop", device: Any = None
) -> ImageSet:
    """All pictures below a folder, turned upright, cut square and scaled to size x size.

    A subfolder is a class, named by its path; pictures in the folder itself are of the class ".". What is no
    picture is skipped and listed. The result is cached by the files' names, sizes and times, so the second
    call is quick.

    Args:
        path: the folder; any formats that Pillow reads, nested as deep as you like. Grays of 16 bits become
            8; floats are skipped.
        size: side of the squares, in pixels.
        channels: 3 for color, 1 for gray. Transparent parts become white.
        fit: "crop" cuts the middle square, "pad" adds white bars.
        device: where the images go.

    Raises:
        ValueError: if the path is no folder, holds no picture, or holds more than 2 GiB of them at this size.

    Example:
        >>> import tempfile
        >>> where = tempfile.mkdtemp()
        >>> Image.new("RGB", (40, 30), "red").save(f"{where}/a.png")
        >>> folder(where, size=32).images.shape
        torch.Size([1, 3, 32, 32])
    """
    path = Path(path)
    if not path.is_dir():
        raise ValueError(f"path: expected a folder, but got {str(path)!r}; check the name")
    _check_options(size, channels, fit)
    files = sorted(_files_below(path))
    _check_memory("path", len(files), size, channels)
    cache = _cache_file(files, path, size, channels, fit)
    images, labels, names, skipped = _from_cache(cache) or _read_all(files, path, size, channels, fit)
    _report(skipped, len(files), path)
    if len(images) == 0:
        raise ValueError(
            f"path: expected pictures below {str(path)!r}, but got none that can be read; check the folder"
        )
    _to_cache(cache, images, labels, names, skipped)
    return ImageSet(images.to(device), labels.to(device), names)


def from_dataset(
    dataset: Iterable,
    size: int = 64,
    channels: int = 3,
    *,
    fit: str = "crop",
    class_names: list[str] | None = None,
) -> ImageSet:
    """Pictures of a dataset as an ImageSet: torchvision's, Hugging Face's, or arrays.

    Args:
        dataset: yields (picture, label) pairs, dictionaries with "image" (or "img") and "label", or pictures;
            these are PIL images, uint8 arrays (H, W), (H, W, 3), or uint8 tensors (channels, H, W).
        size, channels, fit: as for `folder`.
        class_names: what the labels mean; None takes dataset.classes, or numbers.

    Raises:
        ValueError: naming the first entry that is no picture, or if there are more than 2 GiB of them.

    Example:
        >>> pictures = [(np.zeros((28, 28), np.uint8), 3), (np.zeros((28, 28), np.uint8), 1)]
        >>> from_dataset(pictures, size=32, channels=1).labels.tolist()
        [3, 1]
    """
    _check_options(size, channels, fit)
    if hasattr(dataset, "__len__"):
        _check_memory("dataset", len(dataset), size, channels)  # before any picture is read
    images, labels = [], []
    for i, entry in enumerate(dataset):
        _check_memory("dataset", i + 1, size, channels)
        picture, label = _picture_and_label(entry)
        images.append(_squared(_as_pil(picture, i), size, channels, fit))
        labels.append(int(label))
    if not images:
        raise ValueError("dataset: expected pictures, but got an empty one; check how it was made")
    names = class_names or getattr(dataset, "classes", None) or [str(i) for i in range(max(labels) + 1)]
    return ImageSet(torch.from_numpy(np.stack(images)), torch.tensor(labels), list(names))


def _files_below(path: Path) -> Iterator[Path]:
    """All files below a folder; hidden ones, and folders that may not be opened, are left out."""
    for where, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(where, name) for name in names if not name.startswith("."))


def _read_all(files, path, size, channels, fit):
    """(images (N, channels, size, size), labels (N,), class names, skipped files with the reason)."""
    names = sorted({file.parent.relative_to(path).as_posix() for file in files})
    images, labels, skipped = [], [], []
    for file in tqdm(files, desc="reading pictures", disable=len(files) < 500, leave=False):
        try:
            images.append(_squared(_opened(file), size, channels, fit))
            labels.append(file.parent.relative_to(path).as_posix())
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            skipped.append(f"{file.relative_to(path).as_posix()}: {_reason(error)}")
    names = [name for name in names if name in set(labels)]
    pixels = np.stack(images) if images else np.zeros((0, channels, size, size), np.uint8)
    return torch.from_numpy(pixels), torch.tensor([names.index(x) for x in labels]).long(), names, skipped


def _opened(file: Path) -> Image.Image:
    """A picture of at most Pillow's limit of pixels: a bomb is refused before it is unpacked."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file) as picture:
                picture.load()
                return picture
        except Image.DecompressionBombWarning as warning:
            raise ValueError(str(warning)) from None


def _squared(picture: Image.Image, size: int, channels: int, fit: str) -> np.ndarray:
    """Upright, on white, square, size x size: (channels, size, size) uint8."""
    picture = _of_8_bits(ImageOps.exif_transpose(picture))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = picture.convert(MODES[channels])
    fitted = ImageOps.fit if fit == "crop" else ImageOps.pad
    options = {} if fit == "crop" else {"color": "white"}
    pixels = np.asarray(fitted(picture, (size, size), Image.Resampling.LANCZOS, **options))
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _of_8_bits(picture: Image.Image) -> Image.Image:
    """Grays of 16 bits scaled to 8, which `convert` would cut off at 255; other pictures as they are."""
    if picture.mode == "F":
        raise ValueError("expected 8 or 16 bits a pixel, but got floats (mode F); scale them to bytes")
    if picture.mode != "I" and not picture.mode.startswith("I;16"):
        return picture
    grays = np.asarray(picture) / 257  # 65535 / 257 = 255
    return Image.fromarray(grays.round().clip(0, 255).astype(np.uint8))


def _picture_and_label(entry):
    if isinstance(entry, dict):
        picture = entry.get("image", entry.get("img"))
        return picture, entry.get("label", 0)
    if isinstance(entry, (tuple, list)) and len(entry) == 2:
        return entry
    return entry, 0


def _as_pil(picture: Any, i: int) -> Image.Image:
    if torch.is_tensor(picture) and picture.dtype == torch.uint8 and picture.dim() == 3:
        picture = picture.permute(1, 2, 0).squeeze(2).numpy()
    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim in (2, 3):
        return Image.fromarray(picture)
    if not isinstance(picture, Image.Image) or picture.mode == "F":
        raise ValueError(
            f"dataset: expected PIL images or uint8 arrays, but got {describe(picture)} as entry {i}; "
            "leave out ToTensor, or scale floats to bytes"
        )
    return picture


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "no permission"
    return "no picture" if isinstance(error, UnidentifiedImageError) else str(error) or type(error).__name__


def _report(skipped, total, path):
    if skipped:
        more = f", and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""
        print(
            f"{len(skipped)} of {total:,} files below {path.name} were skipped: "
            f"{'; '.join(skipped[:SHOWN])}{more}."
        )


def _cache_file(files, path, size, channels, fit) -> Path | None:
    """Where this selection is cached; None where nothing can be written."""
    digest = hashlib.sha256(f"{CACHE_FORMAT} {path.resolve()} {size} {channels} {fit}".encode())
    for file in files:
        facts = file.stat()
        digest.update(f"{file} {facts.st_size} {facts.st_mtime_ns}".encode(errors="surrogateescape"))
    try:
        where = user_folder() / "folders"
        where.mkdir(exist_ok=True)
        return where / f"{digest.hexdigest()[:24]}.safetensors"
    except OSError:
        return None


def _from_cache(cache):
    try:
        tensors, metadata = load_tensors(cache)
        return tensors["images"], tensors["labels"], metadata["names"], metadata["skipped"]
    except (OSError, TypeError, ValueError, KeyError):  # absent or damaged: read the pictures again
        return None


def _to_cache(cache, images, labels, names, skipped):
    if cache is None or cache.exists():
        return
    try:
        save_tensors(cache, {"images": images, "labels": labels}, names=names, skipped=skipped)
    except OSError:  # a full disk: the pictures are in memory, so training can begin all the same
        print(
            "The pictures could not be cached: the disk is full or read-only. The next call reads them again."
        )


def _check_options(size, channels, fit):
    if not (isinstance(size, int) and 8 <= size <= 1024):
        raise ValueError(f"size: expected an integer from 8 to 1024, but got {size!r}; 64 suits a small GPU")
    if channels not in MODES:
        raise ValueError(f"channels: expected 1 (gray) or 3 (color), but got {channels!r}")
    if fit not in ("crop", "pad"):
        raise ValueError(f"fit: expected 'crop' or 'pad', but got {fit!r}")


def _check_memory(name, n, size, channels):
    if n * channels * size * size > MAX_BYTES:
        most = MAX_BYTES // (channels * size * size)
        raise ValueError(
            f"{name}: expected at most {most:,} pictures of {size}x{size}, 2 GiB in memory, but got {n:,}; "
            "use a smaller size, or a part of the pictures"
        )
