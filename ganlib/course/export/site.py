"""The course as pages in a folder: `write`.

Links lead from page to page, also when the folder is opened from a disk.
"""

import html
import json
import posixpath
import re
import shutil
from pathlib import Path

from bs4 import BeautifulSoup

from ganlib.course import cards, playground, words
from ganlib.course.export import render, shared, wide
from ganlib.course.export.check import whole
from ganlib.course.facts import facts
from ganlib.course.structure import spine, title

HERE = Path(__file__).parent
TEXTS = (
    "README.md",
    "INSTRUCTORS.md",
    "BENCHMARKS.md",
    "FAULTS.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "assets/LICENSES.md",
    "deploy/README.md",
)
EMPTY = re.compile(r"<th[^>]*></th>")  # a corner, not a header
NAMES = re.compile(r"[A-Za-z_]\w{3,}")  # in code
DOOR = f'<iframe class="door" title="{words.DOOR}" src="playground.html?door"></iframe>'
HOME = f'<a href="index.html">{words.THE_COURSE}</a>'


def write(folder, root, notebooks):
    """Write notebooks, the texts around them and the API reference of the course at `root` into `folder`."""
    books = {path.relative_to(root).as_posix(): whole(path) for path in notebooks}
    folder.mkdir(parents=True, exist_ok=True)
    pages = {name: page_name(name) for name in [*books, *TEXTS] if (root / name).exists()}
    styles, scripts = [own("style.css"), own("site.css"), cards.style()], [cards.script(), own("site.js")]
    (folder / "style.css").write_text("\n".join(styles), encoding="utf-8")
    (folder / "page.js").write_text("\n".join(scripts), encoding="utf-8")
    library = (root / "ganlib").is_dir()
    known = []
    for name, page in pages.items():
        links = Links(name, root, folder, pages)
        if name in books:
            content, near = body(books[name].cells, links), doors(name, books, pages)
        else:
            source = (root / name).read_text(encoding="utf-8")
            content, near = render.markdown(source, link=links, image=links), []
        if page == "index.html":
            content = content.replace("</h1>", f"</h1>{DOOR}", 1)
        content = wide.boxed(shared.to_files(content, folder), folder)
        known += sections(page, content)
        put(folder, page, content, near, library)
    (folder / "playground.html").write_text(playground.page(home=HOME), encoding="utf-8")
    if library:
        from ganlib.course.export import reference

        known += reference.write(folder, lambda up: navigation(library, up=up))
    write_search(folder, known, library)


def own(name):
    """The text of a file of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def write_search(folder, known, library):
    """The page that finds words on all others, without a server: the index is a script."""
    entries = [[page, anchor, title, " ".join(text.split())] for page, anchor, title, text in known]
    index = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (folder / "index.js").write_text(f"window.INDEX = {index};", encoding="utf-8")
    shutil.copyfile(HERE / "search.js", folder / "search.js")
    content = own("search.html")
    parts = {"SEARCH": words.SEARCH, "FOUND": words.FOUND, "NO_SCRIPT": words.SEARCH_NEEDS_SCRIPT}
    put(folder, "search.html", filled(content, parts), [], library)


def sections(page, content):
    """A page's words for the search, by its headings: (page, anchor, title, words); of code only names."""
    soup = BeautifulSoup(content, "html.parser")
    title = soup.find("h1").get_text()
    found = []
    for tag in soup.find_all(["h1", "h2", "h3", "p", "li", "td", "figcaption", "pre"]):
        if tag.name in ("h1", "h2", "h3"):
            heading = tag.get_text()
            found.append((page, tag["id"], heading if heading == title else f"{title} › {heading}", []))
        elif tag.name == "pre":
            found[-1][3].extend(dict.fromkeys(NAMES.findall(tag.get_text())))
        elif not tag.find_parent(["li", "td", "iframe"]):
            found[-1][3].append(tag.get_text())
    return [(page, anchor, title, " ".join(text)) for page, anchor, title, text in found]


def navigation(library, doors=(), up="", end=False):
    """The links at the head and at the end of a page: the course, what to play with, neighbors, search.

    up: the way from the page to the site's folder.
    """
    places = [("index", words.THE_COURSE), ("playground", words.PLAYGROUND)]
    places += [("api/ganlib", words.REFERENCE)] if library else []
    links = [f'<a href="{up}{page}.html">{html.escape(text)}</a>' for page, text in places]
    find = (
        f'<form action="{up}search.html" role="search"><input type="search" name="q" '
        f'placeholder="{words.SEARCH}" aria-label="{words.SEARCH}"></form>'
    )
    label = words.COURSE_AT_THE_END if end else words.COURSE
    inside = " ".join([*links, *doors, "" if end else find])
    return f'<nav class="course" aria-label="{label}">{inside}</nav>'


