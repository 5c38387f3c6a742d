"""A judge for digits or clothes: a bundled classifier, the features of real test images, and the metrics on
top. Notebook 08.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganlib.engine.checkpoint import load_tensors, load_weights
from ganlib.engine.files import asset
from ganlib.metrics.distances import classifier_score, frechet_distance, moments, precision_recall
from ganlib.nets.classifier import Classifier, check_images

__all__ = ["Judge", "Report"]


@dataclass(frozen=True)
class Report:
    """What a judge found.

    relative_fd: the Fréchet distance in percent of the real features' total variance.
    """

    relative_fd: float
    score: float
    precision: float
    recall: float
    class_shares: tuple[float, ...]

    @property
    def classes(self) -> int:
        """How many classes have at least a fifth of a fair share."""
        return sum(share >= 0.2 / len(self.class_shares) for share in self.class_shares)

    @property
    def class_entropy(self) -> float:
        """Entropy of the class histogram in nats; log 10 = 2.303 when all classes are equally frequent."""
        return float(-sum(share * np.log(share) for share in self.class_shares if share))

    def __str__(self) -> str:
        return (
            f"relative Fréchet distance {self.relative_fd:.2f} %, score {self.score:.2f} of 10, "
            f"precision {self.precision:.2f}, recall {self.recall:.2f}, "
            f"{self.classes} of {len(self.class_shares)} classes"
        )


class Judge:
    """Compares images with the 10,000 test images of "mnist" or "fashion" in the features of the bundled
    classifier.

    judge(images) -> Report. Distances depend on the classifier and on n: compare only numbers of the same
    judge, and
    use 10,000 images; fewer look worse than they are.
    """

    def __init__(self, name: str = "mnist", device: str | torch.device | None = None):
        classifier = load_weights(Classifier(), f"checkpoints/{name}-classifier.safetensors")
        self.classifier = classifier.to(
            device, memory_format=torch.channels_last
        )  # a CPU is three times quicker at it
        reference, _ = load_tensors(asset(f"checkpoints/{name}-reference.safetensors"), device or "cpu")
        self.mean, self.cov = reference["mean"], reference["cov"]
        self.real = reference["features"].float()  # (2000, 64), for precision and recall
        self.device = self.mean.device

    @torch.no_grad()
    def features(self, images: Tensor, batch: int = 250) -> Tensor:
        """images (n, 1, 28, 28) in [-1, 1] -> features (n, 64)."""
        check_images("images", images)
        return torch.cat(
            [self.classifier.features(part.to(self.device, torch.float32)) for part in images.split(batch)]
        )

    def probabilities(self, images: Tensor) -> Tensor:
        """images -> class probabilities (n, 10)."""
        with torch.no_grad():
            return self.classifier.head(self.features(images)).softmax(1)

    def classes(self, images: Tensor) -> Tensor:
        """images -> the most probable class of each (n,)."""
        return self.probabilities(images).argmax(1)

    def relative_fd(self, images: Tensor) -> float:
        """Fréchet distance in percent of the real features' total variance."""
        return self.relative_fd_of_features(self.features(images))

    def relative_fd_of_features(self, features: Tensor) -> float:
        """The same for features (n, 64) that are there already."""
        return 100 * frechet_distance(self.mean, self.cov, *moments(features)) / self.cov.trace().item()

    def __call__(self, images: Tensor) -> Report:
        check_images("images", images)
        if len(images) < 4:
            raise ValueError(
                f"images: expected 4 images or more, for neighbors, but got {len(images)}; "
                "gan.generate(10_000)"
            )
        features = self.features(images)
        with torch.no_grad():
            probabilities = self.classifier.head(features).softmax(1)
        some = features[torch.linspace(0, len(features) - 1, min(len(features), len(self.real))).long()]
        precision, recall = precision_recall(self.real, some)
        shares = torch.bincount(probabilities.argmax(1), minlength=10) / len(images)
        fd, score = self.relative_fd_of_features(features), classifier_score(probabilities)
        return Report(fd, score, precision, recall, tuple(shares.tolist()))
