"""A small convolutional classifier: the eye that the metrics look through. Notebook 08 shows what it sees."""

from torch import nn

from ganlib.errors import expect


class Classifier(nn.Module):
    """images (B, 1, 28, 28) in [-1, 1] -> logits of 10 classes (B, 10); `features` gives the 64 numbers before them.

    76,000 weights, trained by assets/build.py on the training images alone.
    """

    def __init__(self):
        super().__init__()
        blocks = [self.block(1, 24), self.block(24, 48), self.block(48, 64)]
        self.body = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(64 * 3 * 3, 64))  # 28 -> 14 -> 7 -> 3
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(64, 10))

    @staticmethod
    def block(n_in, n_out):
        """Convolve, halve the picture, rectify: the same numbers as rectified first, with a quarter of the work."""
        return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.MaxPool2d(2), nn.ReLU())

    def features(self, images):
        """The 64 features (B, 64), before their ReLU, so that they are nearly Gaussian."""
        return self.body(images)

    def forward(self, images):
        return self.head(self.features(images))


def check_images(name, images):
    """Raise a ValueError unless images are floats (n, 1, 28, 28) in [-1, 1], more than one of them."""
    ok = hasattr(images, "is_floating_point") and images.is_floating_point() and images.dim() == 4 and len(images) > 1
    expect(ok and images.shape[1:] == (1, 28, 28), name, images, "a float tensor (n, 1, 28, 28), n > 1", "gan.generate(n)")
    low, high = images.min().item(), images.max().item()
    expect(low >= -1.001 and high <= 1.001, name, f"values from {low:.3g} to {high:.3g}", "values in [-1, 1]",
           "scale bytes with x / 127.5 - 1, end G with tanh")  # fmt: skip
