"""The library's measures equal torch-fidelity's, an implementation that many papers' numbers come from."""

import pytest
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from ganlib import metrics


@pytest.fixture(params=[0, 1])
def clouds(request):
    generator = torch.Generator().manual_seed(request.param)
    mix = torch.randn(12, 12, generator=generator)
    real, fake = (torch.randn(n, 12, generator=generator) @ mix for n in (300, 250))
    return real, 0.9 * fake + 1.0


def test_frechet_distance(clouds):
    theirs = fid_statistics_to_metric(*(fid_features_to_statistics(x) for x in clouds), verbose=False)
    moments = [part for x in clouds for part in metrics.moments(x)]
    assert metrics.frechet_distance(*moments) == pytest.approx(theirs["frechet_inception_distance"], rel=1e-6)


def test_inception_score(clouds):
    logits = clouds[0][:, :10]
    theirs = isc_features_to_metric(logits, splits=1)["inception_score_mean"]
    assert metrics.classifier_score(logits.double().softmax(1)) == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("k", [3, 5])
def test_precision_and_recall(clouds, k):
    real, fake = clouds
    theirs = prc_features_to_metric(fake, real, prc_neighborhood=k, prc_batch_size=1000, verbose=False)
    precision, recall = metrics.precision_recall(real, fake, k=k)
    assert 0 < precision < 1 and 0 < recall < 1, "a case that could tell"
    assert (precision, recall) == pytest.approx((theirs["precision"], theirs["recall"]), abs=1e-6)
