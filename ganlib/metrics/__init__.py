"""How good are samples? Pure functions on features, and judges that bring their own features on top."""

from ganlib.metrics.coverage import Coverage, mode_coverage
from ganlib.metrics.distances import (
    classifier_score,
    frechet_distance,
    moments,
    nearest_neighbors,
    precision_recall,
    wasserstein_1d,
)
from ganlib.metrics.inception import InceptionFeatures, fid
from ganlib.metrics.judge import Judge, PictureJudge, Report
from ganlib.metrics.likelihood import parzen_log_likelihood
from ganlib.metrics.neighbors import Memorization, density_coverage, memorization
from ganlib.metrics.uncertainty import (
    Extrapolation,
    bootstrap,
    bootstrap_interval,
    extrapolate,
    value_at_sizes,
)

__all__ = [
    "Coverage",
    "Extrapolation",
    "InceptionFeatures",
    "Judge",
    "Memorization",
    "PictureJudge",
    "Report",
    "bootstrap",
    "bootstrap_interval",
    "classifier_score",
    "density_coverage",
    "extrapolate",
    "fid",
    "frechet_distance",
    "memorization",
    "mode_coverage",
    "moments",
    "nearest_neighbors",
    "parzen_log_likelihood",
    "precision_recall",
    "value_at_sizes",
    "wasserstein_1d",
]
