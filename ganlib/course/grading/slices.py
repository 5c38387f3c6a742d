"""Which statements of a notebook an answer needs: those that define its names, and so on with theirs.

A notebook takes minutes to run; an answer and the few definitions above it take none.
"""

import ast
import json
import symtable
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["Slice", "statements", "slice_for"]


@dataclass
class Slice:
    """The statements to run, in order, and then the expression whose value is the answer."""

    before: list[ast.stmt]
    answer: ast.expr


@dataclass
class Statement:
    """A top-level statement with the global names that it defines, changes and uses."""

    node: ast.stmt
    defines: set[str]
    changes: set[str]  # also what it may define, inside of an if or a loop
    uses: set[str]


def statements(text: str) -> tuple[list[Statement], list[str]]:
    """A notebook file's statements in the order of its cells, and what is wrong with the other cells."""
    found, problems = [], []
    cells = [cell for cell in json.loads(text)["cells"] if cell.get("cell_type") == "code"]
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", "")
        source = source if isinstance(source, str) else "".join(source)
        try:
            nodes = ast.parse(TransformerManager().transform_cell(source)).body
            found += [_read(node) for node in nodes]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problems.append(f"code cell {number} is no Python: {error}"[:200])
    return found, problems


def slice_for(key: str, found: list[Statement]) -> Slice | None:
    """What the last `book.KEY.check(ANSWER)` of the notebook needs; None where there is none."""
    place, answer = max(
        ((i, call.args[0]) for i, statement in enumerate(found) for call in _checks(statement.node, key)),
        key=lambda pair: pair[0],
        default=(None, None),
    )
    if answer is None:
        return None
    used = {i for i in range(place) if "*" in found[i].defines}  # from ... import *
    seen, asked = set(), [(name, place) for name in _read(ast.Expr(answer)).uses]
    while asked:
        name, at = asked.pop()
        if (name, at) not in seen:
            seen.add((name, at))
            for i in set(_sources(name, at, place, found)) - used:
                used.add(i)
                # A function's or a class's names are looked up when it is called.
                late = isinstance(found[i].node, (ast.FunctionDef, ast.ClassDef))
                asked += [(other, place if late else i) for other in found[i].uses]
    return Slice([found[i].node for i in sorted(used)], answer)


def _sources(name, at, place, found):
    """The statements that a name at a place has its value from: those above it, else the last one below."""
    above = []
    for i in range(at - 1, -1, -1):
        if name in found[i].defines | found[i].changes:
            above.append(i)
        if name in found[i].defines:
            return above
    below = [i for i in range(at + 1, len(found)) if i != place and name in found[i].defines]
    return above or below[-1:]


def _checks(node, key):
    """The calls of KEY.check with one argument in a statement."""
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "check"
        and getattr(call.func.value, "attr", None) == key
        and len(call.args) == 1
    ]


def _read(node):
    """A statement with its names, as Python's own compiler sees them."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    top = {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }
    uses = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for inner in _inner(table):
        uses |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        top.add("*")
    plain = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    parts = set() if isinstance(node, plain[:2]) else _changed(node)
    defines = top - parts if isinstance(node, plain) else set()
    return Statement(node, defines, (top | parts) - defines, uses)


def _changed(node):
    """The names of what a statement changes in place: x in x[0] = ... and in x.a = ..."""
    stores = [part for part in ast.walk(node) if isinstance(part, (ast.Subscript, ast.Attribute))]
    stores = [part.value for part in stores if isinstance(part.ctx, ast.Store)]
    return {part.id for store in stores for part in ast.walk(store) if isinstance(part, ast.Name)}


def _inner(table):
    """The scopes inside a scope, at any depth."""
    for child in table.get_children():
        yield child
        yield from _inner(child)
