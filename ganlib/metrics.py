"""How good are samples? Distances and counts, pure functions first, `Judge` for digits on top. Notebook 08."""

from dataclasses import dataclass

import numpy as np
import torch

from ganlib.classifier import Classifier, check_images
from ganlib.errors import expect
from ganlib.store import asset, load_tensors, load_weights


def check_features(**sets):
    """Raise a ValueError that names the first argument that is not a finite (n, d) tensor of two rows or more."""
    for name, x in sets.items():
        ok = torch.is_tensor(x) and x.is_floating_point() and x.dim() == 2 and len(x) > 1 and bool(x.isfinite().all())
        expect(ok, name, x, "a finite float tensor (n, d) with n > 1", "flatten samples to rows, look for NaN")


def moments(x):
    """Mean (d,) and covariance (d, d), in float64, of the rows of x (n, d)."""
    check_features(x=x)
    return x.double().mean(0), x.double().T.cov().reshape(x.shape[1], x.shape[1])  # cov drops the shape (1, 1)


def check_moments(**parts):
    """Raise a ValueError that names the first part that is not finite, or of another shape than the first mean wants."""
    width = tuple(next(iter(parts.values())).shape)[-1:]
    for name, part in parts.items():
        shape = width if name.startswith("mean") else 2 * width
        ok = part.is_floating_point() and len(width) == 1 and part.shape == shape and bool(part.isfinite().all())
        expect(ok, name, part, f"finite floats of shape {shape}", "use moments(features), look for NaN")
        symmetric = part.dim() == 1 or torch.allclose(part, part.T, rtol=1e-3, atol=1e-6 * part.abs().max().item())
        expect(symmetric, name, part, "a symmetric matrix", "use moments(features)")


def frechet_distance(mean_a, cov_a, mean_b, cov_b):
    """|mean_a - mean_b|² + tr(A + B - 2 (A^½ B A^½)^½): squared Wasserstein-2 distance of two Gaussians.

    With Inception features it is the FID: Heusel et al., 2017, arXiv:1706.08500. Means (d,), covariances (d, d).
    """
    check_moments(mean_a=mean_a, cov_a=cov_a, mean_b=mean_b, cov_b=cov_b)
    mean_a, cov_a, mean_b, cov_b = (part.double() for part in (mean_a, cov_a, mean_b, cov_b))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T  # A^½, symmetric
    overlap = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap
    return distance.clamp_min(0).item()  # rounding may leave -1e-12


def classifier_score(probabilities):
    """exp(E_x KL(p(y|x) ‖ p(y))), from 1 to the number of classes; probabilities (n, classes).

    With Inception's classes it is the Inception Score: Salimans et al., 2016, arXiv:1606.03498.
    """
    check_features(probabilities=probabilities)
    p = probabilities.double()
    shares = bool((p >= 0).all()) and bool(((p.sum(1) - 1).abs() < 0.05).all())  # wide enough for bfloat16's roundings
    expect(shares, "probabilities", probabilities, "rows that sum to 1, none negative", "logits.softmax(1)")
    return torch.special.entr(p.mean(0)).sum().sub(torch.special.entr(p).sum(1).mean()).exp().item()


def precision_recall(real, fake, k=3):
    """Share of fakes inside the k-NN balls of reals (precision), share of reals inside those of fakes (recall).

    real, fake: features (n, d). Two halves of the same real set do not give 1. Kynkäänniemi et al., 2019,
    arXiv:1904.06991.
    """
    check_features(real=real, fake=fake)
    expect(fake.shape[1] == real.shape[1], "fake", fake, f"{real.shape[1]} features, as real has", "use the same classifier")
    ok = isinstance(k, int) and 0 < k < min(len(real), len(fake))
    expect(ok, "k", k, "a whole number, at least 1 and less than the number of samples", "k=3")
    real, fake = real.double(), fake.double()  # float32 loses the distances of points far from 0
    return covered_share(real, fake, k), covered_share(fake, real, k)


def covered_share(support, points, k):
    """Share of the points that lie within the distance of some support point to its k-th neighbor."""
    exact = {"compute_mode": "donot_use_mm_for_euclid_dist"}  # x² + y² - 2xy loses small distances far from 0
    radius = torch.cdist(support, support, **exact).kthvalue(k + 1).values  # the first neighbor is the point itself
    return (torch.cdist(points, support, **exact) <= radius).any(1).float().mean().item()


def wasserstein_1d(a, b):
    """W1 of two equally large samples on the line: the mean gap between their sorted values. Notebook 05."""
    for name, x in {"a": a, "b": b}.items():
        ok = torch.is_tensor(x) and x.dim() == 1 and len(x) == len(a) > 0 and bool(x.isfinite().all())
        expect(ok, name, x, f"{len(a)} finite numbers, one dimension, not none", "draw equal samples, look for NaN")
    return (a.double().sort().values - b.double().sort().values).abs().mean().item()


@dataclass(frozen=True)
class Coverage:
    """covered: modes with at least a fifth of their share; near: share of samples within 3 sd; kl: KL(samples ‖ fair)."""

    covered: int
    near: float
    kl: float


