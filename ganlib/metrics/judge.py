"""Judges: a classifier's features, those of real images, and the metrics on top. Notebook 08.

`Judge` is for the bundled digits and clothes, `PictureJudge` for any pictures.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ganlib.data.images import ImageSet
from ganlib.engine.checkpoint import load_tensors, load_weights
from ganlib.engine.files import asset
from ganlib.metrics.distances import classifier_score, frechet_distance, moments, precision_recall
from ganlib.metrics.training import train_classifier
from ganlib.nets.classifier import Classifier, check_images

__all__ = ["FeatureJudge", "Judge", "PictureJudge", "Report"]

NEIGHBORS_OF = 2000  # features of each side for precision and recall


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
            f"relative Fréchet distance {self.relative_fd:.2f} %, score {self.score:.2f} of "
            f"{len(self.class_shares)}, "
            f"precision {self.precision:.2f}, recall {self.recall:.2f}, "
            f"{self.classes} of {len(self.class_shares)} classes"
        )


class FeatureJudge:
    """Compares images with real ones in a classifier's features: judge(images) -> Report.

    Distances depend on the classifier and on n: compare only numbers of the same judge, and use as many
    images each time; fewer look worse than they are.

    Args:
        classifier: has `features`, images -> (n, d), and `head`, features -> class logits.
        mean, cov: moments of the real images' features, (d,) and (d, d).
        real: features of some real images (m, d), for precision and recall.
        shape: of one image.
    """

    def __init__(
        self, classifier: nn.Module, mean: Tensor, cov: Tensor, real: Tensor, shape: tuple[int, ...]
    ):
        self.classifier = classifier.to(memory_format=torch.channels_last)  # three times quicker on a CPU
        self.mean, self.cov, self.real, self.shape = mean, cov, real, tuple(shape)
        self.device = mean.device

    @torch.no_grad()
    def features(self, images: Tensor, batch: int = 250) -> Tensor:
        """images (n, C, H, W) in [-1, 1] -> features (n, d)."""
        check_images("images", images, self.shape)
        return torch.cat(
            [self.classifier.features(part.to(self.device, torch.float32)) for part in images.split(batch)]
        )

    def probabilities(self, images: Tensor) -> Tensor:
        """images -> class probabilities (n, classes)."""
        with torch.no_grad():
            return self.classifier.head(self.features(images)).softmax(1)

    def classes(self, images: Tensor) -> Tensor:
        """images -> the most probable class of each (n,)."""
        return self.probabilities(images).argmax(1)

    def relative_fd(self, images: Tensor) -> float:
        """Fréchet distance in percent of the real features' total variance."""
        return self.relative_fd_of_features(self.features(images))

    def relative_fd_of_features(self, features: Tensor) -> float:
        """The same for features (n, d) that are there already."""
        return 100 * frechet_distance(self.mean, self.cov, *moments(features)) / self.cov.trace().item()

    def __call__(self, images: Tensor) -> Report:
        check_images("images", images, self.shape)
        if len(images) < 4:
            raise ValueError(
                f"images: expected 4 images or more, for neighbors, but got {len(images)}; "
                "gan.generate(10_000)"
            )
        features = self.features(images)
        with torch.no_grad():
            probabilities = self.classifier.head(features).softmax(1)
        precision, recall = precision_recall(self.real, _random_rows(features, len(self.real)))
        shares = torch.bincount(probabilities.argmax(1), minlength=probabilities.shape[1]) / len(images)
        fd, score = self.relative_fd_of_features(features), classifier_score(probabilities)
        return Report(fd, score, precision, recall, tuple(shares.tolist()))


class Judge(FeatureJudge):
    """Compares images with the 10,000 test images of "mnist" or "fashion": judge(images) -> Report.

    The features are those of the bundled classifier.

    Args:
        name: "mnist" or "fashion".
        device: where to compute; the CPU by default.
    """

    def __init__(self, name: str = "mnist", device: str | torch.device | None = None):
        classifier = load_weights(Classifier(), f"checkpoints/{name}-classifier.safetensors").to(device)
        reference, _ = load_tensors(asset(f"checkpoints/{name}-reference.safetensors"), device or "cpu")
        real = reference["features"].float()  # (2000, 64)
        super().__init__(classifier, reference["mean"], reference["cov"], real, classifier.shape)


class PictureJudge(FeatureJudge):
    """A judge for any pictures: judge(images) -> Report.

    It trains a small classifier on half of them, here and now, and compares with the other half: some seconds
    for 28x28.

    Pictures without classes (all labels equal) are turned by 0, 90, 180 and 270 degrees, and the classifier
    learns by how much: Gidaris et al., 2018, arXiv:1803.07728. The score then counts rotations: do not read
    it.

    Args:
        data: the real pictures, with their labels; 100 or more, and square ones if they have no classes.
        net: a classifier of your own instead, with `features` and `head`; nothing is trained.
        steps: training steps of the classifier.
        seed: which half, and how the classifier begins. torch's global generator stays as it was.

    Example:
        >>> from ganlib.data import load
        >>> judge = PictureJudge(load("mnist"), steps=5)
        >>> judge(torch.zeros(10, 1, 28, 28)).recall
        0.0
    """

    def __init__(self, data: ImageSet, net: nn.Module | None = None, steps: int = 600, seed: int = 0):
        if len(data) < 100:
            raise ValueError(f"data: expected 100 pictures or more, but got {len(data)}")
        shape, device = tuple(data.images.shape[1:]), data.images.device
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed)).to(device)
        train, held_out = order.tensor_split(2)
        if net is None:
            with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
                torch.manual_seed(seed)
                net = _train_on(ImageSet(data.images[train], data.labels[train], data.class_names), steps)
        super().__init__(net.eval(), torch.zeros(1, device=device), torch.zeros(1, 1), torch.zeros(0), shape)
        features = self.features(data[held_out][0])
        self.mean, self.cov = moments(features)
        self.real = _random_rows(features, NEIGHBORS_OF)


def _train_on(data: ImageSet, steps: int) -> Classifier:
    """A classifier of the pictures' classes, or of their rotations where there is only one class."""
    if len(data.labels.unique()) < 2:
        _check_square(data.images)
        turned = [data.images.rot90(turns, (2, 3)) for turns in range(4)]
        labels = torch.arange(4, device=data.labels.device).repeat_interleave(len(data))
        data = ImageSet(torch.cat(turned), labels, ["0", "90", "180", "270"])
    net = Classifier(data.images.shape[1:], len(data.class_names)).to(data.images.device)
    return train_classifier(net, data, steps)


def _check_square(images: Tensor) -> None:
    height, width = images.shape[2:]
    if height != width:
        raise ValueError(
            f"data: expected square pictures, to turn them, where there is one class, but got {height} x "
            f"{width}; crop them, or give labels of two classes or more"
        )


def _random_rows(features: Tensor, n: int) -> Tensor:
    """n different rows at random, the same ones each time; all of them if there are fewer.

    Every k-th row would not do: in a set that repeats itself those may all be the same image.
    """
    generator = torch.Generator().manual_seed(0)
    return features[torch.randperm(len(features), generator=generator)[:n].to(features.device)]
