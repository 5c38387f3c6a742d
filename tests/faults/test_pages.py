"""Pages of the course in a browser: damaged addresses, hostile words, no script."""

import math

import pytest

from ganlib.course import playground
from tests.browser import lab
from tests.support import small

HOSTILE = "<img src=x onerror=alert(1)>"
SCENES = [
    "loss=nonsense&data=nothing&penalty=",
    "width=1e9&layers=-3&batch=0&latent=2.5",
    "seed=abc&gRate=NaN&dRate=Infinity&beta1=5",
    "weight=&clip=-1&penalty=clip",
    "data=drawn",
    "data=drawn&drawn=1,2;x,y;,,;9e9,0;%3Cscript%3E",
    "a=b&&&=%E0%A4%A",
]
LOOK = """() => {
  for (let i = 0; i < 3; i++) playground.step();
  const { game } = playground.state;
  return { terms: game.history.at(-1), options: game.options, drawn: playground.state.drawn };
}"""


@pytest.fixture(scope="module")
def page():
    """A page of Chromium that notes its errors and dialogs."""
    with lab.chromium() as browser:
        page = browser.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("dialog", lambda dialog: (page.problems.append(dialog.message), dialog.dismiss()))
        yield page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A course of one small notebook that quotes a piece of HTML, as pages."""
    words = small.ENGLISH | {"prose": f"Nothing broke. In code `{HOSTILE}` stands here."}
    return small.pages(tmp_path_factory.mktemp("course"), words)[1]


@pytest.mark.parametrize("scene", SCENES)
def test_a_damaged_link_to_a_scene_opens_a_game_that_can_be_played(page, tmp_path, scene):
    file = tmp_path / "playground.html"
    file.write_text(playground.page(), encoding="utf-8")
    page.goto(f"{file.as_uri()}#{scene}")
    found = page.evaluate(LOOK)
    options, terms = found["options"], found["terms"]
    assert all(math.isfinite(value) for value in terms.values()) and terms["step"] == 3
    assert 4 <= options["width"] <= 64 and 8 <= options["batch"] <= 256 and options["beta1"] < 1
    assert all(len(point) == 2 and max(map(abs, point)) <= 3 for point in found["drawn"])
    assert page.problems == []


@pytest.mark.parametrize(
    "words", ["<img src=y onerror=alert(2)>", "</script><script>alert(1)", "[(*+?\\", "'\";%"]
)
def test_words_asked_of_the_search_stay_words(page, folder, words):
    page.goto((folder / "search.html").as_uri())
    page.fill("main input", words)
    assert page.inner_text("#count") == "Places found: 0" and page.input_value("main input") == words
    page.reload()
    assert page.input_value("main input") == words and page.locator("main img, #found script").count() == 0
    assert page.problems == []


def test_words_found_by_the_search_stay_words(page, folder):
    page.goto((folder / "search.html").as_uri())
    page.fill("main input", "onerror")
    assert page.inner_text("#count") == "Places found: 1"
    assert HOSTILE in page.inner_text("#found") and page.inner_text("#found mark") == "onerror"
    assert page.locator("#found img").count() == 0 and page.problems == []


def test_a_page_is_read_and_answers_open_without_any_script(page, folder):
    context = page.context.browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto((folder / "01_small.html").as_uri())
    bare.locator(".gc-answer summary").first.click()
    assert bare.get_by_text("It was always so.").first.is_visible()
    bare.goto((folder / "search.html").as_uri())
    assert bare.get_by_text("The search needs JavaScript.").is_visible()
    context.close()
