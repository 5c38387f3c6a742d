"""FID in the features of any net, and of Inception itself where the user has its weights. Notebook 08."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from ganlib.engine.checks import describe
from ganlib.metrics.distances import frechet_distance, moments

__all__ = ["InceptionFeatures", "fid"]

Net = Callable[[Tensor], Tensor]


def fid(real: Tensor, fake: Tensor, features: Net, batch: int = 250) -> float:
    """The Fréchet distance of two sets of images in the features that `features` gives them.

    Heusel et al., 2017, arXiv:1706.08500. It is "the" FID if the features are those of InceptionFeatures, and
    2,048 of them want 10,000 images or more.

    Args:
        real, fake: images (n, C, H, W) and (m, C, H, W).
        features: images (batch, C, H, W) -> (batch, d).

    Example:
        >>> black, white = torch.zeros(8, 1, 2, 2), torch.ones(8, 1, 2, 2)
        >>> fid(black, white, lambda x: x.flatten(1))  # four means differ by 1, no variance
        4.0
    """
    parts = _in_batches(features, real, batch), _in_batches(features, fake, batch)
    return frechet_distance(*moments(parts[0]), *moments(parts[1]))


@torch.no_grad()
def _in_batches(net: Net, images: Tensor, batch: int) -> Tensor:
    return torch.cat([net(part) for part in images.split(batch)])


class InceptionFeatures(nn.Module):
    """images (B, 1 or 3, H, W) in [-1, 1] -> the 2,048 features of Inception v3 that FID is defined on.

    The course carries no weights of Inception: give the path of pytorch-fid's file
    (pt_inception-2015-12-05, 1,008 classes), or of torchvision's inception_v3 (1,000 classes; its numbers are
    then comparable with no published FID). FID's Inception differs from torchvision's in its pooling: means
    leave the border out, and the last block takes a maximum.

    Args:
        path: a state dict, of torch.save or safetensors. It is read without running code from it.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        from torchvision.models import inception_v3  # here, because it takes a second

        weights = {k: v for k, v in _read_weights(path).items() if not k.startswith("AuxLogits.")}
        classes = len(weights["fc.bias"]) if "fc.bias" in weights else 1008
        self.net = inception_v3(weights=None, num_classes=classes, aux_logits=False, init_weights=False)
        missing, unexpected = _load(self.net, weights)
        if missing or unexpected:
            raise ValueError(
                f"path: expected Inception v3's weights, but got a file without {missing[:2]} and with "
                f"{unexpected[:2]}; give the path of pt_inception-2015-12-05"
            )
        if classes == 1008:
            _pool_as_fid(self.net)
        self.net.dropout = self.net.fc = nn.Identity()
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        if images.dim() != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"images: expected (B, 1 or 3, H, W), but got {describe(images)}")
        x = F.interpolate(images.expand(-1, 3, -1, -1), size=(299, 299), mode="bilinear", align_corners=False)
        return self.net(x)  # (B, 2048)


def _read_weights(path: str | Path) -> dict[str, Tensor]:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: expected a file with Inception's weights, but got {str(path)!r}")
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _load(net: nn.Module, weights: dict[str, Tensor]) -> tuple[list[str], list[str]]:
    shapes = {name: value.shape for name, value in net.state_dict().items()}
    fitting = {name: value for name, value in weights.items() if shapes.get(name) == value.shape}
    missing, _ = net.load_state_dict(fitting, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    return missing, [name for name in weights if name not in fitting]


class _Repooled(nn.Module):
    """A block of Inception, its last branch behind another pooling."""

    def __init__(self, block: nn.Module, pool: nn.Module):
        super().__init__()
        self.block, self.pool = block, pool

    def forward(self, x: Tensor) -> Tensor:
        *branches, _ = self.block._forward(x)
        return torch.cat([*branches, self.block.branch_pool(self.pool(x))], 1)


def _pool_as_fid(net: nn.Module) -> None:
    """Give Inception's blocks the pooling that FID's weights were trained with."""
    inner = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    for number in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b"):
        setattr(net, f"Mixed_{number}", _Repooled(getattr(net, f"Mixed_{number}"), inner))
    net.Mixed_7c = _Repooled(net.Mixed_7c, nn.MaxPool2d(3, stride=1, padding=1))
