"""Widgets: every control at its lowest, middle and highest value draws another picture; a still one is left behind."""

import io

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from ganlib import plots, widgets
from ganlib.gan import GAN
from ganlib.models import MLPDiscriminator, MLPGenerator
from ganlib.predict import Prediction
from ganlib.trainer import Trainer
from tests.drive import drive


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
    large = pixels(explorer.image.value)[-168:-12]  # the sample at t, below the strip
    explorer.set(end=40)
    assert (pixels(explorer.image.value)[-168:-12] == large).all(), "at t = 0 the sample does not depend on the end"
    with pytest.raises(ValueError, match="control: got 'speed'; expected one of start, end"):
        explorer.set(speed=1)


def test_an_explorer_draws_figures_and_says_words():
    def draw(power, kind):
        fig, ax = plots.canvas(size=(4, 3))
        ax.plot([x**power for x in range(5)], kind)
        return fig, f"power {power}"

    with capture_output() as output:
        explorer = widgets.Explorer(draw, {"power": widgets.slider(1, 3, 2, 1), "kind": widgets.choice(["-", "o"])}, "Bent?")
    drive(explorer)
    explorer.set(power=3)
    assert "power 3" in explorer.words.value and output.outputs[0].metadata["image/png"]["alt"] == "Bent?\npower 2"


def test_scrubber_and_play():
    frames = [(10 * i, Image.new("L", (8, 8), i), f"frame {i}") for i in range(5)]
    with capture_output():
        scrubber = widgets.Scrubber(frames)
    drive(scrubber)
    scrubber.set(i=4)
    assert "step 40: frame 4" in scrubber.words.value
    with pytest.raises(ValueError, match="frames: got"):
        widgets.Scrubber([])


def test_lerp_and_slerp():
    torch.manual_seed(0)
    a, b = torch.randn(2, 5000)
    for path in (widgets.lerp, widgets.slerp):
        torch.testing.assert_close(path(a, b, 0.0), a)
        torch.testing.assert_close(path(a, b, 1.0), b)
    assert (widgets.lerp(a, b, 0.5).norm() / a.norm()).item() == pytest.approx(0.5**0.5, abs=0.03)
    assert (widgets.slerp(a, b, 0.5).norm() / a.norm()).item() == pytest.approx(1, abs=0.03)
    torch.testing.assert_close(widgets.slerp(a, a.clone(), 0.3), a)
    quarter = widgets.slerp(torch.tensor([1.0, 0]), torch.tensor([0, 1.0]), 1 / 3)
    torch.testing.assert_close(quarter, torch.tensor([np.cos(np.pi / 6), np.sin(np.pi / 6)], dtype=torch.float32))


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


def test_predictions_are_locked_remembered_and_never_block(capsys, monkeypatch):
    p = Prediction("t one", "Which?", ["left", "right"])
    p.reveal("left", "Because.")
    assert "You made no prediction" in capsys.readouterr().out
    p.button.click()
    assert "Choose an answer first" in p.note.value
    p.field.value = "right"
    p.button.click()
    p.lock("left")  # too late
    p.reveal("left", "Because.")
    out = capsys.readouterr().out
    assert "You predicted right: not so." in out and "Answer: left. Because." in out
    monkeypatch.setattr("ganlib.progress.MEMORY", {})
    assert Prediction("t one", "Which?", ["left", "right"]).guess == "right"
    with pytest.raises(ValueError, match="answer: got 'up'; expected one of"):
        p.reveal("up", "")


def test_a_number_is_right_within_the_tolerance(capsys):
    p = Prediction("t two", "How much?")
    p.field.value = 0.7
    p.button.click()
    p.reveal(0.707, "", tolerance=0.01)
    assert "You predicted 0.7: right." in capsys.readouterr().out
    _, ax = plots.canvas()
    p.draw(ax, 0.707)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["your prediction 0.7", "answer 0.707"]


def test_image_grid_puts_each_image_in_its_place():
    images = torch.stack([torch.full((1, 4, 4), v) for v in (-1.0, 0.0, 1.0)])
    sheet = np.asarray(plots.image_grid(images, columns=2, scale=1, gap=1))
    assert sheet.shape == (11, 11)
    assert (sheet[1:5, 1:5] == 0).all() and (sheet[1:5, 6:10] == 127).all() and (sheet[6:10, 1:5] == 255).all()
    with pytest.raises(ValueError, match="images: got .*expected a non-empty tensor"):
        plots.image_grid(images[0])
