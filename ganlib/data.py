"""Images that stay as bytes on the device and are drawn there; the bundled sets, and the full ones where a network is."""

import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import torch

from ganlib.errors import expect
from ganlib.store import asset, user_folder

DIGITS = [str(digit) for digit in range(10)]
CLOTHES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
CLASS_NAMES = {"mnist": DIGITS, "fashion": CLOTHES}
DOWNLOAD = """
import sys, urllib.request
try:
    for url, path in zip(sys.argv[1::2], sys.argv[2::2]):
        request = urllib.request.Request(url, headers={"User-Agent": "ganlib"})
        with urllib.request.urlopen(request) as answer, open(path, "wb") as file:
            file.write(answer.read(1 << 26))  # 64 MB, more than any of the files: an endless answer does not fill the disk
except Exception as error:
    sys.exit(str(error))
"""
TORCHVISION_NAMES = {"mnist": "MNIST", "fashion": "FashionMNIST"}


class ImageSet:
    """images (N, 1, H, W) uint8 and labels (N,) int64 on one device; `batch` draws floats in [-1, 1]."""

    def __init__(self, images, labels, class_names):
        ok = torch.is_tensor(images) and images.dtype == torch.uint8 and images.dim() == 4 and len(images) > 0
        expect(ok, "images", images, "a non-empty uint8 tensor (N, channels, H, W)", "keep images as bytes, 0 to 255")
        ok = torch.is_tensor(labels) and labels.dtype == torch.long and labels.shape == images.shape[:1]
        expect(ok, "labels", labels, f"{len(images)} labels of dtype int64", "labels.long(), one for each image")
        low, high = labels.min().item(), labels.max().item()
        expect(low >= 0 and high < len(class_names), "labels", [low, high], f"classes from 0 to {len(class_names) - 1}",
               "count classes from 0")  # fmt: skip
        self.images, self.labels, self.class_names = images, labels, class_names

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """Images as floats in [-1, 1] and their labels, for a tensor or slice of positions."""
        return self.images[index].float().div_(127.5).sub_(1), self.labels[index]

    def batch(self, n):
        """n images drawn at random with replacement: x (n, 1, H, W) in [-1, 1], y (n,)."""
        expect(0 < n <= len(self), "n", n, f"1 to {len(self)} images, the size of the set", "use a smaller batch_size")
        return self[torch.randint(len(self), (n,), device=self.images.device)]

    def of_class(self, label):
        """The subset of one class."""
        keep = self.labels == label
        return ImageSet(self.images[keep], self.labels[keep], self.class_names)


def load(name="mnist", *, full=False, device=None, cache=None, deadline=20.0):
    """The training images of "mnist" or "fashion" as an ImageSet.

    The bundle, a balanced 10,000 digits or 5,000 clothes, needs no network. full=True fetches all 60,000 into the
    folder `cache` within `deadline` seconds, or says in a sentence that the bundle is used instead.
    MNIST: LeCun, Cortes and Burges. Fashion-MNIST: Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747.
    """
    expect(name in CLASS_NAMES, "name", name, f"one of {', '.join(CLASS_NAMES)}", "check the spelling")
    ok = isinstance(deadline, (int, float)) and deadline > 0
    expect(ok, "deadline", deadline, "a positive number of seconds", "deadline=20")
    files = full_set(name, cache, deadline) if full else None
    images, labels = files or (asset(f"data/{name}-images.idx.gz"), asset(f"data/{name}-labels.idx.gz"))
    images, labels = torch.from_numpy(read_idx(images)).unsqueeze(1), torch.from_numpy(read_idx(labels)).long()
    if full and files is None:
        print(f"Training goes on with the {len(images):,} bundled images in place of all 60,000.")
    return ImageSet(images.to(device), labels.to(device), CLASS_NAMES[name])


def read_idx(path):
    """A gzipped idx file of bytes -> a uint8 array; ValueError if it is cut short or something else."""
    try:
        raw = gzip.decompress(Path(path).read_bytes())
        dims = raw[3]
        shape = np.frombuffer(raw, ">u4", dims, offset=4)
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape).copy()
    except (OSError, EOFError, IndexError, ValueError, zlib.error) as error:
        problem = f"path: {Path(path).name} is not a whole gzipped idx file ({error})"
        raise ValueError(f"{problem}. To mend it: fetch it again.") from None


def resources(name):
    """(mirrors, [(file name, md5)] of the training images and labels), as torchvision knows them."""
    from torchvision import datasets  # slow to import, and only needed here

    dataset = getattr(datasets, TORCHVISION_NAMES[name])
    mirrors = list(dataset.mirrors) if isinstance(dataset.mirrors, (list, tuple)) else [dataset.mirrors]
    return mirrors, [pair for pair in dataset.resources if pair[0].startswith("train")]


def full_set(name, cache, deadline):
    """The files of the full set in the folder `cache`, or None and a sentence why."""
    try:
        return fetch(name, Path(cache or user_folder()) / name, deadline)
    except OSError as error:
        reason = error.strerror or error
        print(f"The full {TORCHVISION_NAMES[name]} has no place: the folder for downloads cannot be written ({reason}).")


def fetch(name, folder, deadline, mirrors=None):
    """The two verified files of the full set, from the folder or a mirror; None, and a sentence why, if it cannot be.

    Nothing unverified ever lies in the folder: files arrive in a temporary one and are renamed into place.
    Raises an OSError where the folder cannot be written.
    """
    end, reasons = time.monotonic() + deadline, []
    known, files = resources(name)
    targets, mirrors = [folder / file for file, _ in files], mirrors or known
    if are_whole(folder, files):
        return targets
    for i, mirror in enumerate(mirrors):
        seconds = (end - time.monotonic()) / (len(mirrors) - i)  # a silent mirror must leave time for the next
        with tempfile.TemporaryDirectory(dir=make_folder(folder)) as temporary:
            reason = download(files, mirror, temporary, seconds)
            if are_whole(Path(temporary), files):
                for target in targets:
                    os.replace(Path(temporary, target.name), target)
        if are_whole(folder, files):  # thanks to this process or to another one
            return targets
        reasons.append(f"{urlsplit(mirror).hostname}: {reason}")
    print(f"The full {TORCHVISION_NAMES[name]} could not be fetched: {'; '.join(reasons) or 'no mirror is known'}.")
    return None


def make_folder(folder):
    """The folder, made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def are_whole(folder, files):
    """Whether every (file name, md5) lies in the folder."""
    return all(md5_of(folder / file) == md5 for file, md5 in files)


def md5_of(path):
    """The md5 of a file, None where it cannot be read."""
    try:
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError:
        return None


def download(files, mirror, folder, seconds):
    """Fetch the files from one mirror into the folder -> what went wrong, in words, if they are not what they should be.

    In a process of its own, because a process can be ended: a time limit on a socket starts anew with every byte.
    """
    pairs = [part for file, _ in files for part in (mirror + file, str(Path(folder, file)))]
    try:
        done = subprocess.run([sys.executable, "-c", DOWNLOAD, *pairs], capture_output=True, text=True, timeout=max(seconds, 0.1))
    except subprocess.TimeoutExpired:
        return f"not done within {seconds:.0f} s, which a longer deadline may mend"
    problem = " ".join(done.stderr.split())[-200:] or "the download failed"
    return problem if done.returncode else "what came was not the file, perhaps a log-in page of the network"
