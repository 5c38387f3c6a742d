"""What the code that shows an output says of it, for those who read structure and no language.

Outputs carry facts under the MIME type `application/vnd.ganlib+json`:

    {"kind": "prediction", "key", "question", "options"}       options None: a number is asked for
    {"kind": "answer", "key", "answer", "why", "tolerance"}
    {"kind": "table", "header", "rows", "caption"}
    {"kind": "caption"}                                          words that stand under a picture
    {"kind": "sketch"}                                           a page to draw on, which needs no kernel

It stands apart from structure.py, which reads notebooks: nbformat takes seconds to import.
"""

from collections.abc import Mapping

__all__ = ["MIME", "facts", "mark"]

MIME = "application/vnd.ganlib+json"


def mark(kind: str, **more: object) -> dict[str, dict]:
    """What a display bundle holds besides its pictures and words, for those who read structure."""
    return {MIME: {"kind": kind, **more}}


def facts(output: Mapping) -> dict:
    """What the code said of its output; {} where it said nothing."""
    return output.get("data", {}).get(MIME, {})
