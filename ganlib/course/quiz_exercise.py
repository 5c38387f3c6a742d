"""A quiz of statements, true or false, that says where to read again. Notebook 13."""

from dataclasses import dataclass

from ganlib.course.exercises import Exercise


@dataclass
class Quiz(Exercise):
    """An exercise whose answer is one word of T and F, a letter for each statement.

    `reference` gives the right word; `where` names for each statement the notebook that shows it.
    """

    where: tuple[str, ...] = ()

    def judge(self, answer):
        """(status, message): how many are right, and where to read again for the others."""
        right = self.reference()
        if answer is ... or answer is None:
            return "not attempted", "not attempted yet. Replace the ... with a word such as 'TFTF'."
        word = "".join(str(answer).upper().split())
        if len(word) != len(right) or set(word) - {"T", "F"}:
            return "wrong", f"check needs a word of {len(right)} letters T and F; it got {answer!r}."
        wrong = [i for i, (given, true) in enumerate(zip(word, right)) if given != true]
        if not wrong:
            return "solved", f"right, all {len(right)}!"
        again = ", ".join(f"{i + 1} (notebook {self.where[i]})" for i in wrong)
        return "wrong", f"{len(right) - len(wrong)} of {len(right)} are right. Think again about {again}."
