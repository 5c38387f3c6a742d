"""The API reference: pages from ganlib's docstrings, made by pdoc, within the course's own frame."""

import inspect
import posixpath
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pdoc.doc
import pdoc.extract
import pdoc.render
from torch import nn

from ganlib.course import words

__all__ = ["write"]

HERE = Path(__file__).parent
FOLDER = "api"
# Of what exists for the notebooks, only what a notebook calls: exercises hold their solutions.
SHOWN = ["ganlib", r"!ganlib\.course\.(?!(playground|plots|predict|results|setup|walk|widgets)(\.|$))"]
BORROWED = {inspect.getdoc(method) for method in (nn.Module.__init__, nn.Module.forward)}  # torch's own words
PART = re.compile(r"<h[56][^>]*>(.*?)</h[56]>")  # "Arguments:" is a heading to pdoc, without those above it
LINK = re.compile(r'<a href="([^"#]*)#([^"]+)">(.*?)</a>')


def write(folder: Path, navigation: Callable[[str], str]) -> list[tuple[str, str, str, str]]:
    """Write the pages into folder/api.

    Args:
        folder: the site's.
        navigation: from the way up to the site's folder ("../../") to the HTML at the head of a page.

    Returns:
        For the search: page, anchor, title and words of each module, class and function.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of annotations that only a type checker resolves
        modules = {name: pdoc.doc.Module.from_name(name) for name in pdoc.extract.walk_specs(SHOWN)}
        texts = _rendered(modules, navigation)
    anchors = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in texts.items()}
    for page, text in texts.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        text = PART.sub(r'<p class="part">\1</p>', _without_dead_links(page, text, anchors))
        (folder / page).write_text(text, encoding="utf-8")
    (folder / "api.css").write_text((HERE / "api" / "api.css").read_text(encoding="utf-8"), encoding="utf-8")
    return [entry for name, module in modules.items() for entry in _entries(name, module)]


def _rendered(modules: dict[str, pdoc.doc.Module], navigation: Callable[[str], str]) -> dict[str, str]:
    """Page -> its HTML, from the templates in the folder api and those of pdoc."""
    pdoc.render.configure(
        docformat="google", include_undocumented=False, search=False, template_directory=HERE / "api"
    )
    pdoc.render.env.globals.update(
        course_navigation=navigation,
        course_language=words.LANGUAGE,
        course_reference=words.REFERENCE,
        course_borrowed=BORROWED,
    )
    return {_page(name): pdoc.render.html_module(module, modules) for name, module in modules.items()}


def _page(module: str) -> str:
    return f"{FOLDER}/{module.replace('.', '/')}.html"


def _without_dead_links(page: str, text: str, anchors: dict[str, set[str]]) -> str:
    """Links to members without a docstring, which have no place on any page, become plain words."""

    def checked(found: re.Match) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), found[1])) if found[1] else page
        return found[0] if found[2] in anchors.get(target, ()) else found[3]

    return LINK.sub(checked, text)


def _entries(name: str, module: pdoc.doc.Module) -> Iterator[tuple[str, str, str, str]]:
    """What the search knows of a module."""
    yield _page(name), "", name, module.docstring
    members = module.flattened_own_members
    methods = [method for cls in members if cls.kind == "class" for method in cls.own_members]
    for member in [*members, *methods]:
        if member.docstring and member.docstring not in BORROWED and not member.name.startswith("_"):
            yield _page(name), member.qualname, f"{name}.{member.qualname}", member.docstring
