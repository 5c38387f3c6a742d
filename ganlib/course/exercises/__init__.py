"""Exercises that check themselves: the engine. One module for each notebook holds the exercises."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from textwrap import dedent

import numpy as np
import torch

from ganlib.course import progress
from ganlib.course.blanks import has_blank
from ganlib.course.plots import say
from ganlib.engine.checks import describe

TRIALS = 3
SLIPS = {  # words of torch's own messages -> what a student did
    "backward through the graph a second time": "two backward() calls ran through the same fakes. Cut them off from "
    "G in D's turn, by detach().",
    "modified by an inplace operation": "numbers that a backward() still needs were overwritten, by a step(), or by "
    "+= or mul_() in your code. Compute each loss right before its own backward().",
    "only for scalar outputs": "a loss is one number: take .mean() over the batch.",
    "does not require grad": "backward() finds no way back to any weight: the loss was cut off, by detach(), .item() "
    "or torch.no_grad().",
}


class Texts:
    """Hints and messages of a notebook's exercises, which stand apart from the answers, in texts/NAME.json.

    Example:
        >>> len(Texts("wgan").hints("lower_bound")) >= 2
        True
    """

    def __init__(self, name: str):
        path = Path(__file__).parent / "texts" / f"{name}.json"
        self.entries = json.loads(path.read_text(encoding="utf-8"))

    def hints(self, key: str) -> list[str]:
        """The hints of an exercise, the first one first."""
        return self.entries[key]["hints"]

    def wrong(self, key: str, *answers: Callable) -> list[tuple[Callable, str]]:
        """Each wrong answer with its message; they stand in the same order in the file."""
        return list(zip(answers, self.entries[key]["wrong"], strict=True))


@dataclass
class Exercise:
    """One exercise: `check` an answer, ask for a growing `hint`, or see the `solution`.

    reference: the right answer, a function. cases: () -> arguments, drawn at random for each trial, so that a
    hard-coded answer fails; a value instead of a function is asked for where cases is None.
    misconceptions: (wrong function, message) pairs: an answer that agrees with a wrong function gets its
        message.
    play: play(function, *arguments) -> what is compared, where an answer is judged by its effects: words ->
        tensors.
    """

    key: str
    reference: Callable
    cases: Callable | None
    misconceptions: list
    hints: list
    tolerance: float = 1e-4
    play: Callable | None = None
    book: "Workbook" = None
    shown: int = field(default=0, repr=False)

    def check(self, answer):
        """Print a verdict -> "solved", "not attempted" or "wrong"; never raises on a student's mistake."""
        status, message = self.judge(answer)
        if status == "solved":
            progress.record(self.name, True)
        say(f"{self.key}: {message}{self.book.summary() if self.book else ''}")
        return status

    @property
    def name(self):
        """The exercise's name in the progress file."""
        return f"exercise {self.book.title if self.book else ''} {self.key}"

    def judge(self, answer):
        """(status, message) of an answer, a function or a value."""
        if answer is ... or answer is None:
            return (
                "not attempted",
                "not attempted yet. Replace the ... with your answer and run the cell again.",
            )
        if callable(answer) != (self.cases is not None):
            kind = "the function itself, without calling it" if self.cases else "a value"
            return "wrong", f"check needs {kind}; it got {describe(answer)}."
        survivors, alike, mistake = list(self.misconceptions), [], None
        for _ in range(TRIALS if self.cases else 1):
            arguments = self.cases() if self.cases else ()
            try:
                found = self.outcome(answer, arguments) if self.cases else answer
            except Exception as error:  # any mistake of a student's becomes a message
                if has_blank(answer) and "ellipsis" in str(error):
                    return "not attempted", "not attempted yet: a ... is left in it. Put code in its place."
                return "wrong", f"your code stopped with {type(error).__name__}: {in_plain_words(error)}"
            if is_blank(found):
                return (
                    "not attempted",
                    "not attempted yet: it gives back nothing. Put code in place of each ..., before any #.",
                )
            expected = self.outcome(self.reference, arguments)
            if mistake is None and not same(found, expected, self.tolerance):
                mistake = difference(found, expected, arguments)
                if self.play and isinstance(expected, str):  # a game may fail in two ways in two trials
                    alike = self.agreeing(found, arguments, self.misconceptions)
            survivors = self.agreeing(found, arguments, survivors)
        if mistake is None:
            return "solved", "right!"
        if survivors or alike:
            return "wrong", f"not yet. {(survivors or alike)[0][1]}"
        return "wrong", f"not yet. {mistake} A hint is one .hint() away."

    def agreeing(self, found, arguments, pairs):
        """The misconceptions among pairs that give what was found."""
        return [pair for pair in pairs if same(found, self.outcome(pair[0], arguments), self.tolerance)]

    def outcome(self, function, arguments):
        """What a function gives back, or what comes of playing it."""
        return run(partial(self.play, function) if self.play else function, arguments)

    def hint(self):
        """Print the next hint; the last one stays."""
        self.shown = min(self.shown + 1, len(self.hints))
        say(f"Hint {self.shown} of {len(self.hints)}: {self.hints[self.shown - 1]}")

    def solution(self):
        """Print the source of the right answer."""
        print(dedent(inspect.getsource(self.reference)))


