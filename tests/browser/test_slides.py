"""The slides of every notebook at 1280 x 720, as on a projector: nothing cut off, tiny or fetched."""

import re

import nbformat
import pytest

from ganlib.course.export import slides
from tests.support.pages import NOTEBOOKS

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
LOOK = """() => {
  const slide = Reveal.getCurrentSlide(), cut = [], tiny = [];
  for (const e of slide.querySelectorAll(":not(.notes, .notes *)")) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e), name = e.tagName + " " + e.textContent.slice(0, 40);
    const outside = box.left < 0 || box.top < 0 || box.right > 1280 || box.bottom > 720;
    const scrolls = e.clientWidth && style.display !== "inline" && e.scrollWidth > e.clientWidth + 2;
    if (box.width && (outside || scrolls)) cut.push(name);
    const text = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()), least = e.closest("math") ? 13 : 14;
    if (text && parseFloat(style.fontSize) < least) tiny.push(name);
  }
  const pictures = [...slide.querySelectorAll("img")];
  return {
    cut, tiny, text: slide.innerText, zoom: slide.style.zoom, height: slide.scrollHeight,
    tells: Boolean(slide.querySelector(".gc-question") && slide.querySelector(".gc-answer")),
    mute: pictures.filter(p => p.alt.length < 15 || !p.naturalWidth).length,
    wrong: slide.querySelectorAll("merror").length,
  };
}"""


def walk_through(page):
    """Press Page Down to the end -> what was seen on each slide."""
    seen = []
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        seen.append(page.evaluate(LOOK))
        page.keyboard.press("PageDown")
    assert page.evaluate("Reveal.isLastSlide()")
    return seen


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_slide(browser, tmp_path, shots, path):
    file, asked, errors = tmp_path / "slides.html", [], []
    file.write_text(slides.deck(path), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function("Reveal.isReady()")
    page.screenshot(path=shots / f"slides-{path.stem}.png")
    seen = walk_through(page)
    assert 20 <= len(seen) <= 70, "for a class, not the whole notebook"
    for number, slide in enumerate(seen, 1):
        where = f"slide {number} of {path.stem}: {slide['text'][:60]!r}"
        assert not slide["cut"], f"{where} is cut off at {slide['cut'][:3]}"
        assert not slide["tiny"], f"{where} has letters below 14 pixels: {slide['tiny'][:3]}"
        assert float(slide["zoom"]) == 1 and slide["height"] <= 720, f"{where} is too full"
        assert not slide["tells"], f"{where} tells the answer beside the question"
        assert not slide["mute"] and not slide["wrong"], (
            f"{where} has a picture without words or a wrong formula"
        )
        assert not re.search(r"\$\$|\\[a-z]{3,}", slide["text"]), f"{where} shows TeX"
    assert (
        errors == []
        and [url for url in asked if not url.startswith((file.as_uri(), "data:", "about:"))] == []
    )
    page.close()


def test_the_speaker_view_has_the_notes(browser, tmp_path):
    file = tmp_path / "slides.html"
    file.write_text(slides.deck(PATHS[0]), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_function("Reveal.isReady()")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes")
    notes.get_by_text("Before class").wait_for(timeout=15_000)
    assert "Plan, 50 min" in notes.inner_text() and "Plan, 50 min" not in page.locator("body").inner_text()
    opened.value.close()
    page.close()


def notebook_with_a_walk(folder):
    """The walk of notebook 03 between a title and a last slide."""
    book = nbformat.read(next(path for path in PATHS if path.stem.startswith("03")), 4)
    (walk,) = [cell for cell in book.cells if "walk" in cell.metadata.get("tags", [])]
    walk.metadata = {"tags": ["walk"], "slideshow": {"slide_type": "slide"}}
    end = nbformat.v4.new_markdown_cell("## The end\n\nWords.")
    book.cells = [book.cells[0], walk, end]
    path = folder / "03_walk.ipynb"
    nbformat.write(book, path)
    return path


def test_a_remote_turns_slides_from_within_the_walk(browser, tmp_path):
    file = tmp_path / "slides.html"
    file.write_text(slides.deck(notebook_with_a_walk(tmp_path)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    page.wait_for_function("Reveal.isReady()")
    page.evaluate("Reveal.slide(Reveal.getSlides().findIndex(s => s.querySelector('iframe')))")
    before = page.evaluate("Reveal.getState().indexh")
    frame = page.frame_locator("section.present iframe")
    words = frame.locator("#words").inner_text()
    frame.locator("#t").press("ArrowRight")
    assert (
        frame.locator("#words").inner_text() != words and page.evaluate("Reveal.getState().indexh") == before
    )
    frame.locator("#t").press("PageDown")
    page.wait_for_function(f"Reveal.getState().indexh === {before + 1}")
    page.close()


def test_one_can_draw_on_a_slide_and_turn_it(browser, tmp_path, shots):
    file = tmp_path / "slides.html"
    file.write_text(slides.deck(next(p for p in PATHS if p.stem.startswith("11"))), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    page.wait_for_function("Reveal.isReady()")
    page.evaluate("Reveal.slide(Reveal.getSlides().findIndex(s => s.querySelector('iframe')))")
    before = page.evaluate("Reveal.getState().indexh")
    frame = page.frame_locator("section.present iframe")
    pad, picture = frame.locator("[data-part=page]"), frame.locator("[data-part=picture]")
    frame.get_by_role("button", name="Clear").click()
    empty, box = picture.evaluate("e => e.toDataURL()"), pad.bounding_box()
    assert box["width"] > 250 and frame.locator("body").bounding_box()["y"] > 0
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
    page.mouse.up()
    assert picture.evaluate("e => e.toDataURL()") != empty
    words = frame.locator("[data-part=words]").bounding_box()
    assert words["y"] + words["height"] < 720, "all of it fits on the slide"
    page.screenshot(path=shots / "sketch-slide.png")
    pad.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getState().indexh") == before, "arrows move the pen"
    page.keyboard.press("PageDown")
    page.wait_for_function(f"Reveal.getState().indexh === {before + 1}")
    page.close()
