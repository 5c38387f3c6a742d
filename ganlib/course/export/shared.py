"""Pictures and frames of an exported page as files of their own: no page carries what it may load later."""

import base64
import hashlib
import html
import re
from pathlib import Path

__all__ = ["to_files"]

PICTURE = re.compile(r'<img src="data:image/(\w+);base64,([^"]+)"')
FRAME = re.compile(r'srcdoc="([^"]*)"')


def to_files(content: str, folder: Path) -> str:
    """Write each picture and each frame of a page beside it, once, and name the files in the page instead."""

    def picture(found: re.Match) -> str:
        return f'<img src="{_stored(folder, "pictures", found[1], base64.b64decode(found[2]))}"'

    def frame(found: re.Match) -> str:
        name = _stored(folder, "frames", "html", html.unescape(found[1]).encode())
        return f'loading="lazy" src="{name}"'

    return FRAME.sub(frame, PICTURE.sub(picture, content))


def _stored(folder: Path, inside: str, ending: str, data: bytes) -> str:
    """A file named by its content, so that equal ones are stored and loaded once."""
    name = f"{inside}/{hashlib.sha256(data).hexdigest()[:12]}.{ending}"
    (folder / inside).mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return name
