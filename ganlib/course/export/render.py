"""Cells of a stored notebook as pieces of HTML: text with formulas as MathML, code, printed words, pictures
with theirs.
"""

import html
import re
from functools import cache

from bs4 import BeautifulSoup
from math_core import LatexToMathML
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from ganlib.course import walk
from ganlib.engine.checkpoint import load_weights
from ganlib.nets import MLPGenerator

to_mathml = LatexToMathML().convert_with_local_state
highlight = Highlight2HTML(pygments_lexer="python")
PROGRESS_BAR = re.compile(r"\d+%\|.*\|")
GLUED = re.compile(r"<math(?:(?!</math>).)*</math>[^\s<]+", re.DOTALL)
NUDGE = "You made no prediction."  # what `reveal` prints where no one was asked
STARTS = ("Predict:", "Answer:", NUDGE)
WIDTH = 100  # at which ganlib.plots.say breaks lines


class Renderer(IPythonRenderer):
    """Markdown to HTML; link(address) -> where a link leads on the exported page, None for plain text; image
    likewise.
    """

    def __init__(self, link=lambda address: address, image=lambda address: None):
        super().__init__(escape=False, exclude_anchor_links=True)
        self.link_of, self.image_of = link, image

    def block_math(self, body):
        return f'<span class="formula">{to_mathml(body, displaystyle=True)}</span>'

    def inline_math(self, body):
        formula = to_mathml(body, displaystyle=False)
        return f'<span class="long">{formula}</span>' if len(body) > 40 else formula

    def heading(self, text, level, **attributes):
        return f'<h{level} id="{slug(text)}">{text}</h{level}>\n'

    def link(self, text, url, title=None):
        address = self.link_of(url)
        return f'<a href="{html.escape(address)}">{text}</a>' if address else text

    def image(self, text, url, title=None):
        address = self.image_of(url)
        alt = BeautifulSoup(text, "html.parser").get_text()
        return f'<img src="{html.escape(address)}" alt="{html.escape(alt)}">' if address else alt


def slug(text):
    """A heading's name in addresses, from its words."""
    words = BeautifulSoup(text, "html.parser").get_text().lower()
    return "-".join(re.findall(r"\w+", words))


def markdown(source, **settings):
    """Markdown -> HTML, formulas as MathML."""
    text = MarkdownWithMath(renderer=Renderer(**settings)).render(source)
    return GLUED.sub(
        r'<span class="glued">\g<0></span>', text
    )  # no line may begin with a formula's full stop


def pieces(source, **settings):
    """The top-level elements of Markdown text, each as HTML."""
    return [
        str(tag)
        for tag in BeautifulSoup(markdown(source, **settings), "html.parser").find_all(recursive=False)
    ]


def code(cell):
    """A code cell's source, colored."""
    return f'<div class="code">{highlight(cell.source)}</div>'


def outputs(cell):
    """What a code cell shows -> pieces of HTML; without progress bars, and each caption once, under its
    picture.
    """
    if "walk" in cell.metadata.get("tags", []):
        return [walk.frame(bundled_generator())]
    captions = {line for o in cell.outputs if is_picture(o) for line in words(o).split("\n")}
    found = []
    for output in merged(cell.outputs):
        if isinstance(output, str):
            found += printed(output, captions)
        elif is_picture(output):
            found.append(picture(output))
        elif output.data["text/plain"] not in captions:
            found.append(f"<pre>{html.escape(output.data['text/plain'])}</pre>")
    return found


@cache
def bundled_generator():
    """The generator of notebook 03 that comes with the course."""
    return load_weights(MLPGenerator(), "checkpoints/mlp-gan.safetensors")


def is_picture(output):
    return "image/png" in output.get("data", {})


def words(output):
    """A picture's text alternative, line by line."""
    return output.metadata["image/png"]["alt"]


def picture(output):
    """A figure with its words below, bold where the notebook has them bold, and as its text alternative."""
    caption = html.escape(words(output))
    for tag in ("<b>", "</b>", "<br>"):
        caption = caption.replace(html.escape(tag), tag)
    alt = html.escape(BeautifulSoup(words(output).replace("<br>", "\n"), "html.parser").get_text())
    source = f"data:image/png;base64,{''.join(output.data['image/png'].split())}"
    lines = "<br>".join(caption.split("\n"))
    return f'<figure><img src="{source}" alt="{alt}"><figcaption>{lines}</figcaption></figure>'


def merged(outputs):
    """Outputs in order; printed ones in a row become one string, without lines that were overwritten or show
    progress.
    """
    result = []
    for output in outputs:
        if output.output_type != "stream":
            result.append(output)
        elif result and isinstance(result[-1], str):
            result[-1] += output.text
        else:
            result.append(output.text)
    return [without_progress(output) if isinstance(output, str) else output for output in result]


def without_progress(text):
    """Printed text as it stands in the end: what follows the last carriage return of each line, no progress
    bars.
    """
    lines = [line.rsplit("\r", 1)[-1] for line in text.split("\n")]
    return "\n".join(line for line in lines if not PROGRESS_BAR.search(line))


def printed(text, captions):
    """Printed lines -> pieces: predictions and answers set apart, captions and nudges dropped, the rest as
    it is.
    """
    found, plain = [], []
    for whole, lines in sentences(text):
        if whole.startswith(NUDGE):
            continue
        if whole.startswith(STARTS):
            kind, rest = whole.split(":", 1)
            box = f'<p class="{kind.lower()}"><b>{kind}:</b>{html.escape(rest)}</p>'
            found, plain = [*found, *preformatted(plain), box], []
        elif whole.startswith("· ") and found and found[-1].startswith('<p class="predict'):
            found[-1] = found[-1].replace("</p>", f"<br>{html.escape(whole)}</p>")
        elif whole not in captions:
            plain += lines
    return found + preformatted(plain)


def preformatted(lines):
    text = "\n".join(lines).strip("\n")
    return [f"<pre>{html.escape(text)}</pre>"] if text.strip() else []


def sentences(text):
    """Printed prose with its line breaks undone -> [(whole line, the lines it was broken into)]."""
    found = []
    for line in text.split("\n"):
        if found and goes_on(found[-1][1][-1], line):
            whole, lines = found.pop()
            found.append((f"{whole} {line.strip()}", [*lines, line]))
        else:
            found.append((line.strip(), [line]))
    return found


def goes_on(line, following):
    """Whether the second line stands below the first only because its first word did not fit."""
    word = re.match(r"\s*(\S*)", following).group(1)
    return (
        bool(line and word)
        and not following.startswith(STARTS)
        and len(line) <= WIDTH < len(line) + 1 + len(word)
    )
