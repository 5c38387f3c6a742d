"""Predictions, answers and tables as HTML, the same in a notebook, on a page and on a slide.

The look is in cards.css, what happens in the browser in cards.js. Colors of text are the surroundings' own,
so that cards fit light and dark themes.
"""

import html
import json
import re
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

from ganlib.course import words

__all__ = ["answer", "as_text", "inline", "question", "script", "style", "table"]

FOLDER = Path(__file__).parent
NUMBER = re.compile(r"[-+−–±<>≈~]?\s*[\d.]")
_groups = count()  # radio buttons of one card belong together, wherever it stands


@cache
def style() -> str:
    """The cards' CSS."""
    return (FOLDER / "cards.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """The cards' JavaScript: functions, nothing is started."""
    return (FOLDER / "cards.js").read_text(encoding="utf-8")


def inline(text: str) -> str:
    """Text as HTML: escaped, but for bold words and line breaks."""
    text = html.escape(str(text))
    for tag in ("<b>", "</b>", "<br>"):
        text = text.replace(html.escape(tag), tag)
    return text.replace("\n", "<br>")


def plain(text: str) -> str:
    """The same text as it is printed: no bold words, and line breaks as new lines."""
    return text.replace("<b>", "").replace("</b>", "").replace("<br>", "\n")


def question(key: str, question: str, options: Sequence[str] | None, still: bool = False, **_: object) -> str:
    """A prediction. still: to be read only, where no script runs."""
    asked = f'<span class="gc-tag">{words.PREDICTION}</span> {inline(question)}'
    if still:
        offered = "".join(f"<li>{inline(option)}</li>" for option in options or [])
        offered = f"<ul>{offered}</ul>" if offered else ""
        return f'<div class="gc-card gc-question gc-still"><p class="gc-asked">{asked}</p>{offered}</div>'
    data = {
        "key": key,
        "options": json.dumps(options and list(options)),
        "locked": words.LOCKED,
        "missing": words.CHOOSE_FIRST if options else words.NUMBER_FIRST,
    }
    return (
        f'<fieldset class="gc-card gc-question" {_attributes(data)}>'
        f'<legend class="gc-asked">{asked}</legend><div class="gc-options">{_fields(question, options)}</div>'
        f'<div class="gc-row"><button type="button">{words.LOCK_IN}</button>'
        '<span class="gc-note" role="status" tabindex="-1"></span></div></fieldset>'
    )


def _fields(question, options):
    """Radio buttons, or a field for a number."""
    if options is None:
        name = html.escape(f"{question} ({words.A_NUMBER})")
        field = f'inputmode="decimal" autocomplete="off" placeholder="{words.A_NUMBER}" aria-label="{name}"'
        return f'<input type="text" {field}>'
    group = f"gc-{next(_groups)}"
    return "".join(
        f'<label><input type="radio" name="{group}" value="{i}"> <span>{inline(option)}</span></label>'
        for i, option in enumerate(options)
    )


def answer(
    key: str,
    answer: str | float,
    why: str,
    tolerance: float = 0.0,
    opened: bool = False,
    still: bool = False,
    **_: object,
) -> str:
    """An answer with its reason, closed until somebody has guessed or opens it; opened: on a slide.

    still: where no script runs.
    """
    shown = f"{answer:.4g}" if isinstance(answer, float) else answer
    stop = "" if shown.endswith((".", "!", "?", "。")) or not why else "."
    said = f"<b>{inline(shown)}{stop}</b> {inline(why)}"
    if opened:
        said = f'<p><span class="gc-tag">{words.ANSWER}</span> {said}</p>'
        return f'<div class="gc-card gc-answer gc-still">{said}</div>'
    data = {
        "key": key,
        "answer": json.dumps(answer),
        "tolerance": tolerance,
        "right": words.RIGHT,
        "wrong": words.WRONG,
    }
    nudge = "" if still else words.NUDGE
    return (
        f'<div class="gc-card gc-answer" {_attributes(data)}>'
        f'<p class="gc-note" role="status">{nudge}</p>'
        f"<details><summary>{words.ANSWER}</summary><p>{said}</p></details></div>"
    )


def _attributes(data):
    return " ".join(f'data-{name}="{html.escape(str(value))}"' for name, value in data.items())


def table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str, **_: object) -> str:
    """A table with its caption; columns of numbers stand at the right."""
    columns = list(zip(*rows)) or [["-"]] * len(header)
    numeric = [all(NUMBER.match(cell) for cell in column if cell) for column in columns]
    head = _row("th", header, numeric)
    body = "".join(_row("td", row, numeric) for row in rows)
    return (
        f'<table class="gc-table"><caption>{inline(caption)}</caption>'
        f"<thead>{head}</thead><tbody>{body}</tbody></table>"
    )


def _row(tag, cells, numeric):
    """A row of cells; those of the first kind head a column."""
    scope = ' scope="col"' if tag == "th" else ""
    kinds = [' class="gc-number"' if number else "" for number in numeric]
    row = (f"<{tag}{scope}{kind}>{inline(cell)}</{tag}>" for cell, kind in zip(cells, kinds))
    return f"<tr>{''.join(row)}</tr>"


def as_text(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A table in plain letters."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    plain = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([caption, *plain])