def mode_coverage(x, mixture):
    """Which modes of a mixture with equal weights the samples x (n, d) reach. One mode of K alone has kl = log K."""
    check_features(x=x)
    centers = mixture.centers.to(x.device, torch.double)
    expect(x.shape[1] == centers.shape[1], "x", x, f"{centers.shape[1]} numbers a sample, as the mixture has", "take its samples")
    distance, mode = torch.cdist(x.double(), centers).min(1)
    near = distance <= 3 * mixture.sd
    modes = len(mixture.centers)
    counts = torch.bincount(mode[near], minlength=modes).double()
    share = torch.bincount(mode, minlength=modes).double() / len(x)
    kl = (torch.special.xlogy(share, share * modes)).sum().item()
    return Coverage(int((counts >= len(x) / modes / 5).sum()), near.float().mean().item(), kl)


def nearest_neighbors(images, real):
    """For each image the position of the closest real one and its distance, per pixel root mean square."""
    for name, x in {"images": images, "real": real}.items():
        ok = torch.is_tensor(x) and x.is_floating_point() and x.dim() > 1 and x.shape[1:] == real.shape[1:] and x.numel() > 0
        expect(ok and bool(x.isfinite().all()), name, x, f"finite floats (n, *{tuple(real.shape[1:])})", "scale both alike")
    flat = real.flatten(1).float()
    mode = "donot_use_mm_for_euclid_dist"  # a copy has distance 0, not nearly
    parts = [torch.cdist(part.flatten(1).float(), flat, compute_mode=mode).min(1) for part in images.split(256)]
    distances = torch.cat([part.values for part in parts])
    return torch.cat([part.indices for part in parts]), distances / flat.shape[1] ** 0.5


@dataclass(frozen=True)
class Report:
    """What a judge found. relative_fd: the Fréchet distance in percent of the real features' total variance."""

    relative_fd: float
    score: float
    precision: float
    recall: float
    class_shares: tuple

    @property
    def classes(self):
        """How many classes have at least a fifth of a fair share."""
        return sum(share >= 0.2 / len(self.class_shares) for share in self.class_shares)

    @property
    def class_entropy(self):
        """Entropy of the class histogram in nats; log 10 = 2.303 when all classes are equally frequent."""
        return float(-sum(share * np.log(share) for share in self.class_shares if share))

    def __str__(self):
        return (
            f"relative Fréchet distance {self.relative_fd:.2f} %, score {self.score:.2f} of 10, "
            f"precision {self.precision:.2f}, recall {self.recall:.2f}, "
            f"{self.classes} of {len(self.class_shares)} classes"
        )


class Judge:
    """Compares images with the 10,000 test images of "mnist" or "fashion" through the bundled classifier's eyes.

    judge(images) -> Report. Distances depend on the classifier and on n: compare only numbers of the same judge, and
    use 10,000 images; fewer look worse than they are.
    """

    def __init__(self, name="mnist", device=None):
        classifier = load_weights(Classifier(), f"checkpoints/{name}-classifier.safetensors")
        self.classifier = classifier.to(device, memory_format=torch.channels_last)  # a CPU is three times quicker at it
        reference, _ = load_tensors(asset(f"checkpoints/{name}-reference.safetensors"), device or "cpu")
        self.mean, self.cov = reference["mean"], reference["cov"]
        self.real = reference["features"].float()  # (2000, 64), for precision and recall
        self.device = self.mean.device

    @torch.no_grad()
    def features(self, images, batch=250):
        """images (n, 1, 28, 28) in [-1, 1] -> features (n, 64)."""
        check_images("images", images)
        return torch.cat([self.classifier.features(part.to(self.device, torch.float32)) for part in images.split(batch)])

    def probabilities(self, images):
        """images -> class probabilities (n, 10)."""
        with torch.no_grad():
            return self.classifier.head(self.features(images)).softmax(1)

    def classes(self, images):
        """images -> the most probable class of each (n,)."""
        return self.probabilities(images).argmax(1)

    def relative_fd(self, images):
        """Fréchet distance in percent of the real features' total variance."""
        return self.relative_fd_of_features(self.features(images))

    def relative_fd_of_features(self, features):
        """The same for features (n, 64) that are there already."""
        return 100 * frechet_distance(self.mean, self.cov, *moments(features)) / self.cov.trace().item()

    def __call__(self, images):
        check_images("images", images)
        expect(len(images) > 3, "images", images, "4 images or more, for neighbors", "gan.generate(10_000) measures well")
        features = self.features(images)
        with torch.no_grad():
            probabilities = self.classifier.head(features).softmax(1)
        some = features[torch.linspace(0, len(features) - 1, min(len(features), len(self.real))).long()]
        precision, recall = precision_recall(self.real, some)
        shares = torch.bincount(probabilities.argmax(1), minlength=10) / len(images)
        fd, score = self.relative_fd_of_features(features), classifier_score(probabilities)
        return Report(fd, score, precision, recall, tuple(shares.tolist()))
