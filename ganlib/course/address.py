"""The repository's address, written into every badge and set-up cell."""

import re
import subprocess
from pathlib import Path

__all__ = ["address_of_remote", "set_address"]

NAME = r"[\w-]+(?:\.[\w-]+)*"
TEXTS = ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CITATION.cff")
ADDRESS = re.compile(rf"{NAME}/{NAME}")
OCCURRENCES = re.compile(rf"(?<=github\.com/){NAME}/{NAME}|(?<=research\.google\.com/github/){NAME}/{NAME}")


def address_of_remote(root: Path) -> str:
    """OWNER/NAME of the clone's remote `origin` on GitHub, from its https or ssh form.

    Raises:
        ValueError: if there is no such remote, or it is not on GitHub.
    """
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    url = done.stdout.strip().removesuffix("/").removesuffix(".git")
    found = re.search(rf"github\.com[:/]({NAME}/{NAME})$", url)
    if not found:
        raise ValueError(
            f"address: expected a remote `origin` on github.com, but got {url or 'none'}; "
            "give OWNER/NAME to the command"
        )
    return found[1]


def set_address(address: str, root: Path, notebooks: list[Path]) -> None:
    """Write owner/name into every notebook and every text that names the repository.

    Raises:
        ValueError: if the address is not OWNER/NAME.
    """
    if not ADDRESS.fullmatch(address):
        raise ValueError(
            f"address: expected OWNER/NAME, as in the repository's URL on GitHub, but got {address!r}"
        )
    for path in [*(root / name for name in TEXTS), *notebooks]:
        path.write_text(OCCURRENCES.sub(address, path.read_text(encoding="utf-8")), encoding="utf-8")
