"""Files that are either complete or absent.

Write to a temporary file, then rename; hashes are checked before reading.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ASSETS", "asset", "asset_names", "atomic_write", "check_hash", "user_folder"]

PACKAGE = Path(__file__).parent.parent
# In a clone the assets lie beside the package; an installed wheel carries them inside it.
ASSETS = PACKAGE / "assets" if (PACKAGE / "assets").is_dir() else PACKAGE.parent / "assets"


def user_folder() -> Path:
    """The folder for downloads and progress.

    $GANLIB_HOME, else ~/.cache/ganlib, else one in the system's temporary folder.

    Raises:
        OSError: if none of them can be written; it says why.
    """
    try:
        return _writable(Path(os.environ.get("GANLIB_HOME") or Path.home() / ".cache" / "ganlib"))
    except (OSError, RuntimeError):  # read-only or full disk, no home
        return _writable(Path(tempfile.gettempdir()) / "ganlib")


def _writable(folder: Path) -> Path:
    """Create the folder if it is missing and write a test file in it; raises an OSError if that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(4096))
    return folder


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`.

    It replaces `path` if the block succeeds and is deleted if it fails.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(
            f"path: expected a file in an existing folder, but got {str(path)!r}; create the folder first"
        )
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        yield Path(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp's files are readable by their owner only
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def check_hash(path: str | Path, sha256: str) -> None:
    """Raise a ValueError unless the file has this sha256."""
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{Path(path).name}: expected sha256 {sha256}, but got {found}; the file is damaged or "
            "changed: fetch the course again"
        )


def asset_names() -> list[str]:
    """The names of all bundled files, as `asset` takes them."""
    return sorted(json.loads((ASSETS / "hashes.json").read_text(encoding="utf-8")))


def asset(name: str) -> Path:
    """The path of a bundled file, after its hash has been compared with the one in assets/hashes.json."""
    hashes = json.loads((ASSETS / "hashes.json").read_text(encoding="utf-8"))
    if name not in hashes:
        raise ValueError(
            f"name: expected one of {', '.join(sorted(hashes))}, but got {name!r}; check the spelling"
        )
    check_hash(ASSETS / name, hashes[name])
    return ASSETS / name
