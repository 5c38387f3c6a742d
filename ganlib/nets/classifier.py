"""A small convolutional classifier, whose features the metrics compare. Notebook 08 shows what they see."""

from torch import Tensor, nn

from ganlib.engine.checks import describe

__all__ = ["Classifier", "check_images"]


class Classifier(nn.Module):
    """images (B, 1, 28, 28) in [-1, 1] -> logits of 10 classes (B, 10), by way of 64 `features`.

    The bundled ones have 76,000 weights, trained by assets/build.py on the training images alone. The first
    three features say how noisy, how blurred and how mixed a picture is (`ganlib.metrics.training`).

    Args:
        shape: (channels, height, width) of an image, height and width at least 8.
        n_classes: how many classes.
    """

    def __init__(self, shape: tuple[int, int, int] = (1, 28, 28), n_classes: int = 10):
        super().__init__()
        channels, height, width = shape
        self.shape, self.n_classes = tuple(shape), n_classes
        blocks = [self.block(channels, 24), self.block(24, 48), self.block(48, 64)]
        flat = 64 * (height // 8) * (width // 8)  # 28 -> 14 -> 7 -> 3
        self.body = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(flat, 64))
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(64, n_classes))

    @staticmethod
    def block(n_in: int, n_out: int) -> nn.Sequential:
        """Convolve, halve the picture, rectify: as if rectified first, with a quarter of the work."""
        return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.MaxPool2d(2), nn.ReLU())

    def features(self, images: Tensor) -> Tensor:
        """The 64 features (B, 64), before their ReLU, so that they are nearly Gaussian."""
        return self.body(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


def check_images(name: str, images: Tensor, shape: tuple[int, ...] = (1, 28, 28)) -> None:
    """Raise a ValueError unless images are floats (n, *shape) in [-1, 1], more than one of them."""
    is_float = hasattr(images, "is_floating_point") and images.is_floating_point()
    if not is_float or images.dim() != 4 or len(images) < 2 or images.shape[1:] != shape:
        wanted = ", ".join(map(str, shape))
        raise ValueError(
            f"{name}: expected a float tensor (n, {wanted}), n > 1, but got {describe(images)}; "
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