class Workbook:
    """The exercises of one notebook, by attribute: book.exercise.check(answer)."""

    def __init__(self, title, *exercises):
        self.title, self.exercises = title, {exercise.key: exercise for exercise in exercises}
        for exercise in exercises:
            exercise.book = self
            setattr(self, exercise.key, exercise)

    def summary(self):
        """How many are solved, as the end of a sentence."""
        solved = sum(exercise.name in progress.read() for exercise in self.exercises.values())
        return f"\n[{solved} of {len(self.exercises)} done]"


def run(function, arguments):
    """Call function on copies of the tensors, from a fixed random stream, since an answer may draw numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return function(*map(copied, arguments))


def in_plain_words(error):
    """An error's message; for usual slips in a training step, what to do about it."""
    return next((words for known, words in SLIPS.items() if known in str(error)), str(error))


def is_blank(found):
    """Whether an answer gives back nothing, or a `...` somewhere in a list or tuple."""
    return found is ... or found is None or (isinstance(found, (list, tuple)) and any(map(is_blank, found)))


def copied(argument):
    """A copy that an answer may spoil: of a tensor, or of a list of them."""
    if isinstance(argument, list):
        return [copied(part) for part in argument]
    return argument.clone() if torch.is_tensor(argument) and argument.is_leaf else argument


def same(a, b, tolerance):
    """Whether two answers agree: words, truths and sets exactly, numbers and tensors within a tolerance."""
    if isinstance(b, set):
        return isinstance(a, (list, tuple, set)) and {str(word).strip().lower() for word in a} == b
    if isinstance(b, dict):
        return isinstance(a, dict) and all(same(a.get(key), value, tolerance) for key, value in b.items())
    if isinstance(a, str) and isinstance(b, str):
        return a.strip().lower() == b.strip().lower()
    if isinstance(b, (str, bool)) or isinstance(a, (str, bool)):
        return type(a) is type(b) and a == b
    if isinstance(b, (tuple, list)):
        if getattr(a, "ndim", 0) and len(a) == len(b):
            a = list(a)  # stacked in a tensor or an array
        return (
            isinstance(a, (tuple, list))
            and len(a) == len(b)
            and all(same(x, y, tolerance) for x, y in zip(a, b))
        )
    try:
        a, b = as_array(a), as_array(b)
    except (TypeError, ValueError):
        return False
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=tolerance, atol=tolerance))


def as_array(value):
    """A number, tensor or array as float64."""
    if isinstance(value, (tuple, list)):
        value = [as_array(part) for part in value]
    return np.asarray(value.detach().cpu() if torch.is_tensor(value) else value, dtype=np.float64)


def form(array):
    """An array's shape, in words."""
    return f"shape {array.shape}" if array.shape else "one number"


def asked(arguments):
    """How a verdict names the input: in full where it is short."""
    text = ", ".join(f"{part:.4g}" if isinstance(part, float) else repr(part) for part in arguments)
    return f"For {text}" if arguments and len(text) <= 40 and "tensor" not in text else "On random input"


def different_part(found, expected, arguments):
    """The first part in which two lists or tuples differ, in words; or what kind of thing is expected."""
    if not isinstance(expected, (list, tuple)):
        return f"It gives {describe(found)}; expected is something like {describe(expected)}."
    n = len(expected)
    if not isinstance(found, (list, tuple)) or len(found) != n:
        return f"It gives {describe(found)}; expected is a {type(expected).__name__} of {n}."
    i = next((i for i in range(n) if not same(found[i], expected[i], 1e-4)), 0)
    return f"Part {i + 1} of {n}: {difference(found[i], expected[i], arguments)}"


def difference(found, expected, arguments):
    """What came and what was expected, in words; never the expected word itself, which is the answer."""
    if isinstance(expected, dict):
        wrong = [key for key, value in expected.items() if not same(found[key], value, 1e-4)]
        return f"Not as they should be: {', '.join(wrong)}."
    if isinstance(expected, set) and isinstance(found, (list, tuple, set)):
        words = {str(word).strip().lower() for word in found}
        right, missing = len(words & expected), len(expected - words)
        return f"{right} of your {len(words)} answers are right, and {missing} missing."
    if isinstance(expected, (str, set)):
        kind = "another of the answers" if isinstance(expected, str) else "a list of answers"
        return f"It gives {describe(found)}; expected is {kind} that the question offers, in quotes."
    try:
        a, b = as_array(found), as_array(expected)
    except (TypeError, ValueError):
        return different_part(found, expected, arguments)
    if a.shape != b.shape:
        return f"It gives {form(a)}; expected is {form(b)}."
    if not a.size:
        return "It gives an empty result."
    i = int(np.argmax(np.nan_to_num(np.abs(a - b), nan=np.inf)))  # the worst entry
    where = f" (entry {i + 1} of {a.size})" if a.size > 1 else ""
    cause = " (nan is 0/0, or a root, log or arccos of what has none)" if np.isnan(a.flat[i]) else ""
    return f"{asked(arguments)} it gives {a.flat[i]:.4g}{cause} where {b.flat[i]:.4g} is right{where}."
