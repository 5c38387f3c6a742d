"""The exact game of notebooks 01 and 02 against quadrature, and its pictures by what they hold."""

import re

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from ganlib.course import notes, plots


def expected(function, mean, sd):
    return quad(lambda x: norm.pdf(x, mean, sd) * function(x), mean - 9 * sd, mean + 9 * sd, limit=200)[0]


@pytest.mark.parametrize(
    "theta, s, psi, c", [(0.0, 1.0, 0.5, 2.0), (-2.0, 0.4, 3.0, 0.0), (3.0, 2.0, -1.0, 1.0)]
)
def test_losses_equal_quadrature_and_gradients_equal_differences(theta, s, psi, c):
    def d_loss(theta, s, psi, c):
        on_real = expected(lambda x: np.logaddexp(0, -psi * (x - c)), 2, 1)
        return on_real + expected(lambda x: np.logaddexp(0, psi * (x - c)), theta, s)

    found, gradients = notes.losses(theta, s, psi, c)
    assert found[0] == pytest.approx(d_loss(theta, s, psi, c), abs=1e-4)
    assert found[1] == pytest.approx(-expected(lambda x: np.logaddexp(0, psi * (x - c)), theta, s), abs=1e-4)
    assert found[2] == pytest.approx(expected(lambda x: np.logaddexp(0, -psi * (x - c)), theta, s), abs=1e-4)
    numbers = np.array([theta, s, psi, c])
    for i in range(4):
        step = 1e-4 * np.eye(4)[i]
        by_difference = (d_loss(*(numbers + step)) - d_loss(*(numbers - step))) / 2e-4
        assert gradients[0][i].item() == pytest.approx(by_difference, abs=1e-3)


@pytest.mark.parametrize("theta, s", [(2.0, 1.0), (0.0, 1.0), (2.0, 0.3), (-1.0, 2.0)])
def test_the_best_value_equals_quadrature(theta, s):
    def best_d(x):
        p, g = norm.pdf(x, 2, 1), norm.pdf(x, theta, s)
        return p / (p + g)

    oracle = expected(lambda x: np.log(best_d(x)), 2, 1) + expected(lambda x: np.log1p(-best_d(x)), theta, s)
    assert notes.best_value(theta, s) == pytest.approx(oracle, abs=1e-4)


def test_the_line_game_goes_round_the_goal_and_ends_there():
    path = notes.line_game(spread=0.5, h=0.3, n=400)
    distance = np.hypot(path[:, 0] - 2, path[:, 1])
    assert path.shape == (401, 2) and distance[-1] < 0.02
    turned = np.unwrap(np.arctan2(path[:, 1], path[:, 0] - 2))
    assert abs(turned[-1] - turned[0]) > 2 * np.pi, "more than once round"


def test_a_steeper_spread_of_real_notes_damps_more():
    """The corner of the Jacobian is minus half the variance of the real notes."""
    ends = [np.hypot(*(notes.line_game(spread, 0.05, 600)[-1] - [2, 0])) for spread in (0.2, 0.5, 1.0)]
    assert ends[0] > ends[1] > ends[2]


def test_the_pictures_hold_what_they_say():
    figure, words = notes.by_hand(0.0, 1.0, 0.5, 2.0)
    assert "V = <b>-1.061</b>" in words and len(figure.axes) == 2
    narrow = notes.by_hand(2.0, 0.25, 0.5, 2.0)[0].axes[0]
    assert narrow.get_ylim()[1] > 1.2 * norm.pdf(0, 0, 0.25), (
        "there is room for the legend above a narrow hill"
    )
    _, ax = plots.canvas()
    x = torch.linspace(-4, 6, 50)
    density = notes.density(x, 2.0, 1.0)
    notes.scene(ax, x, density, density, x.sigmoid(), best=0 * x + 0.5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "real p",
        "forged g",
        "D(x)",
        "best D",
    ]
    _, ax = plots.canvas()
    notes.thermometer(ax, 1.386, guess=7.0)
    assert "you: 7" in [text.get_text() for text in ax.texts], "a guess beyond the scale stays on the picture"
    _, ax = plots.canvas()
    notes.value_line(ax, -9.0)
    assert ax.lines[1].get_marker() == "<", "below the scale an arrow says so"


@pytest.mark.parametrize("theta, c", [(0.0, 1.0), (-1.0, 2.5), (2.0, 0.3)])
def test_what_a_cut_sorts_rightly(theta, c):
    _, words = notes.sorting(theta, c)
    shares = re.findall(r"<b>(\d+)%</b>", words)
    assert shares == [f"{100 * norm.sf(c, 2):.0f}", f"{100 * norm.cdf(c, theta):.0f}"]


@pytest.mark.parametrize("film", [notes.opening_film, notes.line_film])
def test_the_films_are_small_and_move(film, capsys):
    pictures = film(84)
    assert len({picture.size for picture in pictures}) == 1
    assert pictures[0].tobytes() != pictures[-1].tobytes()
    plots.animation(pictures, "a film")
