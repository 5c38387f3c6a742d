"""A second judge of digits, for tests alone, of another architecture, other features and another seed.

What it finds and the bundled judge finds too is not an accident of one net's features. Its weights are in
tests/support/second-judge.safetensors, written by: python -m tests.metrics.second_judge FOLDER-OF-ORIGINALS
"""

import sys
from pathlib import Path

import torch
from torch import nn

from ganlib.data.images import ImageSet, read_idx
from ganlib.engine.checkpoint import load_tensors, save_tensors
from ganlib.metrics import moments
from ganlib.metrics.judge import FeatureJudge
from ganlib.metrics.training import train_classifier

WEIGHTS = Path(__file__).parent.parent / "support/second-judge.safetensors"


class StridedClassifier(nn.Module):
    """Strides in place of pooling, a smooth activation, 48 features: 28 -> 14 -> 7."""

    n_classes = 10

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 24, 5, stride=2, padding=2),
            nn.SiLU(),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(32, 48, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(48 * 7 * 7, 48),
        )
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(48, 10))

    def features(self, images):
        return self.body(images)


def second_judge():
    """The judge as it was trained."""
    tensors, _ = load_tensors(WEIGHTS)
    reference = {name: tensors.pop(name) for name in ("mean", "cov", "real")}
    net = StridedClassifier().eval()
    net.load_state_dict(tensors)
    return FeatureJudge(net, reference["mean"], reference["cov"], reference["real"].float(), (1, 28, 28))


def build(folder, steps=2000):
    """Train on the 60,000 training digits; the reference is the test digits."""
    torch.manual_seed(7)
    net = train_classifier(StridedClassifier(), read(folder, "train"), steps)
    net.load_state_dict({name: value.half().float() for name, value in net.state_dict().items()})
    x, y = read(folder, "t10k")[:]
    with torch.no_grad():
        features = torch.cat([net.features(part) for part in x.split(250)])
        accuracy = (net.head(features).argmax(1) == y).float().mean().item()
    mean, cov = moments(features)
    weights = {name: value.half() for name, value in net.state_dict().items()}
    some = torch.randperm(len(x))[:1000]
    save_tensors(WEIGHTS, weights | {"mean": mean, "cov": cov, "real": features[some].half()})
    print(f"test accuracy {accuracy:.4f}")


def read(folder, part):
    images, labels = (
        torch.from_numpy(read_idx(folder / f"mnist/{part}-{kind}-ubyte.gz"))
        for kind in ("images-idx3", "labels-idx1")
    )
    return ImageSet(images.unsqueeze(1), labels.long(), [str(digit) for digit in range(10)])


if __name__ == "__main__":
    build(Path(sys.argv[1]))
