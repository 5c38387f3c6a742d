"""The repository's address, written into every badge and set-up cell."""

import re
from pathlib import Path

__all__ = ["set_address"]

NAME = r"[\w-]+(?:\.[\w-]+)*"
TEXTS = ("pyproject.toml", "README.md", "CITATION.cff")
ADDRESS = re.compile(rf"{NAME}/{NAME}")
OCCURRENCES = re.compile(rf"(?<=github\.com/){NAME}/{NAME}|(?<=research\.google\.com/github/){NAME}/{NAME}")


def set_address(address: str, root: Path, notebooks: list[Path]) -> None:
    """Write owner/name into pyproject.toml, README.md, CITATION.cff and every notebook.

    Raises:
        ValueError: if the address is not OWNER/NAME.
    """
    if not ADDRESS.fullmatch(address):
        raise ValueError(
            f"address: expected OWNER/NAME, as in the repository's URL on GitHub, but got {address!r}"
        )
    for path in [*(root / name for name in TEXTS), *notebooks]:
        path.write_text(OCCURRENCES.sub(address, path.read_text(encoding="utf-8")), encoding="utf-8")
