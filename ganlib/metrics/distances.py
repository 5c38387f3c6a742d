"""Distances and counts between two sets of samples or features: pure functions. Notebook 08."""

import torch
from torch import Tensor

from ganlib.engine.checks import describe
from ganlib.engine.exact import pairwise_distances

__all__ = [
    "classifier_score",
    "frechet_distance",
    "moments",
    "nearest_neighbors",
    "precision_recall",
    "wasserstein_1d",
]


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d), in float64, of the rows of x (n, d).

    Example:
        >>> moments(torch.tensor([[0.0], [2.0]]))
        (tensor([1.], dtype=torch.float64), tensor([[2.]], dtype=torch.float64))
    """
    check_features(x=x)
    d = x.shape[1]
    return x.double().mean(0), x.double().T.cov().reshape(d, d)  # cov drops the shape (1, 1)


def frechet_distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """‖mean_a - mean_b‖² + tr(A + B - 2 (A^½ B A^½)^½): the squared Wasserstein-2 distance of two Gaussians.

    With Inception features it is the FID: Heusel et al., 2017, arXiv:1706.08500.
    Means (d,), covariances (d, d).

    Raises:
        ValueError: naming the argument that is not finite, not symmetric or of another shape.

    Example:
        >>> one = torch.ones(1), torch.eye(1)
        >>> frechet_distance(torch.zeros(1), 4 * torch.eye(1), *one)  # (0 - 1)² + (2 - 1)²
        2.0
    """
    _check_moments(mean_a=mean_a, cov_a=cov_a, mean_b=mean_b, cov_b=cov_b)
    mean_a, cov_a, mean_b, cov_b = (part.double() for part in (mean_a, cov_a, mean_b, cov_b))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T  # A^½, symmetric
    overlap = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap
    return distance.clamp_min(0).item()  # rounding may leave -1e-12


def classifier_score(probabilities: Tensor) -> float:
    """exp(E_x KL(p(y|x) ‖ p(y))), from 1 to the number of classes; probabilities (n, classes).

    With Inception's classes it is the Inception Score: Salimans et al., 2016, arXiv:1606.03498.

    Example:
        >>> round(classifier_score(torch.eye(10)), 3)
        10.0
    """
    _check_probabilities(probabilities)
    p = probabilities.double()
    return torch.special.entr(p.mean(0)).sum().sub(torch.special.entr(p).sum(1).mean()).exp().item()


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    """Precision: share of fakes inside the k-NN balls of reals. Recall: share of reals inside those of fakes.

    Two halves of the same real set do not give 1. Kynkäänniemi et al., 2019, arXiv:1904.06991.

    Args:
        real, fake: features (n, d) and (m, d).
        k: which neighbor sets the radius of a ball.

    Example:
        >>> real = torch.arange(8.0)[:, None]
        >>> precision_recall(real, real + 100, k=1)
        (0.0, 0.0)
    """
    check_same_width(real, fake)
    check_neighbors(k, real=real, fake=fake)
    real, fake = real.double(), fake.double()  # float32 loses the distances of points far from 0
    return _covered_share(real, fake, k), _covered_share(fake, real, k)


def _covered_share(support: Tensor, points: Tensor, k: int) -> float:
    """Share of the points that lie within the distance of some support point to its k-th neighbor."""
    radius = pairwise_distances(support, support).kthvalue(k + 1).values  # the first is the point itself
    return (pairwise_distances(points, support) <= radius).any(1).float().mean().item()


def wasserstein_1d(a: Tensor, b: Tensor) -> float:
    """W1 of two equally large samples on the line: the mean gap between their sorted values. Notebook 05.

    Example:
        >>> wasserstein_1d(torch.tensor([0.0, 1.0]), torch.tensor([6.0, 5.0]))
        5.0
    """
    for name, x in {"a": a, "b": b}.items():
        if not (torch.is_tensor(x) and x.dim() == 1 and len(x) == len(a) > 0 and x.isfinite().all()):
            raise ValueError(
                f"{name}: expected {len(a)} finite numbers, one dimension, but got {describe(x)}; draw "
                "equal samples"
            )
    return (a.double().sort().values - b.double().sort().values).abs().mean().item()


def nearest_neighbors(images: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """For each image the position of the closest real one (n,), and its distance (n,).

    The distance is the root mean square over pixels.

    Example:
        >>> black, white = torch.zeros(1, 2, 2), torch.ones(1, 2, 2)
        >>> nearest_neighbors(white[None], torch.stack([black, white]))
        (tensor([1]), tensor([0.]))
    """
    _check_same_images(images, real)
    flat = real.flatten(1).float()
    parts = [pairwise_distances(part.flatten(1).float(), flat).min(1) for part in images.split(256)]
    distances = torch.cat([part.values for part in parts])  # a copy has distance 0, not nearly
    return torch.cat([part.indices for part in parts]), distances / flat.shape[1] ** 0.5


def check_features(**sets: Tensor) -> None:
    """Raise a ValueError that names the first argument that is no finite (n, d) tensor with n > 1."""
    for name, x in sets.items():
        if not (
            torch.is_tensor(x)
            and x.is_floating_point()
            and x.dim() == 2
            and len(x) > 1
            and x.isfinite().all()
        ):
            raise ValueError(
                f"{name}: expected a finite float tensor (n, d) with n > 1, but got {describe(x)}; "
                "flatten samples to rows, look for NaN"
            )


def _check_moments(**parts):
    width = tuple(next(iter(parts.values())).shape)[-1:]
    for name, part in parts.items():
        shape = width if name.startswith("mean") else 2 * width
        if not (
            part.is_floating_point() and len(width) == 1 and part.shape == shape and part.isfinite().all()
        ):
            raise ValueError(
                f"{name}: expected finite floats of shape {shape}, but got {describe(part)}; use "
                "moments(features)"
            )
        if part.dim() == 2 and not torch.allclose(
            part, part.T, rtol=1e-3, atol=1e-6 * part.abs().max().item()
        ):
            raise ValueError(
                f"{name}: expected a symmetric matrix, but got {describe(part)}; use moments(features)"
            )


def _check_probabilities(probabilities):
    check_features(probabilities=probabilities)
    sums = probabilities.double().sum(1)  # the tolerance is wide enough for bfloat16's rounding
    if (probabilities < 0).any() or ((sums - 1).abs() >= 0.05).any():
        raise ValueError(
            "probabilities: expected rows that sum to 1, none negative, but got "
            f"{describe(probabilities)}; logits.softmax(1)"
        )


def check_same_width(real: Tensor, fake: Tensor) -> None:
    """Raise a ValueError unless both are features (n, d) with the same d."""
    check_features(real=real, fake=fake)
    if fake.shape[1] != real.shape[1]:
        raise ValueError(
            f"fake: expected {real.shape[1]} features, as real has, but got {fake.shape[1]}; use the same "
            "classifier"
        )


def check_neighbors(k: int, **supports: Tensor) -> None:
    """Raise a ValueError unless each sample of each set has a k-th neighbor in its own set."""
    for name, support in supports.items():
        if not (isinstance(k, int) and 0 < k < len(support)):
            raise ValueError(
                f"k: expected a positive integer below {len(support):,}, the number of samples in {name}, "
                f"but got {k!r}; 3 is usual"
            )


def _check_same_images(images, real):
    for name, x in {"images": images, "real": real}.items():
        ok = (
            torch.is_tensor(x)
            and x.is_floating_point()
            and x.dim() > 1
            and x.shape[1:] == real.shape[1:]
            and x.numel() > 0
        )
        if not (ok and x.isfinite().all()):
            raise ValueError(
                f"{name}: expected finite floats (n, *{tuple(real.shape[1:])}), but got {describe(x)}; "
                "scale both alike"
            )
