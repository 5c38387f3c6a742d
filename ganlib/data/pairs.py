"""Pairs of pictures for translation: take real ones, and spoil a copy. Notebook 11."""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, pad

from ganlib.data.images import ImageSet

__all__ = ["Pairs", "Unpaired", "cut_hole", "outline", "shrink", "thick_on_white", "thin_on_black"]


class Pairs:
    """Real pictures and what is left of them: `batch` gives x (n, ...) and y = spoil(x).

    A Trainer with conditional=True hands both to a model that learns the way back, from y to x.

    Args:
        images: the real pictures.
        spoil: x (n, 1, H, W) -> y, such as `outline`, `shrink` or `cut_hole`.

    Example:
        >>> from ganlib.data import load
        >>> x, y = Pairs(load("mnist"), shrink).batch(4)
        >>> y.shape
        torch.Size([4, 1, 7, 7])
    """

    def __init__(self, images: ImageSet, spoil: Callable[[Tensor], Tensor]):
        self.images, self.spoil = images, spoil

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n pictures drawn at random, and what is left of each."""
        x, _ = self.images.batch(n)
        return x, self.spoil(x)


class Unpaired:
    """Two sets of pictures, drawn independently: `batch` gives a (n, ...) and b (n, ...).

    Args:
        first, second: anything with batch(n) -> (pictures, ...).
        look_a, look_b: what is done to the pictures of each, such as `thin_on_black`.

    Example:
        >>> from ganlib.data import load
        >>> a, b = Unpaired(load("mnist"), load("mnist"), thin_on_black, thick_on_white).batch(4)
        >>> a.mean() < b.mean()
        tensor(True)
    """

    def __init__(
        self,
        first: ImageSet,
        second: ImageSet,
        look_a: Callable[[Tensor], Tensor],
        look_b: Callable[[Tensor], Tensor],
    ):
        self.first, self.second, self.look_a, self.look_b = first, second, look_a, look_b

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n pictures of each set; the i-th of one has nothing to do with the i-th of the other."""
        return self.look_a(self.first.batch(n)[0]), self.look_b(self.second.batch(n)[0])


def outline(x: Tensor, threshold: float = 0.5) -> Tensor:
    """White lines where brightness changes, black elsewhere: (n, 1, H, W) in [-1, 1], same shape.

    The morphological gradient, the brightest minus the darkest of 3x3 pixels, above a threshold. The border
    counts as black.

    Example:
        >>> import torch
        >>> outline(torch.full((1, 1, 28, 28), -1.0)).max()
        tensor(-1.)
    """
    framed = pad(x, (1, 1, 1, 1), value=-1.0)
    gradient = max_pool2d(framed, 3, 1) + max_pool2d(-framed, 3, 1)  # brightest minus darkest
    return (gradient > threshold).to(x.dtype) * 2 - 1


def shrink(x: Tensor) -> Tensor:
    """Means of 4x4 blocks: (n, 1, 28, 28) -> (n, 1, 7, 7)."""
    return avg_pool2d(x, 4)


def cut_hole(x: Tensor, side: int = 12) -> Tensor:
    """The picture with a gray square in its middle, of value 0: (n, 1, H, W), same shape."""
    y, top, left = x.clone(), (x.shape[2] - side) // 2, (x.shape[3] - side) // 2
    y[:, :, top : top + side, left : left + side] = 0.0
    return y


def thin_on_black(x: Tensor) -> Tensor:
    """White strokes, thinned by a pixel: each pixel becomes the darkest of 2x2."""
    return -max_pool2d(-pad(x, (0, 1, 0, 1), value=-1.0), 2, 1)


def thick_on_white(x: Tensor) -> Tensor:
    """Black strokes on white, thickened: the negative of the brightest of 3x3 pixels."""
    return -max_pool2d(x, 3, 1, 1)
