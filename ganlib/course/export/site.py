"""The course as pages in a folder: `write`.

Links lead from page to page, also when the folder is opened from a disk.
"""

import html
import posixpath
import re
import shutil
from pathlib import Path

from bs4 import BeautifulSoup

from ganlib.course import cards, playground, words
from ganlib.course.export import render
from ganlib.course.export.check import whole
from ganlib.course.structure import facts, spine, title

HERE = Path(__file__).parent
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)  # of Markdown; those of outputs have their frame
TEXTS = (
    "README.md",
    "INSTRUCTORS.md",
    "BENCHMARKS.md",
    "FAULTS.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "assets/LICENSES.md",
)
START = """
startCards(document);
// A link into a folded part opens it.
const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let part = target;
  while ((part = part?.parentElement?.closest("details"))) part.open = true;
  target?.scrollIntoView();
};
addEventListener("hashchange", unfold);
if (location.hash) unfold();
"""


def write(folder, root, notebooks):
    """Write every notebook, and the texts around them, from the course at `root` as HTML into `folder`."""
    books = {path.relative_to(root).as_posix(): whole(path) for path in notebooks}
    folder.mkdir(parents=True, exist_ok=True)
    pages = {name: page_name(name) for name in [*books, *TEXTS] if (root / name).exists()}
    style = [(HERE / name).read_text(encoding="utf-8") for name in ("style.css", "site.css")]
    (folder / "style.css").write_text("\n".join([*style, cards.style()]), encoding="utf-8")
    for name, page in pages.items():
        links = Links(name, root, folder, pages)
        if name in books:
            put(folder, page, body(books[name].cells, links), doors(name, books, pages))
        else:
            text = (root / name).read_text(encoding="utf-8")
            front = [f'<a href="playground.html">{words.PLAYGROUND}</a>'] if page == "index.html" else []
            put(folder, page, render.markdown(text, link=links, image=links), front)
    (folder / "playground.html").write_text(playground.page(), encoding="utf-8")


def page_name(source):
    """README.md is the index; the others keep their names."""
    stem = Path(source).stem
    return "index.html" if stem == "README" else f"{stem.lower()}.html"


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
    """Call it with an address as it stands in a source file -> where it leads from that file's page, or
    None.
    """

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


def put(folder, name, content, links):
    """One page, from the template."""
    soup = BeautifulSoup(content, "html.parser")
    scripts = (
        "\n".join([cards.script(), START])
        if soup.find(class_="gc-card") or soup.find(class_="deeper")
        else ""
    )
    content = TABLE.sub(r'<div class="table" tabindex="0">\g<0></div>', content)
    text = (HERE / "site.html").read_text(encoding="utf-8")
    parts = {
        "LANGUAGE": words.LANGUAGE,
        "TITLE": html.escape(soup.find("h1").get_text()),
        "COURSE": words.COURSE,
        "END": words.COURSE_AT_THE_END,
        "INDEX": words.THE_COURSE,
        "DOORS": "\n".join(links),
        "SCRIPT": f"<script>{scripts}</script>" if scripts else "",
        "BODY": content,
    }
    for key, part in parts.items():
        text = text.replace(f"[[{key}]]", part)
    (folder / name).write_text(text, encoding="utf-8")
