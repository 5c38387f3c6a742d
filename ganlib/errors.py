"""One shape for every complaint: which argument, what came, what was expected, how to mend it."""

import torch


def describe(value):
    """A tensor by shape, dtype and device; anything else by its repr, cut to one line."""
    if torch.is_tensor(value):
        return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def expect(condition, name, value, expected, mend, error=ValueError):
    """Raise `error` with a full sentence unless condition holds."""
    if not condition:
        raise error(f"{name}: got {describe(value)}; expected {expected}. To mend it: {mend}.")
