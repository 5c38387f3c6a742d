"""What each page does that may stand in a frame: it grows with its content; a remote turns the slides."""

from pathlib import Path

__all__ = ["SCRIPT"]

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
