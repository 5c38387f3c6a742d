"""FID by any features; Inception by a path, tried on random weights of equal shapes."""

import numpy as np
import pytest
import scipy.linalg
import torch
from torch.nn import functional as F  # noqa: N812

from ganlib import metrics
from ganlib.engine.checkpoint import save_tensors


def test_fid_against_scipys_sqrtm():
    torch.manual_seed(0)
    real, fake = torch.rand(60, 1, 3, 3), 0.5 * torch.rand(50, 1, 3, 3)
    a, b = (x.flatten(1).double().numpy() for x in (real, fake))
    root = scipy.linalg.sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    oracle = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert metrics.fid(real, fake, lambda x: x.flatten(1), batch=7) == pytest.approx(oracle, rel=1e-5)


@pytest.fixture(scope="module")
def stub(tmp_path_factory):
    """A file as FID programs share it: random tensors of the right shapes."""
    from torchvision.models import inception_v3

    torch.manual_seed(0)
    weights = inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False).state_dict()
    path = tmp_path_factory.mktemp("inception") / "pt_inception-stub.pth"
    torch.save(weights, path)
    return path, weights


def test_inception_by_a_path(stub):
    path, weights = stub
    net = metrics.InceptionFeatures(path)
    x = torch.rand(2, 1, 28, 28) * 2 - 1
    with torch.no_grad():
        features = net(x)
        assert features.shape == (2, 2048) and features.isfinite().all()
        torch.testing.assert_close(net(x.expand(-1, 3, -1, -1)), features)
        one = net(F.interpolate(x[:1], size=(299, 299), mode="bilinear"))  # no second resizing
        torch.testing.assert_close(one, features[:1], rtol=1e-3, atol=1e-3)
    first = next(net.parameters())
    torch.testing.assert_close(first, weights["Conv2d_1a_3x3.conv.weight"])
    assert metrics.fid(x, x, net) == pytest.approx(0, abs=1e-2)


def test_inceptions_pooling_is_that_of_fid(stub):
    """Inside, a block computes what torchvision's does; at the border the mean leaves the padding out."""
    from torchvision.models import inception_v3

    path, weights = stub
    plain = inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False).eval()
    plain.load_state_dict(weights)
    ours = metrics.InceptionFeatures(path).net
    x = torch.rand(1, 192, 9, 9)
    with torch.no_grad():
        a, b = plain.Mixed_5b(x), ours.Mixed_5b(x)
        torch.testing.assert_close(a[:, :-32], b[:, :-32])
        torch.testing.assert_close(a[:, -32:, 1:-1, 1:-1], b[:, -32:, 1:-1, 1:-1])
        corner = x[:, :, :2, :2].mean((2, 3), keepdim=True)  # four pixels, not nine
        torch.testing.assert_close(plain.Mixed_5b.branch_pool(corner)[..., 0, 0], b[:, -32:, 0, 0])
        y = torch.rand(1, 2048, 3, 3)
        most = plain.Mixed_7c.branch_pool(y.amax((2, 3), keepdim=True))[..., 0, 0]
        torch.testing.assert_close(ours.Mixed_7c(y)[:, -192:, 1, 1], most)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Inception's weights"):
        metrics.InceptionFeatures(tmp_path / "nothing.pth")
    save_tensors(tmp_path / "other.safetensors", {"fc.bias": torch.zeros(1008)})
    with pytest.raises(ValueError, match="expected Inception v3's weights"):
        metrics.InceptionFeatures(tmp_path / "other.safetensors")
