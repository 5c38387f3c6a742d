"""The GAN that trains in the page: right by torch and ganlib, quick, offline, worked by mouse, finger and keyboard."""

import json
from functools import partial

import pytest
import torch
from torch import nn

from ganlib import losses, penalties
from ganlib.course import playground
from ganlib.gan import GAN
from ganlib.nets import mlp
from ganlib.variants import RelativisticGAN

LOSSES = {
    "non-saturating": losses.non_saturating,
    "saturating": losses.minimax,
    "wasserstein": losses.wasserstein,
    "hinge": losses.hinge,
    "relativistic": losses.relativistic,
}
PENALTIES = ("none", "gradient penalty", "R1", "R2", "R1 + R2")
WEIGHT, BATCH = 0.7, 16
TO_PAGE = """(job) => {
    const matrix = (m) => tape.tensor(m.length, m[0].length, m.flat());
    window.job = { ...job, matrix, numbers: (list) => list.map((x) => Array.from(x.data)) };
    window.newGame = (options) => {
        const made = new game.Game(null, { ...options, latent: 3, width: 8, layers: 2 });
        made.G.parameters.forEach((p, i) => p.data.set(job.G[i].flat()));
        made.D.parameters.forEach((p, i) => p.data.set(job.D[i].flat()));
        return made;
    };
}"""
ONE_STEP = """(options) => {
    const g = newGame(options), { matrix, numbers } = job, add = (terms) => Object.values(terms).reduce(tape.add);
    const fake = g.G.forward(matrix(job.z[0])), real = matrix(job.real[0]);
    const d = add(g.dTerms(real, tape.detach(fake), matrix(job.mix)));
    return {
        d: numbers(tape.gradients(d, g.D.parameters)),
        g: numbers(tape.gradients(add(g.gTerms(real, fake)), g.G.parameters)),
    };
}"""
MANY_STEPS = """(options) => {
    const g = newGame(options), { matrix, numbers } = job;
    for (let i = 0; i < job.z.length; i++) {
        g.dStep(matrix(job.real[i]), matrix(job.z[i]), null);
        g.gStep();
    }
    return { D: numbers(g.D.parameters), G: numbers(g.G.parameters) };
}"""


@pytest.fixture
def page(browser):
    requests = []
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("request", lambda request: requests.append(request.url))
    page.requests, page.problems = requests, []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    page.close()


@pytest.fixture
def opened(page, tmp_path):
    path = tmp_path / "playground.html"
    path.write_text(playground.page(), encoding="utf-8")
    page.goto(path.as_uri())
    return page


@pytest.fixture
def nets():
    torch.manual_seed(0)
    return mlp(3, 8, 8, 2).double(), mlp(2, 8, 8, 1).double()


def weights(net):
    """A net's weights as the page keeps them: matrices (in, out) and biases (1, out)."""
    return [(p.T if p.dim() == 2 else p[None]).tolist() for p in net.parameters()]


def as_torch(numbers, net):
    """The page's numbers in the order and shapes of a net's parameters."""
    rows = [torch.tensor(x, dtype=torch.float64) for x in numbers]
    return [x.reshape(p.T.shape).T if p.dim() == 2 else x for x, p in zip(rows, net.parameters())]


def send(page, nets, batches=1):
    """Weights and batches to the page; the same batches as tensors."""
    G, D = nets
    z, real = torch.randn(batches, BATCH, 3).double(), torch.randn(batches, BATCH, 2).double()
    mix = torch.rand(BATCH, 1).double()
    job = {"G": weights(G), "D": weights(D), "z": z.tolist(), "real": real.tolist(), "mix": mix.tolist()}
    page.evaluate(TO_PAGE, job)
    return z, real, mix


