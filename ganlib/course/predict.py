"""Predict first, then look: a question whose answer is locked in before the plot that settles it."""

from numbers import Real

import ipywidgets as widgets
from IPython.display import display

from ganlib.course import progress
from ganlib.course.plots import GREEN, PURPLE, say


class Prediction:
    """Ask a question and keep the answer.

    options: the choices, or None to ask for a number. The guess counts once "Lock in" is pressed, and is
        remembered.
    """

    def __init__(self, key, question, options=None):
        self.key, self.options = f"prediction {key}", options
        if options is None:
            self.field = widgets.Text(placeholder="a number", layout=widgets.Layout(width="10em"))
        else:
            self.field = widgets.RadioButtons(
                options=list(options), value=None, layout=widgets.Layout(width="max-content")
            )
        self.button = widgets.Button(
            description="Lock in", tooltip="Keep this as my prediction", button_style="primary"
        )
        self.button.on_click(lambda _: self.lock())
        self.note = widgets.HTML(f"Locked in: <b>{self.guess}</b>" if self.guess is not None else "")
        say(f"Predict: {question}" + "".join(f"\n   · {option}" for option in options or []))
        display(widgets.VBox([self.field, widgets.HBox([self.button, self.note])]))

    @property
    def guess(self):
        """What was locked in, None if nothing was."""
        guess = progress.read().get(self.key)
        fits = isinstance(guess, (int, float)) if self.options is None else guess in self.options
        return guess if fits else None

    def entered(self):
        """What the widget shows, None if that is no answer."""
        if self.options is not None:
            return self.field.value
        try:
            return float(self.field.value.replace(",", "."))
        except ValueError:
            return None

    def lock(self, guess=None):
        """Keep the guess, or what the widget shows; later calls change nothing, so a prediction stays one."""
        guess = self.entered() if guess is None else guess
        guess = float(guess) if self.options is None and isinstance(guess, Real) else guess
        ok = guess is None or (isinstance(guess, float) if self.options is None else guess in self.options)
        if not ok:
            expected = "a number" if self.options is None else f"one of {self.options}"
            raise ValueError(f"guess: expected {expected}, but got {guess!r}; spell it the same")
        if self.guess is None and guess is not None:
            progress.record(self.key, guess)
        missing = "Give an answer first." if self.options else "Give an answer first: a number, such as 0.5."
        self.note.value = f"Locked in: <b>{self.guess}</b>" if self.guess is not None else missing

    def reveal(self, answer, why, tolerance=0.0):
        """Print the guess beside the answer and why; without a guess a nudge, so that Run All never waits."""
        if self.options is not None and answer not in self.options:
            raise ValueError(f"answer: expected one of {self.options}, but got {answer!r}; spell it the same")
        shown = f"{answer:.4g}" if self.options is None else answer
        if self.guess is None:
            verdict = "You made no prediction. "
            verdict += "Next time lock one in first: guessing is what makes the answer stick."
        elif self.guess == answer or (self.options is None and abs(self.guess - answer) <= tolerance):
            verdict = f"You predicted {self.guess}: right."
        else:
            verdict = f"You predicted {self.guess}: not so."
        say(f"{verdict}\nAnswer: {shown}. {why}")

    def draw(self, ax, answer):
        """The guess, if it is a number, and the answer as vertical lines over the result."""
        if self.guess is not None:
            ax.axvline(self.guess, color=PURPLE, ls="--", label=f"your prediction {self.guess:.3g}")
        ax.axvline(answer, color=GREEN, ls="-.", label=f"answer {answer:.3g}")
        ax.legend()
        return ax
