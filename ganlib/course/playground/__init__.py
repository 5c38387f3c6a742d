"""A GAN on points of the plane that trains in the page itself, without a kernel and without a network.

`page()` is one HTML document; `show(loss="saturating")` displays it in a notebook. A scene is its settings:
in the page's address (#loss=saturating&seed=3), or as arguments here.
"""

import html
import json
import re
from pathlib import Path

from IPython.display import display

__all__ = ["frame", "page", "show"]

FOLDER = Path(__file__).parent
MODULES = ("tape", "game", "data", "pictures", "view")  # each stands on those before it
CHOICES = ("data", "loss", "penalty")
NUMBERS = (
    "weight",
    "clip",
    "gRate",
    "dRate",
    "beta1",
    "beta2",
    "dSteps",
    "batch",
    "latent",
    "width",
    "layers",
    "seed",
)


def page(home: str = "", **scene: str | float) -> str:
    """The page as one HTML document that asks for nothing else.

    Args:
        home: a link, as HTML, to where the page belongs.
        scene: settings that differ from the usual ones, named as in the page's address.

    Raises:
        ValueError: naming a setting that does not exist.
    """
    known = CHOICES + NUMBERS
    unknown = [name for name in scene if name not in known]
    if unknown:
        expected = f"expected settings among {', '.join(known)}"
        raise ValueError(f"scene: {expected}, but got {unknown[0]!r}; check the spelling")
    text = (FOLDER / "playground.html").read_text(encoding="utf-8")
    script = "\n".join(_as_constant(name) for name in MODULES)
    text = text.replace("<!-- HOME -->", f'<nav class="home">{home}</nav>' if home else "")
    return text.replace('"SCENE"', json.dumps(scene)).replace(
        '"SCRIPT"', script.replace("</script", "<\\/script")
    )


def _as_constant(name: str) -> str:
    """A JavaScript module as `const name = (() => {...})()`, so that several stand in one script."""
    source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    exported = re.findall(r"^export (?:class|function|const) (\w+)", source, re.MULTILINE)
    source = re.sub(r"^export ", "", source, flags=re.MULTILINE)
    source = re.sub(r'^import \* as (\w+) from "./(\w+).js";', r"const \1 = \2;", source, flags=re.MULTILINE)
    source = re.sub(r'^import (\{[^}]*\}) from "./(\w+).js";', r"const \1 = \2;", source, flags=re.MULTILINE)
    return f"const {name} = (() => {{\n{source}\nreturn {{ {', '.join(exported)} }};\n}})();"


def frame(**scene: str | float) -> str:
    """The page as an HTML fragment: a frame that keeps its styles and names to itself."""
    style = "width:100%;height:760px;border:0"
    document = html.escape(page(**scene))
    words = 'class="gc-playground" title="A GAN that trains in this page"'
    return f'<iframe {words} style="{style}" srcdoc="{document}"></iframe>'


def show(**scene: str | float) -> None:
    """Display the page in a notebook; it goes on without a kernel."""
    words = ", ".join(f"{name} {value}" for name, value in scene.items()) or "the usual settings"
    display(
        {"text/html": frame(**scene), "text/plain": f"A GAN that trains in this page: {words}."}, raw=True
    )
