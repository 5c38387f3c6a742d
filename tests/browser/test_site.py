"""The exported course, opened from a folder on the disk, on a laptop and on a phone."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from ganlib.course import __main__ as course
from ganlib.course.export import site
from tests.support.pages import NOTEBOOKS

STEMS = [path.stem for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]
LOOK = """() => {
  const wide = document.documentElement.clientWidth, over = [];
  const clipped = e => e && (getComputedStyle(e).overflowX !== "visible" || clipped(e.parentElement));
  for (const e of document.body.querySelectorAll("*"))
    if (e.getBoundingClientRect().right > wide + 1 && !clipped(e)) over.push(e.tagName + " " + e.textContent.slice(0, 40));
  const links = [...document.querySelectorAll("a[href]")].map(a => a.href);
  const mute = [...document.querySelectorAll("img")].filter(i => i.alt.length < 10 || !i.naturalWidth).map(i => i.src.slice(0, 60));
  return {
    over, links, mute, wide: document.documentElement.scrollWidth, text: document.body.innerText,
    titles: document.querySelectorAll("h1").length, wrong: document.querySelectorAll("merror").length,
    ids: [...document.querySelectorAll("[id]")].map(e => e.id),
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


@pytest.mark.parametrize("stem", ["index", "instructors", "licenses", *STEMS])
def test_every_page(browser, folder, stem):
    for width in (1280, 390):
        seen = visit(browser, folder / f"{stem}.html", width)
        assert seen["wide"] <= width and seen["over"] == [], f"at {width} pixels"
        assert seen["titles"] == 1 and seen["mute"] == [] and seen["wrong"] == 0
        prose = "\n".join(line for line in seen["text"].split("\n") if 'r"' not in line)
        assert not re.search(r"\$\$|\\(frac|mathbb|log|text|hat)", prose), "TeX is shown"
        own = (folder.as_uri(), "data:", "about:")
        assert [url for url in seen["asked"] if not url.startswith(own)] == []


def test_every_link_inside_leads_somewhere(browser, folder):
    seen = {file.as_uri(): visit(browser, file, 1280) for file in sorted(folder.glob("*.html"))}
    for page in seen.values():
        for link in page["links"]:
            address, _, anchor = link.partition("#")
            if address.startswith("file:"):
                assert Path(unquote(urlsplit(address).path)).is_file(), link
                assert not anchor or unquote(anchor) in seen[address]["ids"], link


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
