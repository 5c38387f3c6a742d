"""Widgets: every control at its lowest, middle and highest value draws another picture.

Each leaves a still picture behind.
"""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from ganlib import data, losses
from ganlib.course import plots, progress, widgets, words
from ganlib.course.facts import facts
from ganlib.course.predict import Prediction
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.interpolation import lerp, slerp
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Snapshot, Trainer
from ganlib.variants import SeedEnsemble
from tests.support.drive import drive, play_through


@pytest.fixture(scope="module")
def gan():
    torch.manual_seed(0)
    return GAN(MLPGenerator(n_classes=10), MLPDiscriminator(n_classes=10))


@pytest.fixture(autouse=True, scope="module")
def shell():
    """What is displayed can be captured only where a shell publishes it."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def test_latent_explorer(gan):
    with capture_output() as output:
        explorer = widgets.LatentExplorer(gan, labels=list("0123456789"))
    drive(explorer)
    data = output.outputs[0].data
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(data)
    explorer.set(start=3, end=12, path="lerp (straight line)", t=0)
    large = pixels(explorer.image.value)[-112:-8]  # the sample at t, below the strip
    explorer.set(end=40)
    assert (pixels(explorer.image.value)[-112:-8] == large).all(), (
        "at t = 0 the sample does not depend on the end"
    )
    with pytest.raises(ValueError, match="control: expected one of start, end, .*but got 'speed'"):
        explorer.set(speed=1)


def test_an_explorer_draws_figures_and_says_words():
    def draw(power, kind):
        fig, ax = plots.canvas(size=(4, 3))
        ax.plot([x**power for x in range(5)], kind)
        return fig, f"power {power}"

    with capture_output() as output:
        explorer = widgets.Explorer(
            draw, {"power": widgets.slider(1, 3, 2, 1), "kind": widgets.choice(["-", "o"])}, "Bent?"
        )
    drive(explorer)
    explorer.set(power=3)
    assert (
        "power 3" in explorer.words.value
        and output.outputs[0].metadata["image/png"]["alt"] == "Bent?\npower 2"
    )


def test_words_beside_a_picture_hold_no_tags(capsys):
    """Where only plain text is read, a read-out has no tags; its widget and its page keep what is bold."""

    def draw(a):
        return plots.canvas(size=(4, 3))[0], f"V = <b>{a}</b><br>if 1 < 2"

    with capture_output() as output:
        explorer = widgets.Explorer(draw, {"a": widgets.slider(1, 3, 2, 1)}, "How <b>large</b>?")
        plots.show(plots.canvas(size=(4, 3))[0], "a <b>dark</b><br>square")
        plots.animation([Image.new("L", (8, 8), i) for i in (0, 255)], "<b>it</b> blinks")
    plain = [shown.data["text/plain"] for shown in output.outputs]
    expected = ["How large?\nV = 2\nif 1 < 2", "a dark\nsquare", "a dark\nsquare", "it blinks", "it blinks"]
    assert plain == expected
    assert "<b>2</b><br>" in explorer.words.value
    assert output.outputs[0].metadata["image/png"]["alt"].endswith("V = <b>2</b><br>if 1 < 2")


def test_scrubber_and_play():
    frames = [(10 * i, Image.new("L", (8, 8), i), f"frame {i}") for i in range(5)]
    with capture_output():
        scrubber = widgets.Scrubber(frames)
    drive(scrubber)
    assert "step 40: frame 4" in scrubber.words.value, "it opens at the last frame"
    scrubber.controls["i"].children[1].click()
    scrubber.set(i=2)
    scrubber.controls["i"].children[1].click()  # a single step
    assert "step 30: frame 3" in scrubber.words.value
    with pytest.raises(ValueError, match="frames: expected at least one"):
        widgets.Scrubber([])


def test_lerp_and_slerp():
    torch.manual_seed(0)
    a, b = torch.randn(2, 5000)
    for path in (lerp, slerp):
        torch.testing.assert_close(path(a, b, 0.0), a)
        torch.testing.assert_close(path(a, b, 1.0), b)
    assert (lerp(a, b, 0.5).norm() / a.norm()).item() == pytest.approx(0.5**0.5, abs=0.03)
    assert (slerp(a, b, 0.5).norm() / a.norm()).item() == pytest.approx(1, abs=0.03)
    torch.testing.assert_close(slerp(a, a.clone(), 0.3), a)
    quarter = slerp(torch.tensor([1.0, 0]), torch.tensor([0, 1.0]), 1 / 3)
    starts, ends = torch.randn(2, 6, 3)
    starts[2] = -ends[2]
    one_by_one = torch.stack([slerp(start, end, 0.3) for start, end in zip(starts, ends)])
    torch.testing.assert_close(slerp(starts, ends, 0.3), one_by_one)
    torch.testing.assert_close(
        quarter, torch.tensor([np.cos(np.pi / 6), np.sin(np.pi / 6)], dtype=torch.float32)
    )


def test_live_view_draws_the_end_whatever_the_clock_says(gan, digits):
    trainer = Trainer(gan, digits, 8, conditional=True)
    with capture_output() as output:
        live = widgets.LiveView(trainer, seconds=1e9, classes=10)
        for snapshot in trainer.until(4, every=1):
            live.update(snapshot)
    outputs = output.outputs
    pictures = [o for o in outputs if "image/png" in o.data]
    assert len(pictures) == 2, "the first and the last, nothing in between"
    first, last = (o.metadata["image/png"]["alt"] for o in pictures)
    assert [o.data["text/plain"] for o in outputs if o not in pictures] == [first, last]
    assert "step 1 of 4" in first and "s left" in first
    assert "step 4 of 4" in last and "in all" in last and "g_loss" in last


def test_a_live_view_goes_on_in_a_cell_that_is_run_again(gan, digits, shell, monkeypatch):
    monkeypatch.setattr(
        "ganlib.course.widgets.live.time.monotonic", lambda: 0.0
    )  # so that no picture comes too soon
    trainer = Trainer(gan, digits, 8, conditional=True)
    live = widgets.LiveView(trainer, lambda snapshot: (Image.new("L", (8, 8)), "gray"), seconds=0)
    for cell, total in enumerate((2, 4)):
        shell.execution_count = cell
        with capture_output() as output:
            for snapshot in trainer.until(total, every=1):
                live.update(snapshot)
        assert [o.update for o in output.outputs] == [False, False, True, True], (
            "words and picture: new ones, then replaced"
        )


def cards(action):
    """What is displayed -> (facts, plain words) of each card."""
    with capture_output() as output:
        action()
    return [(facts({"data": shown.data}), shown.data["text/plain"]) for shown in output.outputs]


def test_predictions_are_locked_remembered_and_never_block(monkeypatch):
    with capture_output() as output:
        p = Prediction("t one", "Which?", ["left", "right"])
    (question,) = output.outputs
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} < set(question.data)
    asked = {"kind": "prediction", "key": "t one", "question": "Which?", "options": ["left", "right"]}
    assert facts({"data": question.data}) == asked
    ((known, plain),) = cards(lambda: p.reveal("left", "Because."))
    assert known == {"kind": "answer", "key": "t one", "answer": "left", "why": "Because.", "tolerance": 0.0}
    assert plain == f"{words.NUDGE}\nAnswer: left. Because."
    p.cards[0].guess = "up"  # a browser may send anything
    assert p.guess is None
    p.cards[0].guess = "right"  # what the browser sends when "Lock in" is pressed
    p.lock("left")  # too late
    p.cards[0].guess = "left"  # too late in another window
    assert p.guess == "right" and [card.guess for card in p.cards] == ["right", "right"], "all cards are told"
    assert (
        cards(lambda: p.reveal("left", "Because."))[0][1]
        == "Not so. You predicted: right\nAnswer: left. Because."
    )
    monkeypatch.setattr("ganlib.course.progress.MEMORY", {})
    again = Prediction("t one", "Which?", ["left", "right"])
    assert again.guess == "right" == again.cards[0].guess
    with pytest.raises(ValueError, match="answer: expected one of .*but got 'up'"):
        p.reveal("up", "")


def test_a_number_is_right_within_the_tolerance():
    p = Prediction("t two", "How much?")
    p.cards[0].guess = "about half"
    assert p.guess is None
    p.cards[0].guess = 0.7
    assert "Right. You predicted: 0.7" in cards(lambda: p.reveal(0.707, "", tolerance=0.01))[0][1]
    assert "Not so. You predicted: 0.7" in cards(lambda: p.reveal(0.707, "", tolerance=0.001))[0][1]
    _, ax = plots.canvas()
    p.draw(ax, 0.707)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["your prediction 0.7", "answer 0.707"]


def test_a_number_question_takes_numbers_only():
    question = Prediction("t number", "How many?")
    with pytest.raises(ValueError, match="guess: expected a number, but got 'about 12'"):
        question.lock("about 12")
    question.lock(np.float32(0.5))
    assert "Right. You predicted: 0.5" in cards(lambda: question.reveal(np.float32(0.5), "so"))[0][1]
    progress.record("prediction t old", "about 12")  # from a file that somebody edited
    old = Prediction("t old", "How many?")
    assert words.NUDGE in cards(lambda: old.reveal(1.0, "so"))[0][1]


def test_what_a_card_says_is_text_and_not_code():
    with capture_output() as output:
        p = Prediction(
            "<x>", "Is <script>alert(1)</script> run?", ["<img src=x onerror=alert(1)>", "no & never"]
        )
        p.reveal("no & never", "<iframe>")
    for card, shown in zip(p.cards, output.outputs):
        for text in (card.html, shown.data["text/html"]):
            assert not any(tag in text for tag in ("<script", "<img", "<iframe"))
    assert "no &amp; never" in p.cards[0].html


def test_a_table_shows_its_numbers_at_the_right():
    with capture_output() as output:
        plots.table(["kind", "share"], [["a < b", "0.25"], ["ten", "-1"]], "Shares.")
    data = output.outputs[0].data
    assert facts({"data": data})["rows"] == [["a < b", "0.25"], ["ten", "-1"]]
    assert '<td>a &lt; b</td><td class="gc-number">0.25</td>' in data["text/html"]
    assert data["text/plain"] == "Shares.\nkind   share\na < b  0.25\nten    -1"
    with pytest.raises(ValueError, match="rows: expected 2 cells each"):
        plots.table(["kind", "share"], [["a"]], "Shares.")


def test_the_sheet_follows_a_generator_that_trains_on():
    gan = GAN(MLPGenerator(), MLPDiscriminator())
    walk = widgets.LatentExplorer(gan)
    before = walk.sheet.pictures.value
    gan.step(torch.randn(16, 1, 28, 28))
    walk.redraw()
    assert walk.sheet.pictures.value != before


def test_image_grid_puts_each_image_in_its_place():
    images = torch.stack([torch.full((1, 4, 4), v) for v in (-1.0, 0.0, 1.0)])
    sheet = np.asarray(plots.image_grid(images, columns=2, scale=1, gap=1))
    assert sheet.shape == (11, 11)
    assert (
        (sheet[1:5, 1:5] == 0).all() and (sheet[1:5, 6:10] == 128).all() and (sheet[6:10, 1:5] == 255).all()
    )
    with pytest.raises(ValueError, match="images: expected a non-empty tensor"):
        plots.image_grid(images[0])


def test_every_gray_level_comes_back():
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    floats = data.ImageSet(levels, torch.tensor([0]), ["any"])[:][0]
    assert np.array_equal(np.asarray(plots.image_grid(floats, scale=1, gap=0)), levels[0, 0].numpy())


def test_a_class_sheet_has_a_row_for_each_class_and_a_column_for_each_z(gan, digits):
    live = widgets.LiveView(Trainer(gan, digits, 8, conditional=True), classes=10)
    assert live.z.shape == (80, 64) and live.y.tolist() == [i // 8 for i in range(80)]
    assert (live.z.unflatten(0, (10, 8)) == live.z[:8]).all()


def test_a_live_view_takes_one_part_in_25_of_the_time(gan, digits, monkeypatch):
    def slow(snapshot):
        clock[0] += 2.0
        return Image.new("L", (8, 8)), ""

    clock, drawn = [0.0], []
    monkeypatch.setattr("ganlib.course.widgets.live.time.monotonic", lambda: clock[0])
    with capture_output():
        live = widgets.LiveView(Trainer(gan, digits, 8), lambda s: drawn.append(s) or slow(s))
        for step in range(1, 1000):
            clock[0] += 0.5
            live.update(Snapshot(step, 10_000, {}, 1.0, 1.0))
    assert 2.0 * len(drawn) / clock[0] == pytest.approx(0.04, rel=0.15)


def test_a_figure_in_a_kept_layout_is_the_same_picture():
    def figure(k, label="y"):
        fig, ax = plots.canvas(size=(4, 3))
        ax.plot([0, 1, 2], [0, k, 2])
        ax.set(ylabel=label, ylim=(0, 4))
        return fig

    painter = plots.Painter()
    with plt.rc_context():
        plots.use_style()
        for k, label in ((1, "y"), (2, "y"), (3, "two\nlines"), (1, "")):
            assert painter.draw(figure(k, label)).tobytes() == plots.pixels(figure(k, label)).tobytes(), (
                k,
                label,
            )


def test_the_values_at_a_draw():
    assert plots.values_at_a_draw(losses.non_saturating) == pytest.approx([np.log(2), 2 * np.log(2)])
    assert plots.values_at_a_draw(losses.minimax) == pytest.approx([-np.log(2), 2 * np.log(2)])
    assert plots.values_at_a_draw(losses.relativistic) == pytest.approx([np.log(2)])
    assert plots.values_at_a_draw(losses.wasserstein) == [0.0] and plots.values_at_a_draw(losses.hinge) == [
        0.0,
        2.0,
    ]


def test_a_click_on_a_sample_picks_the_start_or_the_end(gan):
    with capture_output():
        explorer = widgets.LatentExplorer(gan, labels=list("0123456789"))
    grid = explorer.sheet.box.children[-1]
    grid.children[20].click()
    explorer.sheet.end.value = "end"
    grid.children[33].click()
    assert explorer.values()["start"] == 20 and explorer.values()["end"] == 33
    before = explorer.sheet.pictures.value
    explorer.set(label=7)
    assert explorer.sheet.pictures.value != before, "the sheet shows the chosen class"
    saved = base64.b64decode(explorer.link.value.split("base64,")[1].split('"')[0])
    assert (pixels(saved) == np.asarray(explorer.strip_image)).all()


def test_the_field_trains_as_far_as_it_is_watched_and_keeps_what_was_seen():
    with capture_output():
        field = widgets.Field(
            {"a": lambda: SeedEnsemble([0]), "b": lambda: SeedEnsemble([1])}, toys.ring(), steps=5, frames=8
        )
    drive(field)
    trainer = field.film("a").trainer
    assert trainer.step == 40 and len(field.film("a").frames) == 9
    field.set(game="a", frame=2)
    assert "step 10:" in field.words.value and trainer.step == 40, "going back trains nothing"
    _, grid, fake, pull, _ = field.film("a").frame(8)
    moved = fake + 1e-3 * pull
    D = trainer.model.D
    assert (
        -torch.nn.functional.logsigmoid(D(moved)).mean() < -torch.nn.functional.logsigmoid(D(fake)).mean()
    ), "G's loss falls"
    torch.testing.assert_close(grid[0, -1], D(torch.tensor([[-3.0, 3.0]])).sigmoid()[0].detach())
    again = Trainer(SeedEnsemble([0]), toys.ring(), 128)
    for _ in again.until(40):
        pass
    torch.testing.assert_close(again.model.D.weights[0], D.weights[0], msg="watching changes the training")


def test_real_or_fake_gives_the_value_of_the_answers(digits):
    class Confident(torch.nn.Module):
        logit = 2.0

        def forward(self, x):
            return torch.full((len(x),), self.logit)

    gan = GAN(MLPGenerator(), MLPDiscriminator())
    gan.D = Confident()
    state = torch.get_rng_state()
    with capture_output() as output:
        game = widgets.RealOrFake(gan, digits, n=10)
    assert (torch.get_rng_state() == state).all() and sum(game.is_real) == 5
    assert "half of them are real" in output.outputs[0].metadata["image/png"]["alt"]
    for real in game.is_real:
        game.answer(0.75 if real else 0.05)
    assert game.value(game.d_logs) == pytest.approx(-np.log1p(np.exp(-2)) - np.log1p(np.exp(2)))
    assert "Right: 10 of 10" in game.words.value and "yours <b>-0.339</b>, D's -2.254" in game.words.value
    game.answer(0.5)  # one too many
    assert len(game.answers) == 10
    game.restart()
    play_through(game)
    game.box.children[1].children[2].click()
    assert game.answers == [0.5] and "V needs one of each kind" in game.words.value
    with pytest.raises(ValueError, match="probability: expected a number between 0 and 1, but got 1"):
        game.answer(1)
    with pytest.raises(ValueError, match="n: expected an even number, 2 or more, but got 3"):
        widgets.RealOrFake(gan, digits, n=3)
    gan.D.logit = 200.0  # its probability is 1 in float32
    sure = widgets.RealOrFake(gan, digits, n=4)
    for _ in range(4):
        sure.answer(0.5)
    assert "D's -200.000" in sure.words.value


def test_every_color_of_the_palette_stands_out_on_white():
    def luminance(color):
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # by WCAG 2.2

    assert 1.05 / (luminance("#767676") + 0.05) == pytest.approx(
        4.54, abs=0.01
    )  # the well-known lightest gray for text
    for color in plots.PALETTE:
        assert 1.05 / (luminance(color) + 0.05) >= 3, color
    assert len(set(plots.MARKERS)) == len(set(map(str, plots.DASHES))) == len(plots.PALETTE), (
        "never told apart by color alone"
    )