def page_name(source):
    """README.md is the index, a folder's README.md has the folder's name; the others keep their names."""
    path = Path(source)
    stem = path.parent.name or "index" if path.stem == "README" else path.stem
    return f"{stem.lower()}.html"


def doors(name, books, pages):
    """Links to the neighboring notebooks, by their titles."""
    names = list(books)
    i = names.index(name)
    found = []
    for template, near in ((words.PREVIOUS, names[:i][-1:]), (words.NEXT, names[i + 1 :][:1])):
        for other in near:
            text = html.escape(template.format(title=title(books[other])))
            found.append(f'<a href="{pages[other]}">{text}</a>')
    return found


class Links:
    """Call it with an address in a source file -> where it leads from that file's page, or None."""

    def __init__(self, source, root, folder, pages):
        self.source, self.root, self.folder, self.pages = source, root, folder, pages

    def __call__(self, address):
        path, mark, anchor = address.partition("#")
        if ":" in path or not path:
            return address
        target = posixpath.normpath(posixpath.join(posixpath.dirname(self.source), path))
        if target in self.pages:
            return self.pages[target] + mark + anchor
        inside = (self.root / target).resolve().is_relative_to(self.root.resolve())
        return self.copied(target) if inside and (self.root / target).is_file() else None

    def copied(self, target):
        """Bring a file along; a browser shows it as text if its name says nothing else."""
        name = target if Path(target).suffix else f"{target}.txt"
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.root / target, self.folder / name)
        return name


def body(cells, links):
    """A notebook's cells as HTML, a table of contents below the header."""
    found, unfolded, set_up = [], True, False
    for cell, place in spine(cells):
        if not unfolded and place != "deeper":
            found.append("</details>")
        unfolded = place == "spine"
        if cell.cell_type == "code":
            found += program(cell) if set_up else [folded("set-up", words.SET_UP, "".join(program(cell)))]
            set_up = True
        elif place == "opens":
            found.append(opened(render.markdown(cell.source, link=links, image=links)))
        else:
            found.append(render.markdown(cell.source, link=links, image=links))
    text = "\n".join([*found[1:], "" if unfolded else "</details>"])
    return "\n".join([found[0], contents(text), text])


def program(cell):
    """A code cell and what it shows; code that holds a question and its answer is folded."""
    code = render.code(cell)
    if any(facts(output).get("kind") in ("prediction", "answer") for output in cell.outputs):
        code = folded("source", words.CODE, code)
    return [code, *render.outputs(cell)]


def folded(kind, summary, inside):
    """Something that is closed until the reader opens it."""
    return f'<details class="{kind}"><summary>{summary}</summary>{inside}</details>'


def opened(text):
    """The beginning of a folded part, from the HTML of its heading and what stands below it."""
    heading, below = re.match(r"(<h\d.*?</h\d>)(.*)", text, re.DOTALL).groups()
    return f'<details class="deeper"><summary>{heading}</summary>{below}'


def contents(text):
    """Links to the sections of a page; below a folded one, a word that it is, and its own sections."""
    entries = []
    soup = BeautifulSoup(text, "html.parser")
    for heading in soup.find_all("h2"):
        part = heading.find_parent("details", class_="deeper")
        inner = part.find_all("h3") if part else []
        note = f' <span class="soft">({words.CLOSED})</span>' if part else ""
        nested = "".join(f"<li>{entry(h)}</li>" for h in inner)
        entries.append(f"<li>{entry(heading)}{note}{f'<ul>{nested}</ul>' if nested else ''}</li>")
    return folded("contents", words.CONTENTS, f"<ul>{''.join(entries)}</ul>")


def entry(heading):
    return f'<a href="#{heading["id"]}">{heading.decode_contents()}</a>'


def put(folder, name, content, doors, library):
    """One page, from the template."""
    soup = BeautifulSoup(content, "html.parser")
    parts = {
        "LANGUAGE": words.LANGUAGE,
        "TITLE": html.escape(soup.find("h1").get_text()),
        "NAVIGATION": navigation(library, doors),
        "END": navigation(library, doors, end=True),
        "BODY": EMPTY.sub("<td></td>", content),
    }
    text = filled(own("site.html"), parts)
    (folder / name).write_text(text, encoding="utf-8")


def filled(template, parts):
    """A template with its [[NAMES]] replaced."""
    for key, part in parts.items():
        template = template.replace(f"[[{key}]]", part)
    return template
