"""The README's commands, read from the README itself: python3 tests/readme_commands.py open|test."""

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent.parent / "README.md"


def commands():
    """{"open": ..., "test": ...}: the two bash one-liners, in their order."""
    blocks = re.findall(r"```bash\n(python3 -m venv [^\n]+)\n```", README.read_text(encoding="utf-8"))
    if len(blocks) != 2:
        sys.exit(
            f"README.md: found {len(blocks)} one-line set-up commands; expected 2, to open and to test the "
            "course."
        )
    return dict(zip(("open", "test"), blocks))


if __name__ == "__main__":
    print(commands()[sys.argv[1]])