def penalty_by_torch(name, critic, real, fake, mix):
    if name == "none":
        return 0.0
    if name == "gradient penalty":
        x = (real + mix * (fake - real)).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        return WEIGHT * (gradient.norm(dim=1) - 1).square().mean()
    parts = {"R1": penalties.r1_penalty, "R2": penalties.r2_penalty}
    return sum(parts[part](critic, real, fake, WEIGHT) for part in name.split(" + "))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_gradients_equal_those_of_torch(opened, nets, loss, penalty):
    (z, *_), (real, *_), mix = send(opened, nets)
    found = opened.evaluate(ONE_STEP, {"loss": loss, "penalty": penalty, "weight": WEIGHT})
    G, D = nets
    fake, pair = G(z), LOSSES[loss]

    def critic(x):
        return D(x).flatten()

    d_loss = pair.d_loss(critic(real), critic(fake.detach()))
    d_loss = d_loss + penalty_by_torch(penalty, critic, real, fake.detach(), mix)
    logits = [critic(real)] if loss == "relativistic" else []
    g_loss = pair.g_loss(*logits, critic(fake))
    for value, net, key in ((d_loss, D, "d"), (g_loss, G, "g")):
        expected = torch.autograd.grad(value, list(net.parameters()), retain_graph=True)
        for ours, theirs in zip(as_torch(found[key], net), expected):
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    "loss, penalty", [("non-saturating", "R1"), ("relativistic", "none"), ("wasserstein", "clip")]
)
def test_200_steps_equal_those_of_ganlib(opened, nets, loss, penalty):
    z, real, _ = send(opened, nets, batches=200)
    options = {
        "loss": loss,
        "penalty": penalty,
        "weight": WEIGHT,
        "clip": 0.3,
        "gRate": 0.003,
        "dRate": 0.002,
    }
    found = opened.evaluate(MANY_STEPS, options)
    G, D = nets
    kind = RelativisticGAN if loss == "relativistic" else GAN
    rules = {
        "R1": {"penalty": partial(penalties.r1_penalty, weight=WEIGHT)},
        "clip": {"after_d_step": partial(penalties.clip_weights, limit=0.3)},
    }.get(penalty, {})
    critic = nn.Sequential(D, nn.Flatten(0))
    gan = kind(G, critic, LOSSES[loss], lr=0.003, d_lr=0.002, betas=(0.5, 0.999), z_dim=3, **rules)
    batches = iter(z)
    gan.sample_fakes = lambda n, y=None: G(next(batches))
    for x in real:
        gan.step(x)
    for net, key in ((G, "G"), (D, "D")):
        for ours, theirs in zip(as_torch(found[key], net), net.parameters()):
            torch.testing.assert_close(ours, theirs.detach(), rtol=1e-3, atol=1e-3)


def test_the_measures_equal_scipys(opened):
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist, jensenshannon

    torch.manual_seed(0)
    a, b = torch.randn(40, 2).double(), torch.randn(40, 2).double() + 1
    found = opened.evaluate(
        """([a, b]) => {
            const matrix = (m) => tape.tensor(m.length, 2, m.flat());
            return [data.w1(matrix(a), matrix(b)), data.jsd(matrix(a), matrix(b), 4), data.covered(matrix(a), [[0, 0]])];
        }""",
        [a.tolist(), b.tolist()],
    )
    cost = cdist(a, b)
    assert found[0] == pytest.approx(cost[linear_sum_assignment(cost)].mean(), rel=1e-9)
    cells = [((x / 3 + 1) / 2 * 4).long().clamp(0, 3) for x in (a, b)]
    p, q = (torch.bincount(c[:, 0] + 4 * c[:, 1], minlength=16).double() / 40 for c in cells)
    assert found[1] == pytest.approx(jensenshannon(p, q) ** 2, rel=1e-6)
    assert found[2] == int((a.norm(dim=1) <= 0.24).sum() >= 8)


MODES = """([scene, seeds, steps]) => seeds.map((seed) => {
    const options = { ...scene, seed }, g = new game.Game(data.sampler("ring"), options), random = new game.Random(7);
    for (let i = 0; i < steps; i++) g.step();
    return data.covered(g.G.forward(random.matrix(1500, 2)), data.modesOf("ring"));
})"""


def test_the_scene_of_notebook_09_on_five_seeds(opened):
    """A slow D on the ring: the fakes stay in a heap, and with R1 of weight 2 they find the modes."""
    slow, seeds = {"gRate": 0.002, "dRate": 0.0005}, list(range(5))
    without = opened.evaluate(MODES, [slow, seeds, 1500])
    braked = opened.evaluate(MODES, [{**slow, "penalty": "R1", "weight": 2}, seeds, 1500])
    print(f"modes of 8 after 1,500 steps: {without} without, {braked} with R1")
    assert sum(n <= 3 for n in without) >= 4 and sum(n >= 5 for n in braked) >= 4


