"""The API reference: pages from ganlib's docstrings, made by pdoc, within the course's own frame."""

import posixpath
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pdoc
import pdoc.doc
import pdoc.extract
import pdoc.render

from ganlib.course import words

__all__ = ["write"]

HERE = Path(__file__).parent
FOLDER = "api"
# Of what exists for the notebooks, only what a notebook calls: exercises hold their solutions.
SHOWN = ["ganlib", r"!ganlib\.course\.(?!(playground|plots|predict|results|setup|walk|widgets)(\.|$))"]
LINK = re.compile(r'<a href="([^"#]*)#([^"]+)">(.*?)</a>')
PART = re.compile(r"<h[56][^>]*>(.*?)</h[56]>")  # "Arguments:" is a heading to pdoc, without those above it


def write(folder: Path, navigation: Callable[[str], str]) -> Iterator[tuple[str, str, str, str]]:
    """Write the pages into folder/api.

    Args:
        folder: the site's.
        navigation: from the way up to the site's folder ("../../") to the HTML at the head of a page.

    Yields:
        For the search: page, anchor, title and words of each module, class and function.
    """
    pdoc.render.configure(
        docformat="google", include_undocumented=False, search=False, template_directory=HERE / "api"
    )
    known = {"navigation": navigation, "language": words.LANGUAGE, "reference": words.REFERENCE}
    pdoc.render.env.globals.update({f"course_{name}": value for name, value in known.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of annotations that only a type checker resolves
        modules = {name: pdoc.doc.Module.from_name(name) for name in pdoc.extract.walk_specs(SHOWN)}
        texts = {_page(name): pdoc.render.html_module(module, modules) for name, module in modules.items()}
    known = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in texts.items()}
    for page, text in texts.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        text = PART.sub(r'<p class="part">\1</p>', _without_dead_links(page, text, known))
        (folder / page).write_text(text, encoding="utf-8")
    (folder / "api.css").write_text((HERE / "api" / "api.css").read_text(encoding="utf-8"), encoding="utf-8")
    for name, module in modules.items():
        yield _page(name), "", name, module.docstring
        for member in module.flattened_own_members:
            if member.docstring and not member.name.startswith("_"):
                yield _page(name), member.qualname, f"{name}.{member.qualname}", member.docstring


def _page(module: str) -> str:
    return f"{FOLDER}/{module.replace('.', '/')}.html"


def _without_dead_links(page: str, text: str, known: dict[str, set[str]]) -> str:
    """Links to members without a docstring, which have no place on any page, become plain words."""

    def checked(found: re.Match) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), found[1])) if found[1] else page
        return found[0] if found[2] in known.get(target, ()) else found[3]

    return LINK.sub(checked, text)
