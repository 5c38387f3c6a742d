"""The course as pages in a folder: `write`.

Links lead from page to page, also when the folder is opened from a disk.
"""

import posixpath
import shutil
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup

from ganlib.course.export import render

HERE = Path(__file__).parent
TEXTS = ("README.md", "INSTRUCTORS.md", "BENCHMARKS.md", "FAULTS.md", "assets/LICENSES.md")


def write(folder, root, notebooks):
    """Write every notebook, and the texts around them, from the course at `root` as HTML into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [path.relative_to(root).as_posix() for path in notebooks]
    pages = {name: page_name(name) for name in [*sources, *TEXTS] if (root / name).exists()}
    style = [(HERE / name).read_text(encoding="utf-8") for name in ("style.css", "site.css")]
    (folder / "style.css").write_text("\n".join(style), encoding="utf-8")
    for i, name in enumerate(sources):
        cells = nbformat.read(root / name, 4).cells
        doors = [("Previous", sources[i - 1] if i else None), ("Next", (sources[i + 1 :] or [None])[0])]
        links = [door(word, root, source, pages) for word, source in doors if source]
        put(folder, pages[name], body(cells, Links(name, root, folder, pages)), links)
    for name in pages.keys() - set(sources):
        text = (root / name).read_text(encoding="utf-8")
        links = Links(name, root, folder, pages)
        put(folder, pages[name], render.markdown(text, link=links, image=links), [])


def page_name(source):
    """README.md is the index; the others keep their names."""
    stem = Path(source).stem
    return "index.html" if stem == "README" else f"{stem.lower()}.html"


def door(word, root, source, pages):
    """A link to a neighboring notebook, by its title."""
    title = nbformat.read(root / source, 4).cells[0].source.split("\n")[0].lstrip("# ")
    return f'<a href="{pages[source]}">{word}: {title}</a>'


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
    found = []
    for cell in cells:
        if cell.cell_type == "markdown":
            found.append(render.markdown(cell.source, link=links, image=links))
        else:
            found += [render.code(cell), *render.outputs(cell)]
    headings = BeautifulSoup("\n".join(found), "html.parser").find_all("h2")
    entries = "".join(f'<li><a href="#{h["id"]}">{h.decode_contents()}</a></li>' for h in headings)
    contents = f"<details><summary>Contents</summary><ul>{entries}</ul></details>"
    return "\n".join([found[0], contents, *found[1:]])


def put(folder, name, content, links):
    """One page, from the template."""
    title = BeautifulSoup(content, "html.parser").find("h1").get_text()
    content = content.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
    text = (HERE / "site.html").read_text(encoding="utf-8")
    for key, part in {"TITLE": title, "DOORS": "\n".join(links), "BODY": content}.items():
        text = text.replace(f"[[{key}]]", part)
    (folder / name).write_text(text, encoding="utf-8")
