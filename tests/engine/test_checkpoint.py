"""The bundled generators load, are small and draw what their notebooks promise."""

import pytest
import torch

from ganlib.engine import checkpoint, files
from ganlib.nets import MLPGenerator


@torch.no_grad()
def samples(G, n=10_000, y=None):
    z = torch.randn(n, G.z_dim, generator=torch.Generator().manual_seed(0))
    return torch.cat([G(*part) for part in zip(z.split(1000), *([] if y is None else [y.split(1000)]))])


def test_the_digit_generator_of_notebook_03(judge):
    report = judge(samples(checkpoint.load_weights(MLPGenerator(), "checkpoints/mlp-gan.safetensors")))
    assert report.relative_fd < 6 and report.classes == 10 and report.score > 7.4


def test_every_checkpoint_is_small():
    for path in (files.ASSETS / "checkpoints").glob("*.safetensors"):
        assert path.stat().st_size < 1_000_000, path.name


def test_weights_survive_eight_bits(tmp_path, monkeypatch):
    torch.manual_seed(0)
    net, other = MLPGenerator(), MLPGenerator()
    checkpoint.save_weights(tmp_path / "net.safetensors", net)
    monkeypatch.setattr(checkpoint, "asset", lambda name: tmp_path / name)
    checkpoint.load_weights(other, "net.safetensors")
    for name, value in net.state_dict().items():
        largest = value.abs().amax().item() if value.numel() else 0
        assert (other.state_dict()[name] - value).abs().max().item() <= largest / 127 + 1e-3, name
    with pytest.raises(
        ValueError, match="module: expected the net that net.safetensors was saved from, but got MLPGenerator"
    ):
        checkpoint.load_weights(MLPGenerator(widths=(8,)), "net.safetensors")


def test_a_weight_called_scale_is_kept():
    net = torch.nn.Module()
    net.norm = torch.nn.Module()
    net.norm.scale = torch.nn.Parameter(torch.tensor([0.5, 2.0]))
    net.layer = torch.nn.Linear(2, 2)
    found = checkpoint.dequantize(checkpoint.quantize(net.state_dict()))
    assert found.keys() == net.state_dict().keys() and torch.equal(
        found["norm.scale"].float(), net.norm.scale
    )
