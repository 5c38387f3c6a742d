"""What notebook 13 writes out equals what the library holds; its detectors and quiz mean what it says."""

import re

import nbformat
import pytest
import scipy.stats
import torch
from torch.nn.functional import cross_entropy  # noqa: F401 (the page's cells use these names)

from ganlib import nets, variants
from ganlib.course.exercises.using_gans import book
from ganlib.gan import GAN  # noqa: F401
from ganlib.losses import binary_d_loss  # noqa: F401
from tests.support.pages import NOTEBOOKS

PAGE = nbformat.read(NOTEBOOKS / "13_using_gans.ipynb", 4)


def source_of(start):
    """The part of the page's code from a line to the next blank pair of lines, run in this module."""
    (cell,) = [
        c.source
        for c in PAGE.cells
        if c.cell_type == "code" and re.search(f"^{re.escape(start)}", c.source, re.M)
    ]
    return cell[cell.index(start) :].split("\n\n\n")[0]


@pytest.fixture
def page():
    names = dict(globals())
    for start in ("class SemiSupervisedGAN(GAN)", "def auroc(low, high)"):
        exec(source_of(start), names)
    return names


def test_the_class_of_the_page_is_the_librarys(page):
    def build(kind):
        torch.manual_seed(0)
        return kind(
            nets.MLPGenerator(widths=(32,)), nets.NoisyClassifier((32, 16), noise=(0.0, 0.0)), lr=1e-3
        )

    ours, theirs = build(page["SemiSupervisedGAN"]), build(variants.SemiSupervisedGAN)
    x, y = torch.randn(8, 1, 28, 28), torch.tensor([3, 1, 4, 1, -1, -1, -1, -1])
    for _ in range(3):
        torch.manual_seed(1)
        first = ours.step(x, y)
        torch.manual_seed(1)
        second = theirs.step(x, y)
        assert {k: v.item() for k, v in first.items()} == {k: v.item() for k, v in second.items()}
    for a, b in zip(ours.D.parameters(), theirs.D.parameters()):
        assert torch.equal(a, b)


def test_auroc_is_the_mann_whitney_statistic(page):
    torch.manual_seed(0)
    low, high = torch.randn(30).round(decimals=1), 0.5 + torch.randn(20).round(decimals=1)
    u = scipy.stats.mannwhitneyu(high.numpy(), low.numpy()).statistic
    assert page["auroc"](low, high) == pytest.approx(u / (30 * 20), rel=1e-5)
    assert book.auroc.judge(lambda a, b: torch.tensor(page["auroc"](a, b)))[0] == "solved"


def test_the_quiz_names_what_is_wrong_and_where_it_is_shown():
    right = book.quiz.reference()
    statements = [c.source for c in PAGE.cells if "### A last quiz" in c.source]
    assert len(re.findall(r"^\d+\. ", statements[0], re.M)) == len(right) == len(book.quiz.where)
    status, said = book.quiz.judge("F" + right[1:])
    assert status == "wrong" and "9 of 10" in said and "1 (notebook 01)" in said
    assert book.quiz.judge("t f" + right[2:].lower())[0] == "solved"
    assert "word of 10 letters" in book.quiz.judge("TFX")[1]
