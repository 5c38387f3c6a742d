"""Real or fake? The student takes D's place and gets D's score."""

import math

import ipywidgets as widgets
import torch
from torch.nn.functional import logsigmoid

from ganlib.course import plots
from ganlib.course.widgets.explorer import Picture, show_widget, spoken

QUESTION = "Be D: how probable is it that this is real?"
ANSWERS = {
    "surely fake, 5 %": 0.05,
    "rather fake, 25 %": 0.25,
    "no idea, 50 %": 0.5,
    "rather real, 75 %": 0.75,
    "surely real, 95 %": 0.95,
}


class RealOrFake:
    """One picture at a time: how probable is it that it is real? The answers get the value V, as D's would.

        V = mean over real of log D + mean over fake of log(1 - D)

    gan: an unconditional GAN. data: anything with batch(n) -> (x, y). n: how many pictures, half of them
        fake.
    """

    def __init__(self, gan, data, n=20):
        if n <= 0 or n % 2:
            raise ValueError(f"n: expected an even number, 2 or more, but got {n!r}; n=20")
        with torch.random.fork_rng():  # the page's own random numbers are left alone
            torch.manual_seed(0)
            order = torch.randperm(n)
            self.images = torch.cat([data.batch(n // 2)[0], gan.generate(n // 2)])[order]
        self.is_real, self.answers = (order < n // 2).tolist(), []
        with torch.no_grad():
            logits = gan.D(self.images)
            # Finite however sure D is.
            self.d_logs = list(zip(logsigmoid(logits).tolist(), logsigmoid(-logits).tolist()))
        self.image, self.words = Picture(QUESTION), widgets.HTML()
        buttons = [widgets.Button(description=name, layout=widgets.Layout(width="136px")) for name in ANSWERS]
        for button in buttons:
            button.on_click(lambda button: self.answer(ANSWERS[button.description]))
        again = widgets.Button(description="start over", layout=widgets.Layout(width="96px"))
        again.on_click(lambda _: self.restart())
        row = widgets.HBox([*buttons, again], layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([widgets.HTML(f"<b>{QUESTION}</b>"), row, self.words, self.image])
        self.redraw()
        show_widget(
            self.box,
            plots.image_grid(self.images, columns=10, scale=3),
            f"{QUESTION}\n{n} digits, half of them are real.",
        )

    def answer(self, probability):
        """Say how probable it is that the present picture is real; after the last one nothing happens."""
        if not 0 < probability < 1:
            raise ValueError(
                f"probability: expected a number between 0 and 1, but got {probability!r}; 0.5 for no idea"
            )
        if len(self.answers) < len(self.images):
            self.answers.append(probability)
            self.redraw()

    def restart(self):
        """Forget the answers; the pictures stay."""
        self.answers = []
        self.redraw()

    def value(self, logs):
        """V of answers to the first pictures, given as pairs (log p, log(1 - p)).

        Both kinds must be among them.
        """
        on_real = [log_p for (log_p, _), real in zip(logs, self.is_real) if real]
        on_fake = [log_q for (_, log_q), real in zip(logs, self.is_real) if not real]
        return sum(on_real) / len(on_real) + sum(on_fake) / len(on_fake)

    def redraw(self):
        """The next picture, or at the end all of them.

        The words give the verdict on the last answer, and the score.
        """
        done, n = len(self.answers), len(self.images)
        picture = plots.image_grid(self.images[done : done + 1], scale=8) if done < n else self.solution()
        self.image.value = plots.png(picture, small=False)
        self.words.value = spoken(
            f"{self.verdict()}<br>{f'Picture {done + 1} of {n}.' if done < n else LEGEND}"
        )

    def verdict(self):
        """What the last picture was, how many answers leaned the right way, and V beside D's.

        Both values are of the same pictures.
        """
        if not self.answers:
            return f"V at a draw is -log 4 = {-math.log(4):.3f}."
        done = len(self.answers)
        right = sum((p > 0.5) == real for p, real in zip(self.answers, self.is_real) if p != 0.5)
        kind = "real" if self.is_real[done - 1] else "fake"
        last = f"That one was <b>{kind}</b>; you said {self.answers[-1]:.0%}."
        if len(set(self.is_real[:done])) < 2:
            return f"{last} Right: {right} of {done}. V needs one of each kind."
        logs = [(math.log(p), math.log(1 - p)) for p in self.answers]
        yours, ds = (f"{self.value(pairs):.3f}" for pairs in (logs, self.d_logs[:done]))
        scores = f"V: yours <b>{yours}</b>, D's {ds}, at a draw {-math.log(4):.3f}."
        return f"{last} Right: {right} of {done}. {scores}"

    def solution(self):
        """All pictures: real ones in the upper rows, fakes in the lower."""
        real = torch.tensor(self.is_real)
        rows = [plots.image_grid(self.images[real == kind], columns=10, scale=3) for kind in (True, False)]
        return plots.below(*rows)


LEGEND = "Above the gap: the real ones. Below: the fakes."
