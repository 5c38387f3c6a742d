"""Fetching the full MNIST and Fashion-MNIST: bounded in time, verified, complete or absent."""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from ganlib.engine.files import user_folder

__all__ = ["fetch", "full_set"]

DOWNLOAD = """
import sys, urllib.request
try:
    for url, path in zip(sys.argv[1::2], sys.argv[2::2]):
        request = urllib.request.Request(url, headers={"User-Agent": "ganlib"})
        with urllib.request.urlopen(request) as answer, open(path, "wb") as file:
            # 64 MB, more than any of the files: an endless answer does not fill the disk
            file.write(answer.read(1 << 26))
except Exception as error:
    sys.exit(str(error))
"""
TORCHVISION_NAMES = {"mnist": "MNIST", "fashion": "FashionMNIST"}


def resources(name: str) -> tuple[list[str], list[tuple[str, str]]]:
    """(mirrors, [(file name, md5)] of the training images and labels), as torchvision knows them."""
    from torchvision import datasets  # slow to import, and only needed here

    dataset = getattr(datasets, TORCHVISION_NAMES[name])
    mirrors = list(dataset.mirrors) if isinstance(dataset.mirrors, (list, tuple)) else [dataset.mirrors]
    return mirrors, [pair for pair in dataset.resources if pair[0].startswith("train")]


def full_set(name: str, cache: str | Path | None, deadline: float) -> list[Path] | None:
    """The files of the full set in the folder `cache`, or None and a sentence why."""
    try:
        return fetch(name, Path(cache or user_folder()) / name, deadline)
    except OSError as error:
        reason = error.strerror or error
        print(
            f"The full {TORCHVISION_NAMES[name]} cannot be kept: the folder for downloads is not writable "
            f"({reason})."
        )


def fetch(name: str, folder: Path, deadline: float, mirrors: list[str] | None = None) -> list[Path] | None:
    """The two verified files of the full set, from the folder or a mirror; None if they cannot be had.

    Then a printed sentence says why.

    Nothing unverified ever lies in the folder: files arrive in a temporary one and are renamed into place.
    Raises an OSError where the folder cannot be written.
    """
    end, reasons = time.monotonic() + deadline, []
    known, files = resources(name)
    targets, mirrors = [folder / file for file, _ in files], mirrors or known
    if _checksums_match(folder, files):
        return targets
    for i, mirror in enumerate(mirrors):
        # A silent mirror must leave time for the next.
        seconds = (end - time.monotonic()) / (len(mirrors) - i)
        with tempfile.TemporaryDirectory(dir=_make_folder(folder)) as temporary:
            reason = _download(files, mirror, temporary, seconds)
            if _checksums_match(Path(temporary), files):
                for target in targets:
                    os.replace(Path(temporary, target.name), target)
        if _checksums_match(folder, files):  # thanks to this process or to another one
            return targets
        reasons.append(f"{urlsplit(mirror).hostname}: {reason}")
    print(
        f"The full {TORCHVISION_NAMES[name]} could not be fetched: "
        f"{'; '.join(reasons) or 'no mirror is known'}."
    )
    return None


def _make_folder(folder):
    """The folder, made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _checksums_match(folder, files):
    """Whether every (file name, md5) lies in the folder."""
    return all(_md5(folder / file) == md5 for file, md5 in files)


def _md5(path):
    """The md5 of a file, None where it cannot be read."""
    try:
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError:
        return None


def _download(files, mirror, folder, seconds):
    """Fetch the files from one mirror into the folder -> in words, why they may not be what they should be.

    This is done in a process of its own, because a process can be ended: a time limit on a socket starts anew
    with every byte.
    """
    pairs = [part for file, _ in files for part in (mirror + file, str(Path(folder, file)))]
    try:
        done = subprocess.run(
            [sys.executable, "-c", DOWNLOAD, *pairs],
            capture_output=True,
            text=True,
            timeout=max(seconds, 0.1),
        )
    except subprocess.TimeoutExpired:
        return f"not done within {max(seconds, 0):.1f} s; a longer deadline may help"
    problem = " ".join(done.stderr.split())[-200:] or "the download failed"
    return problem if done.returncode else "what came was not the file, perhaps a log-in page of the network"
