"""The exported course, opened from a folder on the disk, on a laptop and on a phone."""

import html
import re
from urllib.parse import unquote

import pytest

from ganlib.course import __main__ as course
from ganlib.course.export import site
from tests.support.pages import NOTEBOOKS

STEMS = [path.stem for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]
LOOK = """async () => {
  const pictures = [...document.querySelectorAll("img")];
  for (const image of pictures) image.loading = "eager";
  await Promise.all(pictures.map((image) => image.decode().catch(() => null)));
  const wide = document.documentElement.clientWidth, over = [];
  const clipped = e => e && (getComputedStyle(e).overflowX !== "visible" || clipped(e.parentElement));
  for (const e of document.body.querySelectorAll("*"))
    if (e.getBoundingClientRect().right > wide + 1 && !clipped(e)) over.push(e.tagName + " " + e.textContent.slice(0, 40));
  const mute = pictures.filter(i => i.alt.length < 10 || !i.naturalWidth).map(i => i.src.slice(0, 60));
  return {
    over, mute, wide: document.documentElement.scrollWidth, text: document.body.innerText,
    titles: document.querySelectorAll("h1").length, wrong: document.querySelectorAll("merror").length,
  };
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The exported course, in a folder with a space and an umlaut."""
    folder = tmp_path_factory.mktemp("site") / "GAN kürs"
    site.write(folder, course.ROOT, course.notebooks(course.ROOT / "notebooks"))
    return folder


def visit(browser, file, width):
    """Open a page -> what it holds and what it asked for."""
    asked, errors = [], []
    page = browser.new_page(viewport={"width": width, "height": 720})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    seen = page.evaluate(LOOK)
    page.close()
    assert errors == []
    return seen | {"asked": asked}


@pytest.mark.parametrize(
    "stem", ["index", "search", "playground", "instructors", "licenses", "deploy", "api/ganlib/gan", *STEMS]
)
def test_every_page(browser, folder, stem):
    for width in (1280, 390):
        seen = visit(browser, folder / f"{stem}.html", width)
        assert seen["wide"] <= width and seen["over"] == [], f"at {width} pixels"
        assert seen["titles"] == 1 and seen["mute"] == [] and seen["wrong"] == 0
        prose = "\n".join(line for line in seen["text"].split("\n") if 'r"' not in line)
        assert not re.search(r"\$\$|\\(frac|mathbb|log|text|hat)", prose), "TeX is shown"
        own = (folder.as_uri(), "data:", "about:")
        assert [url for url in seen["asked"] if not url.startswith(own)] == []


def pages_of(folder):
    """Every page but the frames inside of others."""
    return [file for file in sorted(folder.rglob("*.html")) if file.parent.name != "frames"]


