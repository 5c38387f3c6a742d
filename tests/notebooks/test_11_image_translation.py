"""What notebook 11 writes out equals what the library holds."""

import re

import nbformat
import pytest
import torch
from torch.nn.functional import l1_loss, mse_loss, softplus  # noqa: F401 (the page's cells use these names)

from ganlib import nets, variants
from ganlib.course.exercises.translation import book, where_it_leads
from ganlib.course.results import Record
from ganlib.metrics.pictures import psnr
from ganlib.nets.translation import receptive_field
from tests.support.pages import NOTEBOOKS

PAGE = nbformat.read(NOTEBOOKS / "11_image_translation.ipynb", 4)


def source_of(start):
    """A function of the page, from its first line to the next pair of blank lines."""
    pattern = re.compile(f"^{re.escape(start)}", re.MULTILINE)
    (cell,) = [c.source for c in PAGE.cells if c.cell_type == "code" and pattern.search(c.source)]
    return cell[cell.index(start) :].split("\n\n\n")[0]


@pytest.fixture
def page():
    names = dict(globals())
    exec(source_of("def pix2pix_terms(G, D, x, y"), names)
    return names


def test_the_terms_of_the_page_are_the_librarys(page):
    torch.manual_seed(0)
    G, D = nets.Translator(4), nets.PatchDiscriminator(4)
    model = variants.Pix2Pix(G, D, l1_loss, weight=10.0)
    x, y = torch.randn(2, 5, 1, 28, 28)
    fake = G(y)
    d_loss, g_loss = page["pix2pix_terms"](G, D, x, y)
    assert model.d_objective(x, fake.detach(), y)["d_loss"].item() == pytest.approx(d_loss.item(), rel=1e-5)
    assert sum(model.g_objective(x, fake, y).values()).item() == pytest.approx(g_loss.item(), rel=1e-5)


def test_the_receptive_field_of_the_exercise_is_the_librarys():
    for _ in range(20):
        kernels, strides = torch.randint(1, 6, (2, 4)).tolist()
        assert book.receptive_field.reference(kernels, strides) == receptive_field(kernels, strides)


def test_decibels_of_the_exercise_are_the_librarys():
    images, truth = torch.rand(2, 3, 1, 6, 6)
    found = book.psnr.reference(images, truth).item()
    assert found == pytest.approx(psnr(images, truth), rel=1e-5)


def test_a_distance_leads_to_its_own_best_answer():
    real = torch.tensor([-1.0] * 140 + [1.0] * 60)
    assert where_it_leads(lambda fake, x: (fake - x).square().mean(), real).item() == pytest.approx(
        -0.4, abs=0.02
    )
    assert where_it_leads(l1_loss, real).item() == pytest.approx(-1, abs=0.1), "the median"


@pytest.mark.parametrize(
    "distance, words",
    [
        (lambda fake, real: -(fake * real).mean(), "beyond black and white"),
        (lambda fake, real: (fake - real).abs(), "expected one number that depends on fake"),
        (lambda fake, real: (real - real.mean()).abs().mean(), "expected one number that depends on fake"),
        (lambda fake, real: 0.5, "expected one number that depends on fake"),
    ],
)
def test_a_distance_that_leads_nowhere_is_told_why(distance, words):
    torch.manual_seed(0)
    status, said = book.distance.judge(distance)
    assert status == "wrong" and words in said


def test_the_record_says_what_the_page_says():
    record = Record("translation")
    for better, worse in (("L2", "GAN + 100 L2"), ("GAN + 100 L2", "GAN + 10 L2")):
        one, other = (record.mean(f"upscale {name}") for name in (better, worse))
        assert one["psnr"] > other["psnr"] and one["rfd"] > other["rfd"]
        assert one["other"] > other["other"], "a second judge, trained by itself, agrees on the order"
    assert max(record.values("cycle with", "error")) < min(record.values("cycle without", "error"))
    assert min(record.values("cycle with", "kept_a") + record.values("cycle with", "kept_b")) > 0.95
    assert len(record.of("message with")) == len(record.of("outline both")) == 3