def step_number(page):
    return page.evaluate("playground.state.game.steps")


def test_it_plays_pauses_steps_and_goes_back(opened):
    opened.click("#play")
    opened.wait_for_function("playground.state.game.steps > 30")
    opened.click("#play")
    here = step_number(opened)
    before = opened.evaluate("Array.from(playground.state.game.G.parameters[0].data)")
    opened.click("#one")
    assert step_number(opened) == here + 1
    opened.click("#back")
    assert step_number(opened) == here
    assert opened.evaluate("Array.from(playground.state.game.G.parameters[0].data)") == before
    for words in ("D has moved", "G has moved"):
        opened.click("#half")
        assert words in opened.inner_text("#phase")
    assert step_number(opened) == here + 1
    assert "Modes covered" in opened.inner_text("#measures")
    assert opened.problems == [] and all(url.startswith("file:") for url in opened.requests)


def test_a_scene_is_a_link(opened):
    opened.select_option("#loss", "hinge")
    opened.click("summary")
    opened.fill("#seed", "7")
    opened.press("#seed", "Tab")
    address = opened.url
    assert address.endswith("#loss=hinge&seed=7")
    for _ in range(3):
        opened.click("#one")
    weights = opened.evaluate("Array.from(playground.state.game.G.parameters[0].data)")
    opened.goto("about:blank")
    opened.goto(address)
    for _ in range(3):
        opened.click("#one")
    assert opened.evaluate("Array.from(playground.state.game.G.parameters[0].data)") == weights


def at(page, x, y):
    """A place in the square, as shares of its sides."""
    box = page.locator("#plane").bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def test_points_are_drawn_by_mouse_and_by_keyboard(opened):
    opened.mouse.click(*at(opened, 0.75, 0.25))
    assert opened.evaluate("playground.state.drawn") == [[1.5, 1.5]]
    opened.focus("#plane")
    for key in ("ArrowLeft", "ArrowDown", "Enter"):
        opened.keyboard.press(key)
    assert opened.evaluate("playground.state.drawn") == [[1.5, 1.5], [-0.2, -0.2]]
    assert opened.input_value("#data") == "drawn" and "drawn=1.50" in opened.url
    opened.click("#clear")
    assert opened.evaluate("playground.state.drawn") == [] and not opened.is_visible("#clear")


def test_a_stroke_is_kept_whole_and_training_goes_on_with_it(opened):
    opened.click("#play")
    opened.mouse.move(*at(opened, 0.1, 0.5))
    opened.mouse.down()
    for i in range(81):
        opened.mouse.move(*at(opened, 0.1 + i / 100, 0.5))
    waiting = step_number(opened)
    opened.wait_for_timeout(200)
    assert step_number(opened) == waiting, "it trains while one draws"
    opened.mouse.up()
    drawn = opened.evaluate("playground.state.drawn")
    assert drawn[0][0] < -2.3 and drawn[-1][0] > 2.2 and 30 < len(drawn) < 60
    opened.wait_for_function("playground.state.game.steps > 5")
    assert opened.evaluate("playground.state.game.options.data") == "drawn" and opened.problems == []


