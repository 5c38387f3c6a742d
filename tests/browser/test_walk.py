"""The walk that needs no kernel: in a real browser, from a file, its pixels are torch's."""

import re
from functools import partial

import pytest
import torch

from ganlib.course import walk
from ganlib.engine.checkpoint import load_weights
from ganlib.nets import DCGenerator, MLPGenerator
from ganlib.nets.dcgan import resize_conv, transposed
from tests.browser import lab


@pytest.fixture(scope="module")
def bundled():
    return load_weights(MLPGenerator(), "checkpoints/mlp-gan.safetensors")


def open_page(browser, folder, G, framed=False):
    """The walk of G, opened from a file, in a frame or by itself -> the page or frame that it lives in."""
    path = folder / "walk.html"
    path.write_text(
        f"<!doctype html><title>t</title>{walk.frame(G)}" if framed else walk.page(G), encoding="utf-8"
    )
    page = browser.new_page()
    page.goto(path.as_uri())
    return page.frames[-1]


def pixels_of(page, z):
    """What the page computes for each row of z (n, z_dim) -> (n, pixels)."""
    return torch.tensor([page.evaluate("z => Array.from(generate(z))", row) for row in z.tolist()])


def test_pixels_equal_torchs(browser, tmp_path, bundled):
    z = torch.cat([torch.zeros(1, 64), torch.randn(8, 64), 5 * torch.randn(2, 64)])
    with torch.no_grad():
        expected = bundled(z).flatten(1)
    assert (pixels_of(open_page(browser, tmp_path, bundled), z) - expected).abs().max() < 1e-4


@pytest.mark.parametrize(
    "G",
    [
        MLPGenerator(z_dim=5, widths=(16, 32, 32), shape=(1, 6, 10)),
        MLPGenerator(z_dim=5, widths=(16, 32), shape=(3, 6, 10)),
        DCGenerator(z_dim=5, width=4, size=28),
        DCGenerator(z_dim=5, width=4, size=64, channels=3),
    ],
    ids=lambda G: f"{type(G).__name__} {len(G.net)}",
)
def test_other_nets_and_shapes_stay_within_what_8_bits_allow(browser, tmp_path, G):
    torch.manual_seed(0)
    for module in G.net:  # statistics and gains that a folding must not confuse
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            for tensor in (module.running_mean, module.weight.data, module.bias.data):
                tensor.normal_()
            module.running_var.uniform_(0.1, 3)
        elif hasattr(module, "weight"):  # as it comes, a deep net draws one picture from every z
            torch.nn.init.kaiming_normal_(module.weight)
    z = torch.randn(6, 5)
    with torch.no_grad():
        expected = G.eval()(z).flatten(1)
    found = pixels_of(open_page(browser, tmp_path, G), z)
    wrong = (found - expected).abs()
    assert found.shape == expected.shape and 0 < wrong.max() < 0.1 and wrong.mean() < 0.01
    assert expected.std(0).mean() > 1e-2, "a net that draws one picture would prove nothing"


@pytest.mark.parametrize("kernel", (3, 4))
def test_convolutions_are_torchs(browser, tmp_path, kernel):
    """Weights that 8 bits hold exactly, and no batch norm: nothing is left but rounding of floats."""
    torch.manual_seed(0)
    G = DCGenerator(5, 4, 20, 3, norm=torch.nn.Identity, up=partial(transposed, kernel=kernel))
    for module in (part for part in G.net if hasattr(part, "weight")):
        weights = torch.randint(-127, 128, module.weight.shape)
        rows = weights if weights.dim() == 2 else weights.transpose(0, 1).flatten(1)
        rows[:, 0] = 127  # flatten copied the kernels' rows
        weights = rows if weights.dim() == 2 else rows.unflatten(1, (-1, kernel, kernel)).transpose(0, 1)
        module.weight.data.copy_(weights * 1e-3)
    z = torch.randn(3, 5)
    with torch.no_grad():
        expected = G.eval()(z).flatten(1)
    found = pixels_of(open_page(browser, tmp_path, G), z)
    assert expected.std() > 0.05 and (found - expected).abs().max() < 1e-4