def asked_for(file):
    """The files that a page loads with itself, those of its frames included."""
    text = re.sub(r"<script>.*?</script>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = re.findall(r'\bsrc="([^"]+)"', text) + re.findall(r'<link rel="stylesheet" href="([^"]+)"', text)
    files = {(file.parent / unquote(name.split("?")[0])).resolve() for name in names}
    frames = [asked_for(inner) for inner in files if inner.suffix == ".html"]
    return files.union({file}, *frames)


def test_every_link_inside_leads_somewhere(folder):
    texts = {file.resolve(): file.read_text(encoding="utf-8") for file in pages_of(folder)}
    ids = {file: set(re.findall(r'\bid="([^"]+)"', text)) for file, text in texts.items()}
    assert len(texts) > 50
    for file, text in texts.items():
        for link in re.findall(r'<a [^>]*\bhref="([^"]+)"', text):
            address, _, anchor = html.unescape(link).partition("#")
            if not re.match(r"\w+:", address):
                target = (file.parent / unquote(address)).resolve() if address else file
                assert target.is_file(), f"{file.name}: {link}"
                assert not anchor or unquote(anchor) in ids[target], f"{file.name}: {link}"


def test_no_page_weighs_more_than_a_megabyte_and_a_half(folder):
    weights = {file.name: sum(part.stat().st_size for part in asked_for(file)) for file in pages_of(folder)}
    heaviest = sorted(weights, key=weights.get)[-3:]
    print({name: f"{weights[name] / 1e6:.2f} MB" for name in heaviest})
    assert max(weights.values()) < 1.5e6


def test_every_page_has_a_language_a_title_of_its_own_and_fits_a_phone(folder):
    titles = []
    for file in pages_of(folder):
        text = file.read_text(encoding="utf-8")
        assert '<html lang="en">' in text and 'name="viewport" content="width=device-width' in text, file.name
        assert "http" not in "".join(re.findall(r"<(?:script|link|iframe|img)[^>]*>", text)), file.name
        titles.append(re.search(r"<title>(.+?)</title>", text)[1])
    assert len(set(titles)) == len(titles)


def test_every_notebook_opens_in_colab_by_a_click(folder):
    for stem in STEMS:
        address = (
            f"https://colab.research.google.com/github/OWNER/gan-course/blob/main/notebooks/{stem}.ipynb"
        )
        assert f'<a href="{address}"><img' in (folder / f"{stem}.html").read_text(encoding="utf-8")


TOO_WIDE = """() => {
  const boxes = [...document.querySelectorAll(".scroll")].filter(e => e.getClientRects().length);
  const scrolls = boxes.filter(e => e.scrollWidth > e.clientWidth);
  const pictures = boxes.map(e => e.firstElementChild).filter(e => e.tagName === "IMG");
  return {
    scrolling: scrolls.length,
    deaf: scrolls.filter(e => e.tabIndex !== 0 || e.getAttribute("role") !== "group" || !e.ariaLabel).length,
    bare: scrolls.filter(e => getComputedStyle(e.parentElement, "::after").display === "none").length,
    idle: boxes.filter(e => !scrolls.includes(e) && (e.tabIndex === 0 || e.parentElement.className !== "wide")).length,
    shrunk: pictures.filter(e => e.width < 0.64 * e.naturalWidth).map(e => e.alt.slice(0, 40)),
    cut: [...document.querySelectorAll("figcaption")].filter(e => e.getBoundingClientRect().right > innerWidth).length,
  };
}"""


@pytest.mark.parametrize("stem", ["04_mode_collapse", "06_conditional_gan", "benchmarks"])
def test_what_is_too_wide_for_a_phone_scrolls_in_a_box_and_says_so(browser, folder, stem):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto((folder / f"{stem}.html").as_uri())
    found = page.evaluate(TOO_WIDE)
    assert found.pop("scrolling") > 2
    assert found == {"deaf": 0, "bare": 0, "idle": 0, "shrunk": [], "cut": 0}
    box = page.query_selector(".more-right > .scroll")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0 && e.parentElement.matches('.more-left')", arg=box)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("!document.querySelector('.scroll[tabindex]')")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("stem", ["index", "search", "api/ganlib/gan", "03_mlp_gan", "09_regularization"])
def test_axe_finds_nothing(browser, folder, stem, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    page.goto((folder / f"{stem}.html").as_uri() + ("?q=penalty" if stem == "search" else ""))
    for part in page.locator("details.deeper > summary").all():
        part.click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 720})
        found = Axe().run(page, options={"iframes": False}).response["violations"]
        assert [(rule["id"], [node["html"][:150] for node in rule["nodes"]]) for rule in found] == []
    page.close()