def test_a_finger_draws(browser, tmp_path):
    path = tmp_path / "playground.html"
    path.write_text(playground.page(), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(path.as_uri())
    page.touchscreen.tap(*at(page, 0.25, 0.75))
    assert page.evaluate("playground.state.drawn") == [[-1.5, -1.5]]
    small = "(e) => [e.id || e.outerHTML.slice(0, 60), e.getBoundingClientRect().height]"
    for kind in ("button", "select", "input[type=number]", "label", "summary"):
        for control in page.locator(f"{kind}:visible").all():
            name, height = control.evaluate(small)
            assert height >= 43.5, f"{name}: {height} pixels for a finger"
    page.close()


def test_at_the_front_door_it_plays_at_once(page, tmp_path):
    path = tmp_path / "playground.html"
    path.write_text(playground.page(), encoding="utf-8")
    page.goto(path.as_uri() + "?door")
    page.wait_for_function("playground.state.game.steps > 10", timeout=5000)
    assert page.is_visible("text=draw here")
    assert [b.inner_text() for b in page.locator("button:visible").all()] == ["Pause"]
    page.mouse.click(*at(page, 0.5, 0.2))
    page.wait_for_function(
        "playground.state.game.options.data === 'drawn' && playground.state.game.steps > 5"
    )
    assert not page.is_visible("text=draw here") and page.problems == []
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.wait_for_timeout(300)
    assert step_number(page) == 0, "who asked for no motion starts it by hand"


def test_the_picture_is_saved_with_its_ground(opened, tmp_path):
    from PIL import Image

    opened.click("#one")
    with opened.expect_download() as saved:
        opened.click("#save")
    assert saved.value.suggested_filename == "gan-step-1.png"
    saved.value.save_as(tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.size[0] == picture.size[1] >= 500
        assert len(picture.convert("RGB").resize((20, 20)).getcolors()) > 50, "D's field is missing"


def test_the_python_lines_run(opened):
    for loss, penalty in (
        ("relativistic", "R1 + R2"),
        ("wasserstein", "clip"),
        ("saturating", "gradient penalty"),
    ):
        opened.select_option("#loss", loss)
        opened.select_option("#penalty", penalty)
        opened.click("#python")
        code = opened.input_value("#text").replace("until(1000)", "until(3)")
        scope = {}
        exec(code, scope)
        assert scope["snapshot"].step == 3
        assert scope["gan"].loss == LOSSES[loss]
    for name in ("line", "grid", "moons", "drawn"):
        if name == "drawn":
            opened.mouse.click(*at(opened, 0.2, 0.2))
        else:
            opened.select_option("#data", name)
        opened.click("#python")
        scope = {}
        exec(opened.input_value("#text").replace("until(1000)", "until(1)"), scope)
        assert scope["snapshot"].step == 1, name


def test_keys_play_step_and_go_back(opened):
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowLeft")
    assert step_number(opened) == 1
    opened.keyboard.press("Space")
    opened.wait_for_function("playground.state.game.steps > 5")
    opened.keyboard.press("Space")
    assert opened.inner_text("#play") == "Play"


@pytest.mark.parametrize("throttle, frames", [(1, 60), (4, 15)])
def test_it_moves_smoothly(opened, throttle, frames):
    """Frames a second while it trains; the bars are halved, for machines that have other things to do."""
    opened.context.new_cdp_session(opened).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    opened.click("#play")
    opened.wait_for_timeout(1000)
    before = opened.evaluate("playground.state.frame")
    opened.wait_for_timeout(3000)
    found = (opened.evaluate("playground.state.frame") - before) / 3
    print(f"{found:.0f} frames a second with a processor slowed down {throttle} times")
    assert found > frames / 2


@pytest.mark.parametrize("width, height", [(1280, 720), (390, 844)])
def test_nothing_is_cut_off(opened, width, height):
    opened.set_viewport_size({"width": width, "height": height})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    if width > 1000:
        assert opened.evaluate("document.documentElement.scrollHeight") <= height


LETTERS = """() => [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => [e.outerHTML.slice(0, 60), parseFloat(getComputedStyle(e).fontSize)]).filter(([, size]) => size < 12)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_roles_letters_and_contrast(opened, scheme):
    from axe_playwright_python.sync_playwright import Axe

    opened.emulate_media(color_scheme=scheme)
    opened.click("#one")
    assert opened.evaluate(LETTERS) == []
    found = Axe().run(opened).response["violations"]
    assert found == [], json.dumps([(v["id"], [n["html"] for n in v["nodes"]]) for v in found], indent=1)


def test_a_frame_in_a_notebook_holds_the_scene(page):
    page.set_content(playground.frame(loss="hinge", data="moons"))
    inner = page.frames[1]
    inner.wait_for_function("window.playground !== undefined")
    assert inner.input_value("#loss") == "hinge" and inner.input_value("#data") == "moons"
    inner.click("#one")
    assert inner.evaluate("playground.state.game.steps") == 1 and page.problems == []


def test_an_unknown_setting_is_named():
    with pytest.raises(ValueError, match="scene: expected settings among .*, but got 'los'"):
        playground.page(los="hinge")
