"""How good are samples? Pure functions on features, and a judge for the bundled data on top."""

from ganlib.metrics.coverage import Coverage, mode_coverage
from ganlib.metrics.distances import (
    classifier_score,
    frechet_distance,
    moments,
    nearest_neighbors,
    precision_recall,
    wasserstein_1d,
)
from ganlib.metrics.judge import Judge, Report

__all__ = [
    "Coverage",
    "Judge",
    "Report",
    "classifier_score",
    "frechet_distance",
    "mode_coverage",
    "moments",
    "nearest_neighbors",
    "precision_recall",
    "wasserstein_1d",
]
