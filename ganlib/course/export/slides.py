"""A notebook as slides in one file: `deck`. What stands on a slide is said by the cells' metadata.

slideshow.slide_type   "slide" begins a new slide, "skip" leaves the cell out, otherwise it goes on the
present slide
tags                   "show-code" puts a cell's code on the slide too, "hide-output" leaves out what it
                       shows, "deeper" a heading and all below it
speaker_notes          Markdown for the speaker view (press S): minutes, the prediction to ask, what to expect

A heading always begins a slide, a question always ends one. The references are for reading at home (see
`ganlib.course.structure`). What does not fit goes on a further slide with the same title.
"""

import base64
import io
import math
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

from ganlib.course import cards
from ganlib.course.export import render
from ganlib.course.export.check import whole
from ganlib.course.structure import for_class
from ganlib.engine.files import asset

HERE = Path(__file__).parent
ROOM = 590  # pixels for what stands below a title of one line, of 720
PICTURE = 440, 1150  # the largest height and width of a picture
LARGER, SMALLER = 1.6, 0.8  # how much it may be enlarged, and shrunk to make room for words
LETTERS = 104  # of a line of code or print-out at full size
TITLES = ["h1", "h2", "h3"]
REVEAL = ("reveal.css", "reveal.js", "reveal-notes.js")


class Slide:
    """A title, elements with an estimate of their height in pixels, and speaker notes."""

    def __init__(self, title):
        self.title, self.tags, self.notes = title, [], ""

    def html(self):
        notes = f'<aside class="notes">{render.markdown(self.notes)}</aside>' if self.notes else ""
        return f"<section>\n{self.title}\n{''.join(map(str, self.tags))}\n{notes}</section>"

    def takes(self, group):
        """Add a group of elements if there is room, with smaller pictures if need be.

        After a question nothing may follow.
        """
        asked = any("gc-question" in tag.get("class", []) for tag in self.tags)
        tags = [*self.tags, *group]
        excess = sum(map(height, tags)) + title_height(self.title) - ROOM
        if self.tags and (asked or excess > sum(map(slack, tags))):
            return False
        self.tags = tags
        for image in [image for tag in tags for image in tag.find_all("img")]:
            cut = min(max(excess, 0), slack(image.parent))
            resize(image, image["height"] - cut)
            excess -= cut
        return True


