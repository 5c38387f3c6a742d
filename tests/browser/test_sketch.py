"""The page to draw on: its net is torch's, its lines are Python's, and mouse, finger and keyboard change the picture."""

import json

import pytest
import torch
from torch import nn

from ganlib.course import sketch
from ganlib.course.sketch.pen import EXAMPLES, raster
from ganlib.nets import Translator
from tests.browser import lab

MADE = "(ys) => ys.map(y => Array.from(translator(readWeights(settings.weights))(Float32Array.from(y))))"
TIMED = """() => {
    const times = [];
    for (let i = 0; i < 40; i++) { sketch.show(); times.push(sketch.state.milliseconds); }
    return times.slice(10).sort((a, b) => a - b)[15];
}"""


def open_page(browser, folder, net=None, framed=False, **context):
    """The page opened from a file, in a frame or by itself -> the page or frame that it lives in."""
    text = f"<!doctype html><title>t</title>{sketch.frame(net)}" if framed else sketch.page(net)
    (folder / "sketch.html").write_text(text, encoding="utf-8")
    page = browser.new_page(**context)
    page.asked, page.problems = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto((folder / "sketch.html").as_uri())
    return page.frames[-1] if framed else page


def picture(page):
    return page.evaluate("document.querySelector('[data-part=picture]').toDataURL()")


def outline(page):
    return torch.tensor(page.evaluate("Array.from(sketch.state.outline)"))


def place(page, x, y):
    """Where on the screen a pixel of the drawing lies."""
    box = page.locator("[data-part=page]").bounding_box()
    return box["x"] + box["width"] * x / 28, box["y"] + box["height"] * y / 28


@pytest.mark.parametrize("width, skip", [(32, True), (8, True), (8, False)])
def test_the_nets_pictures_equal_torchs(browser, tmp_path, width, skip):
    torch.manual_seed(0)
    net = Translator(width, skip)
    for norm in (part for part in net.modules() if isinstance(part, nn.BatchNorm2d)):
        for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
            tensor.normal_()
        norm.running_var.uniform_(0.1, 3)
    net.half().float().eval()  # the page has 16 bits of each weight
    y = torch.cat([torch.randn(2, 1, 28, 28), torch.where(torch.rand(4, 1, 28, 28) < 0.2, 1.0, -1.0)])
    with torch.no_grad():
        expected = net(y).flatten(1)
    page = open_page(browser, tmp_path, net)
    found = torch.tensor(
        page.evaluate(MADE.replace("settings.weights", json.dumps(sketch.packed(net))), y.flatten(1).tolist())
    )
    assert expected.std() > 0.2 and (found - expected).abs().max() < 1e-4
    page.close()


@pytest.fixture
def page(browser, tmp_path):
    page = open_page(browser, tmp_path, viewport={"width": 1100, "height": 720})
    yield page
    assert page.problems == [] and all(url.startswith(("file:", "data:")) for url in page.asked)
    page.close()


def test_every_example_is_drawn_as_by_python_and_translated_as_by_torch(page):
    net = sketch.bundled()
    for name, strokes in EXAMPLES.items():
        page.get_by_role("button", name=name, exact=True).click()
        y = raster(strokes)
        assert torch.equal(outline(page), y.flatten()), name
        with torch.no_grad():
            expected = net(y).flatten()
        found = torch.tensor(page.evaluate("Array.from(sketch.state.pixels)"))
        assert (found - expected).abs().max() < 1e-4, name


def test_a_shirt_is_cloth_inside_and_black_outside(page):
    x = torch.tensor(page.evaluate("Array.from(sketch.state.pixels)")).view(28, 28)
    assert x[12:22, 10:18].mean() > -0.2 and x[16:24, 1:6].mean() < -0.9 and x[16:24, 22:27].mean() < -0.9


def test_the_mouse_draws(page):
    before, lines = picture(page), outline(page)
    page.mouse.move(*place(page, 14, 9))
    page.mouse.down()
    page.mouse.move(*place(page, 14, 20), steps=6)
    page.mouse.up()
    added = (outline(page) - lines).view(28, 28)
    assert (added[9:20, 13:15] > 0).all() and (added[:, :12] == 0).all() and picture(page) != before
    assert "ms" in page.inner_text("[data-part=words]")
    page.get_by_role("button", name="Undo").click()
    assert torch.equal(outline(page), lines) and picture(page) == before
    page.get_by_role("button", name="Clear").click()
    assert outline(page).max() == -1
    page.get_by_role("button", name="Undo").click()
    assert torch.equal(outline(page), lines)


