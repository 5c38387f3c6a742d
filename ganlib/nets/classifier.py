"""A small convolutional classifier: its features are what the metrics compare.

Notebook 08 shows what they see.
"""

from torch import Tensor, nn

from ganlib.engine.checks import describe

__all__ = ["Classifier", "check_images"]


class Classifier(nn.Module):
    """images (B, 1, 28, 28) in [-1, 1] -> logits of 10 classes (B, 10); `features` gives the 64 numbers
    before them.

    76,000 weights, trained by assets/build.py on the training images alone.
    """

    def __init__(self):
        super().__init__()
        blocks = [self.block(1, 24), self.block(24, 48), self.block(48, 64)]
        self.body = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(64 * 3 * 3, 64))  # 28 -> 14 -> 7 -> 3
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(64, 10))

    @staticmethod
    def block(n_in: int, n_out: int) -> nn.Sequential:
        """Convolve, halve the picture, rectify: the same numbers as rectified first, with a quarter of the
        work.
        """
        return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.MaxPool2d(2), nn.ReLU())

    def features(self, images: Tensor) -> Tensor:
        """The 64 features (B, 64), before their ReLU, so that they are nearly Gaussian."""
        return self.body(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


def check_images(name: str, images: Tensor) -> None:
    """Raise a ValueError unless images are floats (n, 1, 28, 28) in [-1, 1], more than one of them."""
    is_float = hasattr(images, "is_floating_point") and images.is_floating_point()
    if not is_float or images.dim() != 4 or len(images) < 2 or images.shape[1:] != (1, 28, 28):
        raise ValueError(
            f"{name}: expected a float tensor (n, 1, 28, 28), n > 1, but got {describe(images)}; "
            "gan.generate(n)"
        )
    low, high = images.min().item(), images.max().item()
    if not (low >= -1.001 and high <= 1.001):
        raise ValueError(
            f"{name}: expected values in [-1, 1], but got {low:.3g} to {high:.3g}; scale bytes with x / "
            "127.5 - 1, end G with tanh"
        )
    if low >= 0 and high > 0:
        raise ValueError(
            f"{name}: expected values in [-1, 1], but got {low:.3g} to {high:.3g}; scale values in [0, 1] "
            "with 2 * x - 1"
        )
