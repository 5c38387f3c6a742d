"""Images that stay as bytes on the device and are drawn there: the bundled sets, and the full ones.

The full ones need a network once.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlib.data.download import full_set
from ganlib.engine.checks import describe
from ganlib.engine.files import asset

__all__ = ["CLASS_NAMES", "CLOTHES", "DIGITS", "ImageSet", "load", "read_idx"]

DIGITS = [str(digit) for digit in range(10)]
CLOTHES = [
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
]
CLASS_NAMES = {"mnist": DIGITS, "fashion": CLOTHES}


class ImageSet:
    """Images and labels on one device; `batch` draws floats in [-1, 1].

    Args:
        images: (N, channels, H, W), uint8.
        labels: (N,), int64.
        class_names: what the labels 0, 1, ... mean.

    Raises:
        ValueError: naming the argument that does not fit.

    Example:
        >>> white = torch.full((4, 1, 8, 8), 255, dtype=torch.uint8)
        >>> squares = ImageSet(white, torch.zeros(4, dtype=torch.long), ["white"])
        >>> x, y = squares.batch(2)
        >>> x.shape, x.min().item()
        (torch.Size([2, 1, 8, 8]), 1.0)
    """

    def __init__(self, images: Tensor, labels: Tensor, class_names: list[str]):
        _check_images(images)
        _check_labels(labels, len(images), len(class_names))
        self.images, self.labels, self.class_names = images, labels, class_names

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Images as floats in [-1, 1] and their labels, for a tensor or slice of positions."""
        return self.images[index].float().div_(127.5).sub_(1), self.labels[index]

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n images drawn at random with replacement: x (n, channels, H, W) in [-1, 1], y (n,)."""
        if not 0 < n <= len(self):
            raise ValueError(
                f"n: expected 1 to {len(self)} images, the size of the set, but got {n}; use a smaller "
                "batch_size"
            )
        return self[torch.randint(len(self), (n,), device=self.images.device)]

    def of_class(self, label: int) -> "ImageSet":
        """The subset of one class.

        Raises:
            ValueError: if the set has no picture of it.
        """
        keep = self.labels == label
        if not keep.any():
            present = self.labels.unique().tolist()
            raise ValueError(
                f"label: expected a class with pictures, one of {present}, but got {describe(label)}; "
                "classes are counted from 0"
            )
        return ImageSet(self.images[keep], self.labels[keep], self.class_names)


def load(
    name: str = "mnist",
    *,
    full: bool = False,
    device: str | torch.device | None = None,
    cache: str | Path | None = None,
    deadline: float = 20.0,
) -> ImageSet:
    """The training images of "mnist" or "fashion".

    The bundle, a balanced 10,000 digits or 5,000 clothes, needs no network. MNIST: LeCun, Cortes and Burges.
    Fashion-MNIST: Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747.

    Args:
        name: "mnist" or "fashion".
        full: fetch all 60,000 within the deadline, or say in a sentence that the bundle is used instead.
        device: where the images go.
        cache: the folder for what is fetched; None takes $GANLIB_HOME or ~/.cache/ganlib.
        deadline: in seconds, for all mirrors together.

    Raises:
        ValueError: for an unknown name or a deadline that is not positive.

    Example:
        >>> len(load("mnist"))
        10000
    """
    _check_request(name, deadline)
    files = full_set(name, cache, deadline) if full else None
    images, labels = files or (asset(f"data/{name}-images.idx.gz"), asset(f"data/{name}-labels.idx.gz"))
    images, labels = (
        torch.from_numpy(read_idx(images)).unsqueeze(1),
        torch.from_numpy(read_idx(labels)).long(),
    )
    if full and files is None:
        print(f"Training goes on with the {len(images):,} bundled images in place of all 60,000.")
    return ImageSet(images.to(device), labels.to(device), CLASS_NAMES[name])


def read_idx(path: str | Path) -> np.ndarray:
    """A gzipped idx file of bytes -> a uint8 array.

    Raises:
        ValueError: if the file is cut short or something else.
    """
    try:
        raw = gzip.decompress(Path(path).read_bytes())
        dims = raw[3]
        shape = np.frombuffer(raw, ">u4", dims, offset=4)
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape).copy()
    except (OSError, EOFError, IndexError, ValueError, zlib.error) as error:
        raise ValueError(
            f"path: expected a complete gzipped idx file, but got {Path(path).name} ({error}); fetch it again"
        ) from None


def _check_images(images):
    if not torch.is_tensor(images):
        raise ValueError(
            f"images: expected a uint8 tensor, but got {type(images).__name__}; torch.from_numpy(array) "
            "makes one"
        )
    if images.dtype != torch.uint8 or images.dim() != 4 or len(images) == 0:
        raise ValueError(
            f"images: expected a non-empty uint8 tensor (N, channels, H, W), but got {describe(images)}; "
            "keep images as bytes, 0 to 255"
        )


def _check_labels(labels, n, classes):
    if not (torch.is_tensor(labels) and labels.dtype == torch.long and labels.shape == (n,)):
        raise ValueError(
            f"labels: expected {n} labels of dtype int64, but got {describe(labels)}; labels.long(), one "
            "for each image"
        )
    low, high = labels.min().item(), labels.max().item()
    if low < 0 or high >= classes:
        raise ValueError(
            f"labels: expected classes from 0 to {classes - 1}, but got {low} to {high}; count classes from 0"
        )


def _check_request(name, deadline):
    if name not in CLASS_NAMES:
        hint = (
            "for pictures of your own build an ImageSet"
            if isinstance(name, Path) or "/" in str(name)
            else "check the spelling"
        )
        raise ValueError(f"name: expected one of {', '.join(CLASS_NAMES)}, but got {name!r}; {hint}")
    if not (isinstance(deadline, (int, float)) and deadline > 0):
        raise ValueError(
            f"deadline: expected a positive number of seconds, but got {deadline!r}; deadline=20"
        )
