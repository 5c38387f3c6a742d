"""Which statements of a notebook an answer takes with it."""

import ast
import json

import pytest

from ganlib.course.grading.slices import slice_for, statements
from tests.support.handed_in import BOOKS, cells_of, notebook

pytestmark = pytest.mark.quick


def taken(*cells, key="it"):
    """The statements that an answer needs, as text, and the answer."""
    found, problems = statements(notebook(*cells).decode())
    assert not problems
    part = slice_for(key, found)
    return [ast.unparse(node) for node in part.before], ast.unparse(part.answer)


def test_only_what_the_answer_needs():
    before, answer = taken(
        "import math\nimport torch",
        "slow = train_for_hours()",
        "def helper(x):\n    return math.log(x)",
        "def mine(real):\n    slow_inside = helper(real)\n    return slow_inside",
        "book.it.check(mine);",
    )
    assert answer == "mine"
    assert [text.splitlines()[0] for text in before] == ["import math", "def helper(x):", "def mine(real):"]


def test_the_names_of_arguments_are_no_globals():
    before, _ = taken("real = train_for_hours()", "def mine(real):\n    return real", "book.it.check(mine)")
    assert before == ["def mine(real):\n    return real"]


def test_the_last_check_and_the_last_definition_count():
    before, answer = taken(
        "def mine(x):\n    return 1",
        "book.it.check(mine)",
        "def mine(x):\n    return 2",
        "book.it.check(mine)",
        "def mine(x):\n    return 3",
    )
    assert before == ["def mine(x):\n    return 2"] and answer == "mine"


def test_what_an_inner_line_changes_makes_no_definition_doubtful():
    mine = "def mine(x):\n    x[0] = 1\n    x.a = 2\n    return x"
    assert taken(mine, "book.it.check(mine)", "def mine(x):\n    return 3")[0] == [mine]


def test_a_name_has_the_value_that_it_had_there():
    before, _ = taken("x = 1", "y = x", "x = 2", "def f():\n    return z", "z = 5", "book.it.check((y, f))")
    assert before == ["x = 1", "y = x", "def f():\n    return z", "z = 5"]


def test_what_is_defined_under_a_condition_is_taken_with_what_stands_before():
    before, _ = taken("x = 1", "if hard:\n    x = 2", "hard = False", "book.it.check(x)")
    assert before == ["x = 1", "if hard:\n    x = 2", "hard = False"]


def test_what_stands_below_is_found_where_nothing_stands_above():
    assert taken("book.it.check(lambda x: later(x))", "def later(x):\n    return x")[0] == [
        "def later(x):\n    return x"
    ]


def test_changes_in_place_are_taken_along():
    before, _ = taken("table = {}", "table['a'] = 1", "n = 0", "n += 2", "book.it.check((table, n))")
    assert before == ["table = {}", "table['a'] = 1", "n = 0", "n += 2"]


def test_checks_may_be_indented_and_assigned():
    found, _ = statements(notebook("status = book.it.check(5)", "if True:\n    book.other.check(6)").decode())
    assert slice_for("it", found).answer.value == 5 and slice_for("other", found).answer.value == 6
    assert slice_for("third", found) is None


def test_cells_that_are_no_python_are_told_and_left_out():
    found, problems = statements(notebook("def broken(:", "%matplotlib inline", "book.it.check(5)").decode())
    assert len(problems) == 1 and problems[0].startswith("code cell 1 is no Python")
    assert slice_for("it", found).answer.value == 5


def test_lines_may_come_as_a_list():
    text = json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "book.it.check(a)"]}]})
    assert ast.unparse(slice_for("it", statements(text)[0]).before[0]) == "a = 1"


@pytest.mark.parametrize("number", sorted(BOOKS))
def test_each_exercise_of_the_course_is_found_without_the_trainings_above_it(number):
    found, problems = statements(notebook(*cells_of(number)).decode())
    assert not problems
    for key in BOOKS[number].exercises:
        part = slice_for(key, found)
        text = "\n".join(map(ast.unparse, part.before))
        assert ".until(" not in text and "exercises" not in text, f"{key}:\n{text}"