def deck(path):
    """The notebook's slides as one HTML document that asks for nothing else."""
    slides = paginate(whole(path).cells)
    css, js, notes = (asset(f"vendor/{name}").read_text(encoding="utf-8") for name in REVEAL)
    parts = {
        "TITLE": BeautifulSoup(slides[0].title, "html.parser").get_text(),
        "REVEAL_CSS": css,
        "STYLE": cards.style()
        + (HERE / "style.css").read_text(encoding="utf-8")
        + (HERE / "slides.css").read_text(encoding="utf-8"),
        "REVEAL_JS": js.replace("</script", "<\\/script"),
        "NOTES_JS": notes.replace("</script", "<\\/script"),
        "SLIDES": "\n".join(slide.html() for slide in slides),
    }
    text = (HERE / "slides.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"[[{name}]]", part, 1)
    return text


def paginate(cells):
    """Cells -> slides, without what is deeper and without the references at the end."""
    slides = [Slide("")]
    for cell in for_class(cells):
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind == "skip":
            continue
        if kind == "slide":
            slides.append(Slide(slides[-1].title))
        notes = cell.metadata.get("speaker_notes", "")
        for group in groups(pieces(cell)):
            if group[0].name in TITLES:
                slides.append(Slide(str(group[0])))
                continue
            if not slides[-1].takes(group):
                slides.append(Slide(slides[-1].title))
                slides[-1].takes(group)
            slides[-1].notes, notes = f"{slides[-1].notes}\n\n{notes}".strip(), ""
    return filled(slides)


def filled(slides):
    return [slide for slide in slides if slide.tags]


def groups(pieces):
    """Pieces as elements, together what belongs together: a text that ends in a colon and what follows it.

    So do code and its print-out.
    """
    found = []
    for piece in pieces:
        tag = BeautifulSoup(piece, "html.parser").find()
        if tag.name == "figure":
            enlarge(tag)
        if pre := tag if tag.name == "pre" else tag.find("pre"):
            narrow(pre)
        last = found[-1][-1] if found else None
        announced = last and last.get_text().rstrip().endswith((":", "：")) and last.name not in TITLES
        printed = (
            last
            and "code" in last.get("class", [])
            and tag.name == "pre"
            and height(last) + height(tag) <= ROOM
        )
        if tag.name not in TITLES and (announced or printed):
            found[-1].append(tag)
        else:
            found.append([tag])
    return found


def pieces(cell):
    """What a cell brings to the slides."""
    if cell.cell_type == "markdown":
        return render.pieces(cell.source, link=outside)
    tags = cell.metadata.get("tags", [])
    shown = [render.code(cell).replace("\n\n\n", "\n\n")] if "show-code" in tags else []
    return shown + ([] if "hide-output" in tags else render.outputs(cell, still=True))


def outside(address):
    """A slide stands alone, so only links to other machines lead somewhere."""
    return address if address.startswith("https:") else None


def height(tag):
    """About how many pixels a piece takes on a slide that is 1,180 pixels wide."""
    if tag.name == "figure":
        caption = lines(tag.find("figcaption"), 100) + len(tag.find_all("br"))
        return tag.find("img")["height"] + 28 * caption + 16
    if tag.name == "iframe":
        return 500
    if "gc-card" in tag.get("class", []):
        return 54 + 38 * lines(tag.find("p"), 72) + sum(38 * lines(item, 72) for item in tag.find_all("li"))
    if tag.name == "table" or "table" in tag.get("class", []):
        caption = sum(34 * lines(c, 100) for c in tag.find_all("caption"))
        return (
            14
            + caption
            + sum(
                14 + 29 * max(lines(c, 98 / len(row)) for c in row)
                for row in map(cells_of, tag.find_all("tr"))
            )
        )
    if tag.name in ("ul", "ol"):
        return 12 + sum(4 + 33 * lines(item, 88) for item in tag.find_all("li"))
    if tag.name == "pre" or tag.find("pre"):
        return 28 + 25 * sum(
            math.ceil(len(line) / 1.25 / LETTERS) or 1 for line in tag.get_text().strip("\n").split("\n")
        )
    boxed = 26 if tag.name == "blockquote" or tag.get("class") else 0
    formulas = 62 * len(tag.find_all(class_="formula"))
    return 14 + 33 * (lines(tag, 88) + len(tag.find_all("br"))) + boxed + formulas


def title_height(title):
    """What a title takes beyond a line."""
    tag = BeautifulSoup(title, "html.parser").find()
    return 0 if tag is None else 190 if tag.name == "h1" else 43 * (lines(tag, 56) - 1)


def lines(tag, width):
    """How many lines of so many letters a text takes."""
    return math.ceil(max(len(tag.get_text()), 1) / width)


def cells_of(row):
    return row.find_all(["td", "th"])


def enlarge(figure):
    """Give the picture of a figure its size on the slide: as large as there is room, but never blurred."""
    image = figure.find("img")
    wide, tall = Image.open(io.BytesIO(base64.b64decode(image["src"].split(",", 1)[1]))).size
    image["data-tall"], image["data-shape"] = tall, wide / tall
    resize(image, tall * min(LARGER, PICTURE[0] / tall, PICTURE[1] / wide))


def narrow(pre):
    """Smaller letters for lines that are too long for the slide; if those would be tiny, broken lines."""
    longest = max(map(len, pre.get_text().split("\n")))
    if longest > 1.25 * LETTERS:
        pre["style"] = "white-space: pre-wrap"
    elif longest > LETTERS:
        pre["style"] = f"font-size: {18 * LETTERS / longest:.1f}px"


def resize(image, tall):
    """Set a picture's height, and its width in proportion."""
    image["height"], image["width"] = round(tall), round(tall * image["data-shape"])


def slack(tag):
    """By how many pixels an element may shrink."""
    image = tag.find("img")
    return max(image["height"] - SMALLER * image["data-tall"], 0) if image else 0
