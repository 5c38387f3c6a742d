"""Predictions in a real browser: locked in while the kernel is busy, and on a page that has none."""

import json

import pytest

from ganlib.course import words
from ganlib.course.export import slides
from tests.browser import hands, lab
from tests.support import small


def note(card):
    return card.locator(".gc-note").inner_text()


# The contrast of each text with what lies behind it, by WCAG 2.2; translucent colors are laid one over another.
CONTRASTS = """() => {
  const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, below) => below.map((value, i) => top[i] * top[3] + value * (1 - top[3]));
  const lineage = e => e ? [...lineage(e.parentElement), e] : [];
  const light = color => {
    const [r, g, b] = color.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const e of document.querySelectorAll(".gc-card *, .gc-table *, .jp-RenderedHTML p")) {
    if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const styles = lineage(e).map(p => getComputedStyle(p)), ink = rgba(getComputedStyle(e).color);
    ink[3] *= styles.reduce((all, style) => all * Number(style.opacity), 1);
    const ground = styles.reduce((below, style) => over(rgba(style.backgroundColor), below), [255, 255, 255]);
    const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => x - y);
    found.push([e.textContent.slice(0, 30), (b + 0.05) / (a + 0.05)]);
  }
  return found;
}"""


def violations(page, inside):
    """What axe finds wrong in a part of a page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=inside).response
    return [(rule["id"], node["html"][:200]) for rule in found["violations"] for node in rule["nodes"]]


@pytest.fixture(scope="module")
def book(browser, server):
    """A notebook that asks, is busy for some seconds, and reveals."""
    name = server.write(
        "cards.ipynb", "import sys\nsys.path.insert(0, '..')", hands.ASK, hands.BUSY, hands.REVEAL
    )
    book = lab.Notebook(browser, server, name).start()
    yield book
    assert book.outside == []
    book.close()


def test_a_guess_is_locked_in_while_the_kernel_is_busy_and_judged_when_it_is_told(book, server, shots):
    questions = book.page.locator("fieldset.gc-question")
    questions.nth(2).wait_for(timeout=60_000)
    lab.wait_for(lambda: book.prompts()[2] == "[*]:", 10, "the busy cell")
    which, much, _ = questions.all()
    which.locator("button").click()
    assert note(which) == words.CHOOSE_FIRST
    which.locator("[type=radio]").first.focus()
    book.page.keyboard.press("ArrowDown")
    book.page.keyboard.press("Tab")
    book.page.keyboard.press("Enter")
    assert note(which) == words.LOCKED.format(guess="about 2")
    much.locator("input").fill("about half")
    much.locator("button").click()
    assert note(much) == words.NUMBER_FIRST
    much.locator("input").fill("0,5")
    book.page.keyboard.press("Enter")
    assert note(much) == words.LOCKED.format(guess="0.5")
    assert book.prompts()[2] == "[*]:" and book.prompts()[3] == "[*]:", "all this while the kernel was busy"
    book.shot(shots / "cards-busy.png")
    book.finish(60)
    right, wrong, waiting = book.page.locator(".gc-answer").all()
    assert words.RIGHT.format(guess="about 2") in right.inner_text() and "A hard cut" in right.inner_text()
    assert words.WRONG.format(guess="0.5") in wrong.inner_text() and "0.707. By Pyth" in wrong.inner_text()
    assert words.NUDGE in waiting.inner_text() and "So it is." not in waiting.inner_text()
    assert book.errors() == []
    heard = server.course.parent / "ganlib_home" / "progress.json"
    expected = {"prediction hands which": "about 2", "prediction hands much": 0.5}
    lab.wait_for(lambda: heard.exists() and json.loads(heard.read_text()) == expected, 10, "the guesses")


def test_a_guess_after_the_answer_opens_it(book, server):
    late = book.page.locator("fieldset.gc-question").nth(2)
    late.get_by_label("right").click()
    late.locator("button").click()
    told = book.page.locator(".gc-answer").nth(2)
    assert words.WRONG.format(guess="right") in told.inner_text() and "So it is." in told.inner_text()
    assert late.locator("input").first.is_disabled(), "a prediction stays one"


def test_each_question_is_shown_once(book):
    shown = book.page.locator(".jp-OutputArea").all_inner_texts()
    for question in (
        "Which slope is best?",
        "How long is the middle?",
        "An empty figure",
        "Shares of two kinds.",
    ):
        assert sum(text.count(question) for text in shown) == 1


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_cards_are_accessible_in_jupyterlab(book, shots, theme):
    book.page.evaluate("window.scrollTo(0, 0)")
    book.menu("Settings")
    book.page.locator(".lm-Menu-item:visible", has_text="Theme").first.hover()
    book.page.locator(".lm-Menu-item:visible", has_text=theme).first.click()
    light = str("Light" in theme).lower()
    book.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached", timeout=15_000)
    assert violations(book.page, ".gc-card, .gc-table") == []
    contrasts = book.page.evaluate(CONTRASTS)
    assert len(contrasts) > 15 and [pair for pair in contrasts if pair[1] < 4.5] == []
    book.page.locator(".gc-answer").first.scroll_into_view_if_needed()
    book.shot(shots / f"cards-{theme[-5:].strip()}.png")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The small notebook as a page."""
    root = tmp_path_factory.mktemp("course")
    path, folder = small.pages(root)
    (root / "slides.html").write_text(slides.deck(path), encoding="utf-8")
    return folder / "01_small.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_without_a_kernel_asks_and_answers(browser, file, shots, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    question, told = page.locator("fieldset.gc-question").first, page.locator(".gc-answer").first
    assert "It was always so." not in told.inner_text()
    question.locator("[type=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert note(question) == words.LOCKED.format(guess="right")
    assert words.RIGHT.format(guess="right") in told.inner_text() and "It was always so." in told.inner_text()
    page.locator(".contents summary").click()
    page.get_by_role("link", name="Once more").click()
    other = page.locator(".deeper .gc-answer")
    assert other.is_visible(), "a link opens what is folded"
    other.locator("summary").click()
    assert "0.5. It was always so." in other.inner_text(), "an answer opens on a click, without a guess"
    page.locator(".set-up summary").click()
    assert violations(page, "body") == [] == errors
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 15 and [pair for pair in contrasts if pair[1] < 4.5] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=shots / f"page-{width}-{scheme}.png", full_page=True)
    page.close()


def test_slides_show_the_question_and_then_the_answer(browser, file, shots):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((file.parent.parent / "slides.html").as_uri())
    page.wait_for_function("Reveal.isReady()")
    seen = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        seen.append(page.evaluate("Reveal.getCurrentSlide().innerText"))
        page.screenshot(path=shots / f"small-slide-{number}.png")
        page.keyboard.press("PageDown")
    page.close()
    asked = next(i for i, text in enumerate(seen) if "Which one?" in text)
    told = next(i for i, text in enumerate(seen) if "It was always so." in text)
    assert asked < told and "neither" in seen[asked]
    assert any("Shares of two kinds." in text for text in seen) and not any("Deeper" in text for text in seen)
