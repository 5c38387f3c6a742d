"""How error messages describe a value."""

from typing import Any

import torch

__all__ = ["describe"]


def describe(value: Any) -> str:
    """A tensor by its shape and dtype, anything else by its repr, cut to 80 characters.

    Example:
        >>> describe(torch.zeros(2, 3))
        'a tensor of shape (2, 3), torch.float32'
    """
    if torch.is_tensor(value):
        return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
