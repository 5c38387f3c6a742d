"""Boxes that scroll sideways: so can wide pictures, tables, formulas and code be read on a phone."""

import html
import re
from pathlib import Path
from urllib.parse import unquote

from PIL import Image, UnidentifiedImageError

from ganlib.course import words

__all__ = ["boxed"]

WIDE = 560  # pixels; narrower pictures may shrink to a phone's width
PICTURE = re.compile(r'<img ([^>]*?)src="([^"]+)"([^>]*)>')
# What scrolls by itself, and only needs the shadows: formulas, and code in a text.
ITSELF = re.compile(
    r'<span class="(?:formula|long)"><math.*?</math></span>|<pre><code.*?</code></pre>', re.DOTALL
)
TABLE = re.compile(r"<table([^>]*)>(?:<caption>(.*?)</caption>)?(.*?)</table>", re.DOTALL)


def boxed(content: str, folder: Path) -> str:
    """A page's HTML with its wide pictures, tables, formulas and code in boxes.

    The words below a table stay outside.

    Args:
        folder: where the page's pictures lie; each gets its size, so that nothing jumps when it comes.
    """
    content = PICTURE.sub(lambda found: _picture(found, folder), content)
    content = ITSELF.sub(r'<span class="wide">\g<0></span>', content)
    return TABLE.sub(_table, content)


def _picture(found: re.Match, folder: Path) -> str:
    """A picture of the folder with its size, and in a box if it is wide; others as they are."""
    before, source, after = found.groups()
    try:
        wide, tall = Image.open(folder / unquote(html.unescape(source))).size
    except (OSError, UnidentifiedImageError):  # not a file of the folder, or not of pixels
        return found[0]
    picture = f'<img {before}loading="lazy" width="{wide}" height="{tall}" src="{source}"{after}>'
    return _box(picture, words.WIDE_PICTURE, f' style="--natural:{wide}px"') if wide >= WIDE else picture


def _table(found: re.Match) -> str:
    """A table in a box, with its caption below the box."""
    attributes, caption, inside = found.groups()
    table = _box(f"<table{attributes}>{inside}</table>", words.WIDE_TABLE)
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure class="table">{table}{below}</figure>'


def _box(inside: str, label: str, style: str = "") -> str:
    """Spans, which may also stand in a paragraph: the outer one has the shadows, the inner one scrolls."""
    attributes = f'tabindex="0" role="group" aria-label="{html.escape(label)}"'
    return f'<span class="wide"{style}><span class="scroll" {attributes}>{inside}</span></span>'