def test_a_saved_page_draws_in_colors(browser, tmp_path):
    G = DCGenerator(z_dim=5, width=4, size=32, channels=3)
    walk.save(G, tmp_path / "walk.html")
    page = browser.new_page()
    page.goto((tmp_path / "walk.html").as_uri())
    z = page.evaluate("Array.from(between(ends.from[0], ends.to[0], 0.5, 'slerp'))")
    with torch.no_grad():
        expected = (G.eval()(torch.tensor([z]))[0] + 1) * 127.5
    drawn = page.evaluate(
        "Array.from(element('here').getContext('2d').getImageData(0, 0, width, height).data)"
    )
    drawn = torch.tensor(drawn).view(32, 32, 4).permute(2, 0, 1)
    assert (drawn[3] == 255).all() and (drawn[:3] - expected).abs().max() < 4


def test_the_page_says_where_the_walk_stands(browser, tmp_path, bundled):
    page = open_page(browser, tmp_path, bundled, framed=True)

    def share():
        return float(re.search(r"([\d.]+) of the ends", page.inner_text("#words")).group(1))

    assert 0.9 < share() < 1.1, "slerp stays on the sphere"
    page.check("[value=lerp]")
    assert 0.55 < share() < 0.85, "lerp cuts through it, near 1/√2"
    page.evaluate("document.getElementById('t').value = 0; walk()")
    start = page.evaluate("ends.from[0].map(x => x * x).reduce((a, b) => a + b) ** 0.5")
    assert f"|z| = {start:.2f}" in page.inner_text("#words")


def test_the_keyboard_does_all_of_it(browser, tmp_path, bundled):
    page = open_page(browser, tmp_path, bundled)
    picture = "() => document.getElementById('here').toDataURL()"
    seen = [page.evaluate(picture)]
    for key in (
        "ArrowRight",
        "ArrowRight",
        "ArrowLeft",
        "ArrowRight",
        "Enter",
    ):  # from, to, path, t, new random samples
        page.page.keyboard.press("Tab")
        page.page.keyboard.press(key)
        seen.append(page.evaluate(picture))
    assert len(set(seen)) == 6, "each control changes the picture"
    assert page.get_attribute("#here", "aria-label").startswith("The picture at t = 0.55 by lerp")


def test_a_frame_is_as_tall_as_its_content_and_asks_for_nothing(browser, tmp_path, bundled):
    asked = []
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    (tmp_path / "phone.html").write_text(
        f"<!doctype html><title>t</title>{walk.frame(bundled)}", encoding="utf-8"
    )
    page.goto((tmp_path / "phone.html").as_uri())
    page.wait_for_function("document.querySelector('iframe').offsetHeight > 600")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [url for url in asked if not url.startswith(("file:", "about:", "data:"))] == []


def test_it_runs_in_jupyterlab_and_goes_on_without_its_kernel(browser, server):
    setup = (
        "import sys\nsys.path.insert(0, '..')\nfrom ganlib.course import walk\n"
        "from ganlib.engine.checkpoint import load_weights\nfrom ganlib.nets import MLPGenerator"
    )
    show = "walk.show(load_weights(MLPGenerator(), 'checkpoints/mlp-gan.safetensors'))"
    book = lab.Notebook(browser, server, server.write("walk.ipynb", setup, show)).start().finish(120)
    assert book.errors() == []
    book.menu("Kernel", "Shut Down Kernel")
    frame = book.page.frame_locator(".jp-OutputArea iframe")
    words = frame.locator("#words").inner_text()
    frame.locator("#t").press("ArrowRight")
    assert frame.locator("#words").inner_text() != words
    assert book.outside == []
    book.page.close()


def test_the_notebook_shows_it_with_a_picture_for_stored_pages(bundled, monkeypatch):
    shown = []
    monkeypatch.setattr(walk, "display", lambda data, metadata, raw: shown.append((data, metadata)))
    walk.show(bundled)
    ((data, metadata),) = shown
    assert set(data) == {"text/html", "image/png", "text/plain"} and "slerp" in metadata["image/png"]["alt"]


@pytest.mark.parametrize(
    "G",
    [
        MLPGenerator(n_classes=10),
        MLPGenerator(shape=(2,)),
        DCGenerator(up=resize_conv),
        torch.nn.Linear(2, 2),
    ],
)
def test_other_generators_are_refused(G):
    with pytest.raises(ValueError, match="(?s)^G: .*of pictures, without labels"):
        walk.page(G)
