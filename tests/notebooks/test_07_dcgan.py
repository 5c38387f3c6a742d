"""Notebook 07: the page is what ganlib holds, measurements are whole, exercises tell right from wrong."""

import json

import pytest
import torch
from torch import nn
from torch.nn.functional import conv_transpose1d, conv_transpose2d

from ganlib import metrics, nets, penalties
from ganlib.course.exercises.dcgan import book
from ganlib.engine.checkpoint import load_weights
from ganlib.engine.files import asset
from tests.support.pages import page_function

PAGE = "07_dcgan"


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Solve exercises in a folder of the test's own."""
    monkeypatch.setenv("GANLIB_HOME", str(tmp_path))


@pytest.mark.parametrize(("n", "kernel", "stride", "padding"), [(7, 4, 2, 1), (5, 3, 1, 0), (4, 5, 3, 2)])
def test_stamps_on_the_page_are_a_transposed_convolution(n, kernel, stride, padding):
    torch.manual_seed(0)
    h, stamp = torch.randn(n, n), torch.randn(kernel, kernel)
    expected = conv_transpose2d(h[None, None], stamp[None, None], stride=stride, padding=padding)[0, 0]
    torch.testing.assert_close(page_function(PAGE, "stamped")(h, stamp, stride, padding), expected)


def test_nets_on_the_page_are_those_of_the_library():
    torch.manual_seed(0)
    G, D = page_function(PAGE, "generator")(), page_function(PAGE, "discriminator")()
    library_G, library_D = nets.DCGenerator(), nets.DCDiscriminator()
    layers = [part for part in library_D.net if not isinstance(part, nn.Identity)]
    library_G.net.load_state_dict(G.state_dict())
    nn.Sequential(*layers).load_state_dict(D.state_dict())
    z = torch.randn(8, 64)
    pictures = G(z)
    torch.testing.assert_close(library_G(z), pictures)
    torch.testing.assert_close(library_D(pictures), D(pictures))


def test_the_penalty_on_a_few_pictures_is_r1_on_average():
    torch.manual_seed(0)
    D, x = nets.DCDiscriminator(width=4, hidden=8), torch.rand(32, 1, 28, 28) * 2 - 1
    few = page_function(PAGE, "r1_on_four")
    parts = [few(D, part, None) for part in x.split(4)]
    torch.testing.assert_close(torch.stack(parts).mean(), penalties.r1_penalty(D, x, weight=0.1))


def test_stored_measurements_have_three_seeds():
    study = json.loads(asset("results/dcgan.json").read_text())
    for part in ("rules", "checkers", "sharpness"):
        table = study[part]["table"]
        assert all(len(rows) == 3 for name, rows in table.items() if name != "real digits"), part
    assert len(study["rules"]["table"]) == 12 and len(study["checkers"]["table"]) == 3


@pytest.mark.parametrize("key", list(book.exercises))
def test_exercise_accepts_its_solution_and_names_each_misconception(key, capsys):
    exercise = book.exercises[key]
    assert exercise.check(exercise.reference) == "solved"
    assert exercise.check(lambda *arguments: ...) == exercise.check(...) == "not attempted"
    capsys.readouterr()
    messages = []
    for wrong, message in exercise.misconceptions:
        assert exercise.check(wrong) == "wrong"
        assert message in " ".join(capsys.readouterr().out.split())  # printed text is wrapped
        messages.append(message)
    assert len(set(messages)) == len(messages) >= 2 and len(exercise.hints) >= 2


def test_solutions_and_hints_can_be_read(capsys):
    for exercise in book.exercises.values():
        exercise.solution()
        assert f"def {exercise.key}" in capsys.readouterr().out
        for _ in exercise.hints:
            exercise.hint()


def test_a_layer_that_does_not_fit_is_told_its_shape(capsys):
    assert book.up.check(lambda n_in, n_out: nn.Conv2d(n_in, n_out, 3, padding=1)) == "wrong"
    assert "not (2, 3, 6, 6)" in " ".join(capsys.readouterr().out.split())
    smooth = lambda n_in, n_out: nn.Sequential(  # noqa: E731
        nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(n_in, n_out, 5, padding=2)
    )
    assert book.up.check(smooth) == "solved"
    for one_color in (
        lambda n_in, n_out: nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(n_in, n_out, 1)),
        lambda n_in, n_out: nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.Upsample(scale_factor=2)),
    ):
        status, message = book.up.judge(one_color)
        assert status == "wrong" and "one color" in message
    shuffled = lambda n_in, n_out: nn.Sequential(nn.Conv2d(n_in, 4 * n_out, 1), nn.PixelShuffle(2))  # noqa: E731
    status, message = book.up.judge(shuffled)
    assert status == "wrong" and "different weights" in message


def test_solutions_agree_with_torch():
    torch.manual_seed(0)
    for _ in range(5):
        n, layers = book.side_after.cases()
        x = torch.zeros(1, 1, n)
        for kernel, stride, padding in layers:
            x = conv_transpose1d(x, torch.zeros(1, 1, kernel), stride=stride, padding=padding)
        assert book.side_after.reference(n, layers) == x.shape[-1]
        n, kernel, stride = book.prints.cases()
        counts = conv_transpose1d(torch.ones(1, 1, n), torch.ones(1, 1, kernel), stride=stride)[0, 0]
        assert torch.equal(book.prints.reference(n, kernel, stride), counts)
        pictures, chances = book.best_answer.cases()
        best = book.best_answer.reference(pictures, chances).requires_grad_()
        error = (chances * (best - pictures).square().flatten(1).sum(1)).sum()
        (slope,) = torch.autograd.grad(error, best)
        assert slope.abs().max() < 1e-5


@pytest.mark.parametrize(
    ("name", "checkpoint", "bar"), [("mnist", "dcgan", 9), ("fashion", "dcgan-clothes", 15)]
)
def test_bundled_generators_draw_what_the_page_promises(name, checkpoint, bar):
    G = load_weights(nets.DCGenerator(), f"checkpoints/{checkpoint}.safetensors")
    z = torch.randn(4_000, G.z_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        pictures = torch.cat([G(part) for part in z.split(1000)])
    report = metrics.Judge(name)(pictures)
    assert report.relative_fd < bar and report.classes == 10
