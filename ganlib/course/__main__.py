"""Keep and show the notebooks: execute them for the repository, present them, export them as pages.

python -m ganlib.course run [03 ...]            execute, time and store with outputs
python -m ganlib.course table                   write the README's table from the notebooks' headers
python -m ganlib.course slides [03 ...]         one offline HTML file each in the folder slides
python -m ganlib.course site FOLDER             the whole course as offline HTML pages
python -m ganlib.course address [OWNER/NAME]    set the address everywhere; by default the remote's
python -m ganlib.course ready                   before class: is this machine ready, and how quick is it?
python -m ganlib.course grade FOLDER -o RESULTS  grade handed-in notebooks, each in a sandbox;
                                                --into HOMES gives each student's page back
python -m ganlib.course walk RUN                a run of ganlib.train as one page that draws: RUN/walk.html
"""

import argparse
import sys
from pathlib import Path

import nbformat

from ganlib.course.address import address_of_remote, set_address
from ganlib.course.execute import execute, notebooks
from ganlib.course.export.check import NotWholeError, whole
from ganlib.course.structure import claim, seconds, title

ROOT = Path(__file__).parents[2]


def write_table() -> None:
    """Each notebook's title, claim and measured seconds into the README."""
    rows = []
    for path in notebooks(ROOT / "notebooks"):
        book = nbformat.read(path, 4)
        link = f"[{title(book)}](notebooks/{path.name})"
        rows.append(f"| {link} | {claim(book)} | {seconds(book)} s |\n")
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split("|---|---|---|\n")
    after = rest[rest.index("\n\n") + 1 :]  # what follows the table's last row
    readme.write_text(before + "|---|---|---|\n" + "".join(rows) + after, encoding="utf-8")


def write_slides(prefixes: list[str]) -> None:
    """Each notebook's slides as slides/NAME.html beside the notebooks' folder."""
    from ganlib.course.export import slides

    paths = notebooks(ROOT / "notebooks", prefixes)
    for path in paths:
        whole(path)  # all of them, before anything is written
    folder = ROOT / "slides"
    folder.mkdir(exist_ok=True)
    for path in paths:
        target = folder / f"{path.stem}.html"
        target.write_text(slides.deck(path), encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: open it in a browser; S shows the speaker notes, ? the keys")


def write_site(folder: str) -> None:
    """The course as pages in a folder."""
    from ganlib.course.export import site

    site.write(Path(folder), ROOT, notebooks(ROOT / "notebooks"))
    print(f"{Path(folder) / 'index.html'}: open it in a browser")


def write_walk(run: str) -> None:
    """The generator of a run as one HTML file."""
    from ganlib.course import walk
    from ganlib.sample import load_run

    target = Path(run) / "walk.html"
    try:
        walk.save(load_run(run)[0].ema.module, target)
    except ValueError as error:
        sys.exit(str(error))
    print(f"{target}: open it in a browser; it needs nothing else")


def say_ready() -> None:
    """A line for each check; the program ends with 1 if one of them failed."""
    from ganlib.course import ready

    failed = False
    for name, found in ready.check(ROOT):
        mend = f"\n{'':15}To mend it: {found.mend}." if found.mend else ""
        print(f"{found.status:4}  {name:8} {found.words}.{mend}", flush=True)
        failed |= found.status == "fail"
    sys.exit(int(failed))


def grade(folder: str, results: str, homes: str | None) -> None:
    """A table of points and a page for each student from a folder of submissions."""
    from ganlib.course.grading.give_back import FILE, into_homes, zip_for_moodle
    from ganlib.course.grading.grade import grade_folder
    from ganlib.course.grading.sandbox import NoSandboxError

    if homes and not Path(homes).is_dir():
        sys.exit(f"--into: expected the folder of the home folders, but {homes!r} is none")
    try:
        names = [path.stem for path in notebooks(ROOT / "notebooks")]
        grades = grade_folder(Path(folder), Path(results), names)
    except (NoSandboxError, ValueError) as error:
        sys.exit(str(error))
    print(f"{Path(results) / 'grades.csv'}: {len(grades)} rows")
    print(f"{Path(results) / 'feedback'}: a page for each student")
    if archive := zip_for_moodle(Path(results), grades):
        print(f"{archive}: the same for Moodle, Upload multiple feedback files in a zip")
    if homes:
        given = into_homes(Path(homes), Path(results), grades)
        print(f"{homes}: {FILE} is in {list(given.values()).count('')} of {len(given)} home folders")
        for student in filter(given.get, given):
            print(f"  not in that of {student!a}: {given[student]}")


def run(prefixes: list[str]) -> None:
    """Execute and store notebooks."""
    from ganlib.course.pace import measured_pace

    pace = measured_pace()
    print(f"This machine trains notebook 03's nets with {pace:,.0f} images a second")
    for path in notebooks(ROOT / "notebooks", prefixes):
        execute(path, pace)


def write_address(address: str | None) -> None:
    """See `set_address`; without an address that of the git remote. A wrong one ends the program."""
    try:
        address = address or address_of_remote(ROOT)
        set_address(address, ROOT, notebooks(ROOT / "notebooks"))
    except ValueError as error:
        sys.exit(str(error))
    print(f"{address} stands in every badge and set-up cell now")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m ganlib.course",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("argument", metavar="03", nargs="*")
    commands.add_parser("table")
    commands.add_parser("slides").add_argument("argument", metavar="03", nargs="*")
    commands.add_parser("site").add_argument("argument", metavar="FOLDER")
    commands.add_parser("address").add_argument("argument", metavar="OWNER/NAME", nargs="?")
    commands.add_parser("ready")
    grading = commands.add_parser("grade")
    grading.add_argument("argument", metavar="FOLDER")
    grading.add_argument("-o", dest="results", metavar="RESULTS", required=True)
    grading.add_argument("--into", dest="homes", metavar="HOMES")
    commands.add_parser("walk").add_argument("argument", metavar="RUN")
    arguments = parser.parse_args()
    if arguments.command == "walk":
        return write_walk(arguments.argument)
    if not (ROOT / "notebooks").is_dir():
        sys.exit(
            "The notebooks are not here: run this command in a clone of the course, not from an installed "
            "package."
        )
    if arguments.command in ("table", "ready"):
        return write_table() if arguments.command == "table" else say_ready()
    if arguments.command == "grade":
        return grade(arguments.argument, arguments.results, arguments.homes)
    actions = {"run": run, "slides": write_slides, "site": write_site, "address": write_address}
    try:
        actions[arguments.command](arguments.argument)
    except NotWholeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