def test_a_finger_draws_and_does_not_scroll(browser, tmp_path):
    page = open_page(browser, tmp_path, has_touch=True, viewport={"width": 390, "height": 500})
    page.get_by_role("button", name="Clear").click()
    page.evaluate("scrollTo(0, 0)")
    before, client = picture(page), page.context.new_cdp_session(page)
    for kind, at in (
        ("touchStart", (5, 5)),
        ("touchMove", (12, 14)),
        ("touchMove", (20, 22)),
        ("touchEnd", None),
    ):
        points = [dict(zip("xy", place(page, *at)))] if at else []
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("sketch.state.outline.filter(v => v > 0).length > 30")
    assert outline(page).view(28, 28)[5, 5] == 1 == outline(page).view(28, 28)[21, 19]
    assert picture(page) != before and page.evaluate("scrollY") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_the_keyboard_draws(page):
    page.get_by_role("button", name="Clear").click()
    before = picture(page)
    page.focus("[data-part=page]")
    for key in (
        "ArrowUp",
        "Space",
        *["ArrowRight"] * 5,
        *["ArrowDown"] * 4,
        "Space",
        "ArrowDown",
        "ArrowDown",
    ):
        page.keyboard.press(key)
    lines = outline(page).view(28, 28)
    assert lines[12:14, 14:19].min() == 1 and lines[13:17, 18:20].min() == 1 and lines[18:].max() == -1
    assert page.inner_text("[data-part=pen]") == "Pen up, column 19, row 19." and picture(page) != before
    page.keyboard.press("Backspace")
    assert outline(page).max() == -1 and picture(page) == before


def test_a_picture_takes_milliseconds(page):
    found = page.evaluate(TIMED)
    print(f"{found:.1f} ms a picture")
    assert found < 100, "half a tenth of a second on a machine that nobody else uses"


@pytest.mark.parametrize("width", (1100, 390))
def test_names_roles_contrast_and_room(page, width):
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 700})
    found = Axe().run(page).response["violations"]
    assert found == [], json.dumps([(v["id"], [n["html"] for n in v["nodes"]]) for v in found], indent=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_frame_is_as_tall_as_its_content(browser, tmp_path, shots):
    frame = open_page(browser, tmp_path, framed=True, viewport={"width": 390, "height": 800})
    frame.page.wait_for_function("document.querySelector('iframe').offsetHeight > 800")
    frame.get_by_role("button", name="boot").click()
    assert "cloth on" in frame.inner_text("[data-part=words]")
    frame.page.screenshot(path=shots / "sketch-phone.png", full_page=True)
    frame.page.close()


def test_it_draws_in_jupyterlab_tells_the_kernel_and_goes_on_without_it(browser, server, shots):
    setup = "import sys\nsys.path.insert(0, '..')\nfrom ganlib.course.sketch import Sketch\npad = Sketch()"
    ask = "print(len(pad.strokes), int(pad.outline.gt(0).sum()))"
    book = lab.Notebook(browser, server, server.write("sketch.ipynb", setup, ask)).start().finish(120)
    assert book.errors() == []
    page = book.page.locator(".sketch [data-part=page]")
    words, picture = book.page.locator(".sketch [data-part=words]"), "e => e.toDataURL()"
    page.wait_for(timeout=30_000)
    seen = [book.page.locator(".sketch [data-part=picture]").evaluate(picture)]
    page.focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "ArrowLeft", "Space"):
        book.page.keyboard.press(key)
    assert "Pen up, column 13, row 16" in book.page.locator(".sketch [data-part=pen]").inner_text()
    seen.append(book.page.locator(".sketch [data-part=picture]").evaluate(picture))
    book.page.locator(".jp-CodeCell").last.click()
    book.page.keyboard.press("Shift+Enter")
    book.finish(60)
    told = book.page.locator(".jp-OutputArea-output pre").last.inner_text().split()
    assert told[0] == "3" and int(told[1]) > 100, "two strokes of the example and one by keyboard"
    book.shot(shots / "sketch-lab.png")
    book.menu("Kernel", "Shut Down Kernel")
    book.page.locator(".sketch").get_by_role("button", name="star").click()
    seen.append(book.page.locator(".sketch [data-part=picture]").evaluate(picture))
    assert len(set(seen)) == 3 and "cloth on" in words.inner_text() and book.outside == []
    book.page.close()


def test_other_nets_are_refused():
    with pytest.raises(ValueError, match="^net: expected a ganlib.nets.Translator, but got Linear"):
        sketch.page(nn.Linear(2, 2))
