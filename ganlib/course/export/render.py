"""Cells of a stored notebook as pieces of HTML: text with MathML, code, printed words, pictures."""

import html
import re
from functools import cache

from bs4 import BeautifulSoup
from math_core import LatexToMathML
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from ganlib.course import cards, sketch, walk
from ganlib.course.facts import facts
from ganlib.course.structure import picture_type, without_progress
from ganlib.engine.checkpoint import load_weights
from ganlib.nets import MLPGenerator

to_mathml = LatexToMathML().convert_with_local_state
highlight = Highlight2HTML(pygments_lexer="python")
PRIMED = re.compile(r"<msup>(<mi>[^<]*</mi>)<mo>([′″])</mo></msup>")
GLUED = re.compile(r"<math(?:(?!</math>).)*</math>[^\s<]+", re.DOTALL)
FRAME = re.compile(r"\s*<iframe [^>]*srcdoc=[^>]*></iframe>\s*$")


class Renderer(IPythonRenderer):
    """Markdown to HTML.

    link(address) -> where a link leads on the exported page, None for plain text; image likewise.
    """

    def __init__(self, link=lambda address: address, image=lambda address: None):
        super().__init__(escape=False, exclude_anchor_links=True)
        self.link_of, self.image_of = link, image

    def block_math(self, body):
        return f'<span class="formula">{mathml(body, displaystyle=True)}</span>'

    def inline_math(self, body):
        formula = mathml(body, displaystyle=False)
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


def mathml(body, displaystyle):
    """A formula as MathML.

    A prime stands beside its letter: it is raised already, and tiny where it is lifted once more.
    """
    return PRIMED.sub(
        r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', to_mathml(body, displaystyle=displaystyle)
    )


def slug(text):
    """A heading's name in addresses, from its words."""
    words = BeautifulSoup(text, "html.parser").get_text().lower()
    return "-".join(re.findall(r"\w+", words))


def markdown(source, **settings):
    """Markdown -> HTML, formulas as MathML."""
    text = MarkdownWithMath(renderer=Renderer(**settings)).render(source)
    # No line may begin with a formula's full stop.
    return GLUED.sub(r'<span class="glued">\g<0></span>', text)


def pieces(source, **settings):
    """The top-level elements of Markdown text, each as HTML."""
    return [
        str(tag)
        for tag in BeautifulSoup(markdown(source, **settings), "html.parser").find_all(recursive=False)
    ]


def code(cell):
    """A code cell's source, colored."""
    return f'<div class="code">{highlight(cell.source)}</div>'


def outputs(cell, still=False):
    """What a code cell shows -> pieces of HTML, each caption once, under its picture.

    still: where no script runs.
    """
    if "walk" in cell.metadata.get("tags", []):
        return [walk.frame(bundled_generator())]
    shown = (printed(o) if isinstance(o, str) else displayed(o, still) for o in merged(cell.outputs))
    return [piece for piece in shown if piece]


@cache
def bundled_generator():
    """The generator of notebook 03 that comes with the course."""
    return load_weights(MLPGenerator(), "checkpoints/mlp-gan.safetensors")


def displayed(output, still):
    """A displayed output as HTML, None if a page has no use for it."""
    known, data = facts(output), output.get("data", {})
    kind = known.get("kind")
    if kind == "sketch":
        return sketch.frame()
    if picture_type(output):
        return picture(output)
    if kind == "prediction":
        return cards.question(**known, still=still)
    if kind == "answer":
        return cards.answer(**known, opened=still)
    if kind == "table":
        return cards.table(**known)
    if kind == "caption":
        return None  # its picture has it
    frame = "".join(data.get("text/html", ""))
    if FRAME.match(frame):
        return frame  # a page of its own that needs no kernel
    return printed("".join(data.get("text/plain", "")))


def picture(output):
    """A figure with its words below, bold where the notebook has them bold, and as its text alternative."""
    kind = picture_type(output)
    words = output.metadata[kind]["alt"]
    alt = html.escape(cards.plain(words))
    source = f"data:{kind};base64,{''.join(output.data[kind].split())}"
    caption = cards.inline(words)
    return f'<figure><img src="{source}" alt="{alt}"><figcaption>{caption}</figcaption></figure>'


def merged(outputs):
    """Outputs in order; printed ones in a row become one string."""
    result = []
    for output in outputs:
        if output.output_type != "stream":
            result.append(output)
        elif result and isinstance(result[-1], str):
            result[-1] += output.text
        else:
            result.append(output.text)
    return result


def printed(text):
    """Printed lines as they are, without progress bars; None where nothing is left."""
    text = without_progress(text).strip("\n")
    return f'<pre class="printed">{html.escape(text)}</pre>' if text.strip() else None
