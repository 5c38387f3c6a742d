"""Keep and show the notebooks: execute them for the repository, present them, export them as pages.

python notebooks/course.py run [03 ...]            execute, time and store with outputs
python notebooks/course.py table                   write the README's table from the notebooks' headers
python notebooks/course.py slides [03 ...]         one offline HTML file each in the folder slides
python notebooks/course.py site FOLDER             the whole course as offline HTML pages
python notebooks/course.py address OWNER/NAME      set the address in every badge and set-up cell
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

HERE = Path(__file__).parent
ROOT = HERE.parent
NAME = r"[\w-]+(?:\.[\w-]+)*"
ADDRESS = re.compile(rf"{NAME}/{NAME}")
OCCURRENCES = re.compile(rf"(?<=github\.com/){NAME}/{NAME}|(?<=research\.google\.com/github/){NAME}/{NAME}")
SECONDS = re.compile(r"computing (\d+) s")
WIDGET = "application/vnd.jupyter.widget-view+json"


def notebooks(prefixes=()):
    """The course's notebooks in order, or those whose names start so."""
    return [
        path
        for path in sorted(HERE.glob("[0-9]*.ipynb"))
        if not prefixes or path.name.startswith(tuple(prefixes))
    ]


def execute(path):
    """Run every cell in a clean kernel; store the outputs, and the seconds it took in the header."""
    book = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLIB_HOME"] = home  # the stored pages show no one's predictions
        began = time.perf_counter() - stolen()
        NotebookClient(book, timeout=600, resources={"metadata": {"path": str(HERE)}}).execute()
        seconds = time.perf_counter() - stolen() - began
    for cell in book.cells:
        tidy(cell)
    book.cells[0].source = SECONDS.sub(f"computing {seconds:.0f} s", book.cells[0].source)
    book.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                     "language_info": {"name": "python"}}  # fmt: skip
    nbformat.write(book, path)
    print(f"{path.name}: {seconds:.0f} s")


def tidy(cell):
    """Drop what only a live page can use: timestamps, widgets without a kernel, walks (a picture stays)."""
    cell.metadata.pop("execution", None)
    if cell.cell_type == "code":
        cell.outputs = [
            o for o in cell.outputs if WIDGET not in o.get("data", {}) or "image/png" in o["data"]
        ]
    for output in cell.get("outputs", []):
        for kind in (WIDGET, "text/html") if "image/png" in output.get("data", {}) else (WIDGET,):
            output.get("data", {}).pop(kind, None)
            output.get("metadata", {}).pop(kind, None)


def stolen():
    """Seconds, a mean over the cores, that a virtual machine's host gave to others; 0 where nobody counts.

    They are taken off a run's time: a reader's own machine has no such neighbors.
    """
    return getattr(psutil.cpu_times(), "steal", 0.0) / psutil.cpu_count()


def write_table():
    """Each notebook's title, claim and measured seconds, from its header, into the README."""
    rows = []
    for path in notebooks():
        header = nbformat.read(path, 4).cells[0].source
        title = re.search(r"# (.+)", header).group(1)
        claim = re.search(r"\*\*Claim in one sentence\.\*\* (.+?)\n\n", header, re.DOTALL).group(1)
        claim = " ".join(claim.split())
        rows.append(f"| [{title}](notebooks/{path.name}) | {claim} | {SECONDS.search(header).group(1)} s |\n")
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split("|---|---|---|\n")
    after = rest[rest.index("\n\n") + 1 :]  # what follows the table's last row
    readme.write_text(before + "|---|---|---|\n" + "".join(rows) + after, encoding="utf-8")


def set_address(address):
    """Write owner/name into pyproject.toml, README.md and every notebook."""
    if not ADDRESS.fullmatch(address):
        sys.exit(f"address: got {address!r}; expected OWNER/NAME, as in the repository's URL on GitHub.")
    for path in [ROOT / "pyproject.toml", ROOT / "README.md", *notebooks()]:
        path.write_text(OCCURRENCES.sub(address, path.read_text(encoding="utf-8")), encoding="utf-8")


def write_slides(prefixes):
    """Each notebook's slides as slides/NAME.html beside the notebooks' folder."""
    from notebooks.export import slides

    folder = ROOT / "slides"
    folder.mkdir(exist_ok=True)
    for path in notebooks(prefixes):
        target = folder / f"{path.stem}.html"
        target.write_text(slides.deck(path), encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: open it in a browser; S shows the speaker notes, ? the keys")


def write_site(folder):
    """The course as pages in a folder."""
    from notebooks.export import site

    site.write(Path(folder), ROOT, notebooks())
    print(f"{Path(folder) / 'index.html'}: open it in a browser")


def main():
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("prefixes", nargs="*")
    commands.add_parser("table")
    commands.add_parser("slides").add_argument("prefixes", nargs="*")
    commands.add_parser("site").add_argument("folder")
    commands.add_parser("address").add_argument("address")
    arguments = parser.parse_args()
    if arguments.command == "address":
        return set_address(arguments.address)
    if arguments.command == "table":
        return write_table()
    if arguments.command == "slides":
        return write_slides(arguments.prefixes)
    if arguments.command == "site":
        return write_site(arguments.folder)
    for path in notebooks(arguments.prefixes):
        execute(path)


if __name__ == "__main__":
    main()
