"""Whether a `...` was left in an answer."""

from typing import Any

__all__ = ["has_blank"]


def has_blank(function: Any) -> bool:
    """Whether a `...` stands in a function's code, in a tuple there, or in a function inside it.

    Example:
        >>> has_blank(lambda x: x + ...), has_blank(lambda x: 2 * x)
        (True, False)
    """
    code = getattr(function, "__code__", function)
    constants = code if isinstance(code, tuple) else getattr(code, "co_consts", ())
    return any(part is ... or has_blank(part) for part in constants)