def test_the_tab_key_meets_the_navigation_first_then_the_page(browser, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((folder / "02_minimax.html").as_uri())
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        name = "e => [e.textContent || e.getAttribute('aria-label'), getComputedStyle(e).outlineStyle]"
        words, outline = page.evaluate(f"({name})(document.activeElement)")
        seen.append(words)
        assert outline != "none", f"{words} does not show its focus"
    assert seen[:3] == ["The course", "Playground", "API reference"]
    assert seen[3].startswith("Previous: 01") and seen[4].startswith("Next: 03") and seen[5] == "Search"
    page.close()


def test_search_from_any_page_finds_prose_code_and_reference(browser, folder):
    page = browser.new_page()
    page.goto((folder / "05_wgan.html").as_uri())
    page.fill("nav input[type=search]", "spectral norm")
    page.press("nav input[type=search]", "Enter")
    page.wait_for_selector("#found li")
    assert page.locator("#found a").first.inner_text().startswith("09 ")
    page.locator("#found a").first.click()
    heading = "document.getElementById(decodeURIComponent(location.hash.slice(1)))"
    page.wait_for_function(f"{heading}?.tagName === 'H2'")
    page.go_back()
    page.fill("main input", "r1_penalty")
    page.wait_for_selector("text=ganlib.penalties.r1_penalty")
    page.get_by_role("link", name="ganlib.penalties.r1_penalty").click()
    assert "critic" in page.locator("#r1_penalty").inner_text()
    page.goto((folder / "search.html").as_uri() + "?q=%3Cimg src=x onerror=alert(1)%3E")
    assert page.inner_text("#count") == "Places found: 0" and page.locator("main img").count() == 0
    page.close()


def test_the_reference_shows_what_the_docstrings_say(folder):
    text = (folder / "api" / "ganlib" / "gan.html").read_text(encoding="utf-8")
    assert "Generator G, discriminator D and the rules of their game." in text and 'id="GAN.__init__"' in text
    names = {file.relative_to(folder / "api").as_posix() for file in (folder / "api").rglob("*.html")}
    assert {"ganlib/penalties.html", "ganlib/metrics.html", "ganlib/course/widgets.html"} <= names
    assert not any("exercise" in name for name in names), "solutions of exercises are not published"
    texts = [file.read_text(encoding="utf-8") for file in (folder / "api").rglob("*.html")]
    assert not any("Although the recipe for forward pass" in text for text in texts), "torch's own words"
    assert "A GAN is two nets, a loss and two optimizers" in (folder / "api" / "ganlib.html").read_text(
        encoding="utf-8"
    )


def test_the_front_door_plays_at_once_and_can_be_drawn_on(browser, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((folder / "index.html").as_uri())
    frame = page.frames[1]
    frame.wait_for_function("playground.state.game.steps > 10", timeout=5000)
    box = page.locator("iframe.door").bounding_box()
    assert box["y"] + box["height"] < 720, "the whole door is in sight"
    page.mouse.click(box["x"] + 200, box["y"] + 100)
    frame.wait_for_function("playground.state.drawn.length === 1 && playground.state.game.steps > 5")
    frame.get_by_role("link").click()
    page.wait_for_url(re.compile(r"/playground\.html(#.*)?$"))
    page.get_by_role("link", name="The course").click()
    assert page.title() == "GANs, hands on"
    page.close()


def test_doors_lead_through_the_whole_course(browser, folder):
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    page.click(f"main a[href='{STEMS[0]}.html']")
    passed = [page.title()]
    while page.locator("nav").first.get_by_text("Next:").count():
        page.locator("nav").first.get_by_text("Next:").click()
        passed.append(page.title())
    assert [title[:2] for title in passed] == [stem[:2] for stem in STEMS]
    page.get_by_text("The course").first.click()
    assert page.title() == "GANs, hands on"
    page.close()


def test_the_walk_runs_on_the_exported_page(browser, folder):
    page = browser.new_page()
    page.goto((folder / "03_mlp_gan.html").as_uri())
    frame = page.frame_locator("iframe")
    words = frame.locator("#words").inner_text()
    frame.locator("#t").press("ArrowRight")
    assert frame.locator("#words").inner_text() != words
    page.close()


def test_a_drawing_becomes_a_garment_on_the_exported_page(browser, folder):
    page = browser.new_page()
    page.goto((folder / "11_image_translation.html").as_uri())
    page.locator("iframe[title='Draw an outline']").scroll_into_view_if_needed()  # it loads when it is seen
    frame = page.frame_locator("iframe[title='Draw an outline']")
    picture = frame.locator("[data-part=picture]")
    seen = [picture.evaluate("e => e.toDataURL()")]
    frame.locator("[data-part=page]").scroll_into_view_if_needed()
    box = frame.locator("[data-part=page]").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 150, steps=5)
    page.mouse.up()
    seen.append(picture.evaluate("e => e.toDataURL()"))
    frame.get_by_role("button", name="boot").click()
    seen.append(picture.evaluate("e => e.toDataURL()"))
    assert len(set(seen)) == 3
    page.close()
