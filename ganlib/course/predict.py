"""Predict first, then look: a question whose answer is locked in before the plot that settles it.

Question and answer are cards that work in the browser: a guess is locked in, and judged, also while the
kernel trains; the kernel hears of it when it has time.
"""

from collections.abc import Sequence
from numbers import Real

import anywidget
from IPython.display import display
from traitlets import Any, Unicode

from ganlib.course import cards, progress, words
from ganlib.course.facts import mark
from ganlib.course.plots.style import GREEN, PURPLE

__all__ = ["Card", "Prediction"]


class Card(anywidget.AnyWidget):
    """A card in a live notebook; `guess` is what was locked in, here or in another card of its prediction."""

    _esm = cards.script() + "\nexport default { render };\n"
    _css = cards.style()
    html = Unicode().tag(sync=True)
    guess = Any(None, allow_none=True).tag(sync=True)


class Prediction:
    """Ask a question and keep the answer.

    Args:
        key: the name under which the guess is remembered.
        question: what is asked.
        options: the choices, or None to ask for a number.
    """

    def __init__(self, key: str, question: str, options: Sequence[str] | None = None):
        self.key, self.cards = f"prediction {key}", []
        self.options = None if options is None else list(map(str, options))
        facts = {"key": key, "question": question, "options": self.options}
        offered = "".join(f"\n   · {option}" for option in self.options or [])
        still = cards.question(**facts, still=True)
        self._show("prediction", facts, cards.question(**facts), still, f"{question}{offered}")

    def _show(self, kind, facts, live, still, plain):
        """Display a card, with what is left of it where no widget lives."""
        card = Card(html=live, guess=self.guess)
        card.observe(lambda change: self._hear(change.new), "guess")
        self.cards.append(card)
        view = {"version_major": 2, "version_minor": 0, "model_id": card.model_id}
        bundle = {
            "application/vnd.jupyter.widget-view+json": view,
            **mark(kind, **facts),
            "text/html": f"<style>{cards.style()}</style>{still}",
            "text/plain": plain,
        }
        display(bundle, raw=True)

    @property
    def guess(self) -> str | float | None:
        """What was locked in, None if nothing was."""
        guess = progress.read().get(self.key)
        return guess if self._fits(guess) else None

    def _fits(self, guess):
        """Whether a guess is one that the question asks for."""
        number = isinstance(guess, Real) and not isinstance(guess, bool)
        return number if self.options is None else guess in self.options

    def _hear(self, guess):
        """What a browser has locked in; whatever else it may send is ignored."""
        if guess is not None and self._fits(guess):
            self.lock(guess)

    def lock(self, guess: str | float) -> None:
        """Keep a guess, from code; later calls change nothing, so a prediction stays one."""
        guess = float(guess) if isinstance(guess, Real) and self.options is None else guess
        if not self._fits(guess):
            expected = "a number" if self.options is None else f"one of {self.options}"
            raise ValueError(f"guess: expected {expected}, but got {guess!r}; spell it the same")
        if self.guess is None:
            progress.record(self.key, guess)
        for card in self.cards:
            card.guess = self.guess

    def reveal(self, answer: str | float, why: str, tolerance: float = 0.0) -> None:
        """Show the answer and why, beside the guess; without a guess it waits to be opened, never the run."""
        answer = float(answer) if self.options is None else str(answer)
        if self.options is not None and answer not in self.options:
            raise ValueError(f"answer: expected one of {self.options}, but got {answer!r}; spell it the same")
        key = self.key.removeprefix("prediction ")
        facts = {"key": key, "answer": answer, "why": why, "tolerance": float(tolerance)}
        plain = f"{self._verdict(answer, tolerance)}\n{words.ANSWER}: {_short(answer)}. {why}"
        still = cards.answer(**facts, still=True)
        self._show("answer", facts, cards.answer(**facts), still, plain)

    def _verdict(self, answer, tolerance):
        """What the guess is worth, in words."""
        guess = self.guess
        if guess is None:
            return words.NUDGE
        right = guess == answer or (self.options is None and abs(guess - answer) <= tolerance)
        return (words.RIGHT if right else words.WRONG).format(guess=_short(guess))

    def draw(self, ax, answer: float):
        """The guess, if it is a number, and the answer as vertical lines over the result."""
        if self.guess is not None:
            label = words.YOUR_PREDICTION.format(guess=self.guess)
            ax.axvline(self.guess, color=PURPLE, ls="--", label=label)
        ax.axvline(answer, color=GREEN, ls="-.", label=words.THE_ANSWER.format(answer=answer))
        ax.legend()
        return ax


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else value
