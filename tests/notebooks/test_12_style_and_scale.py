"""Notebook 12: what the page writes is what ganlib holds, and its exercises tell right from wrong."""

import pytest
import torch

from ganlib.course.exercises.style import book
from ganlib.nets.biggan import BigGenerator, ClassBatchNorm, standing_statistics
from ganlib.nets.style import StyleGenerator, adain
from ganlib.variants.biggan import orthogonal_penalty
from ganlib.variants.growing import fade
from tests.support.pages import page_function

PAGE = "12_style_and_scale"


@pytest.mark.parametrize("seed", range(3))
def test_the_styles_on_the_page_are_those_of_the_library(seed):
    torch.manual_seed(seed)
    h, scale, shift = torch.randn(3, 4, 5, 5), torch.randn(3, 4), torch.randn(3, 4)
    assert torch.allclose(page_function(PAGE, "adain")(h, scale, shift), adain(h, scale, shift), atol=1e-6)


@pytest.mark.parametrize("i", range(4))
def test_the_layer_on_the_page_is_that_of_the_library(i):
    torch.manual_seed(i)
    ours, w = StyleGenerator().layers[i], torch.randn(2, 64)
    torch.nn.init.normal_(ours.noise)
    n_out, n_in = ours.convolution.weight.shape[:2]
    page = page_function(PAGE, "StyledLayer")(n_in, n_out, 64, double=i >= 2)
    page.load_state_dict(ours.state_dict())
    h, drawn = torch.randn(2, n_in, 7, 7), []
    for layer in (ours, page):
        torch.manual_seed(5)
        drawn.append(layer(h, w))
    assert torch.allclose(*drawn, atol=1e-5)


def test_the_fade_on_the_page_is_that_of_the_library():
    small, large = torch.randn(2, 1, 7, 7), torch.randn(2, 1, 14, 14)
    assert torch.allclose(page_function(PAGE, "fade")(small, large, 0.2), fade(small, large, 0.2))


def test_the_norm_on_the_page_is_that_of_the_library():
    ours, page = ClassBatchNorm(4), page_function(PAGE, "ClassBatchNorm")(4)
    torch.nn.init.normal_(ours.style.weight)
    page.load_state_dict(ours.state_dict())
    h, y = torch.randn(6, 4, 3, 3), torch.arange(6)
    assert torch.equal(ours(h, y), page(h, y)) and torch.equal(ours.eval()(h, y), page.eval()(h, y))


def test_the_standing_statistics_on_the_page_are_those_of_the_library():
    torch.manual_seed(0)
    found = []
    standing = page_function(PAGE, "standing")
    standing.__wrapped__.__globals__["device"] = torch.device("cpu")
    G = BigGenerator()
    for measure in (standing, standing_statistics):
        torch.manual_seed(1)
        norm = measure(G, 0.5, batches=3).norms[1].norm
        found.append((norm.running_mean.clone(), norm.running_var.clone()))
    assert all(torch.allclose(a, b) for a, b in zip(*found))


@pytest.mark.parametrize("shape", [(5, 3, 3, 3), (3, 2, 4, 4)])
def test_the_penalty_of_the_exercise_is_that_of_the_library(shape):
    layer = torch.nn.Conv2d(shape[1], shape[0], shape[2])
    assert book.orthogonal.reference(layer.weight).item() == pytest.approx(
        orthogonal_penalty(layer, 1.0).item(), rel=1e-4
    )


def test_other_right_answers_pass():
    norm = torch.nn.functional.instance_norm
    assert book.adain.judge(lambda h, a, b: a[..., None, None] * norm(h) + b[..., None, None])[0] == "solved"
    enlarge = torch.nn.Upsample(scale_factor=2)
    assert book.fade.judge(lambda small, large, t: torch.lerp(enlarge(small), large, t))[0] == "solved"
    assert book.truncate.judge(lambda w, mean, psi: torch.lerp(mean.expand_as(w), w, psi))[0] == "solved"
    gram = lambda w: w.flatten(1) @ w.flatten(1).T  # noqa: E731
    assert book.orthogonal.judge(lambda w: gram(w).triu(1).square().sum() * 2)[0] == "solved"


def test_the_count_is_that_of_a_layer():
    layer = StyleGenerator().layers[3]
    assert book.n_weights.reference(32, 16, 3, 64) == sum(p.numel() for p in layer.parameters())


def test_the_sampling_exercise_judges_what_comes_of_it():
    for answer, words in (
        (5, "check needs a dictionary"),
        ({"psi": 0.5}, "check needs a dictionary"),
        ({"psi": 0.0, "standing": True}, "a number above 0"),
        ({"psi": "much", "standing": True}, "check needs a dictionary"),
    ):
        status, said = book.truncation.judge(answer)
        assert status == "wrong" and words in said
    assert book.truncation.judge({"psi": ..., "standing": ...})[0] == "not attempted"
