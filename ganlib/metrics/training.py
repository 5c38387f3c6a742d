"""How a judge's classifier is trained: to name classes, and to say how much a picture was damaged."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot, pad, smooth_l1_loss

from ganlib.data.damage import KINDS, damage
from ganlib.data.images import ImageSet
from ganlib.nets.classifier import Classifier

__all__ = ["judge_loss", "train_classifier"]

LR, BATCH_SIZE = 3e-3, 64
SHIFT = 2  # how far a picture may be moved, in pixels
READABLE = 0.7  # a class can be named up to this change of a pixel (root mean square, in contrasts)


def train_classifier(net: Classifier, data: ImageSet, steps: int) -> Classifier:
    """Train a classifier on images, each third of them damaged; afterwards its features are scaled.

    A net that saw only good pictures answers anything to noise and blur, another thing in each training. This
    one's first features are regressed on the damage (kinds of `ganlib.data.damage`), and on pictures damaged
    beyond recognition it learns to name no class.

    Args:
        net: is trained in place.
        data: where there are fewer than 64 images, a batch is as large as the set.
        steps: of the training.

    Returns:
        The net in eval mode.
    """
    net = net.train().to(memory_format=torch.channels_last)
    contrast = data[:][0].std()
    optimizer = torch.optim.AdamW(net.parameters(), LR, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, steps)
    for step in range(steps):
        x, y = data.batch(min(BATCH_SIZE, len(data)))
        loss = judge_loss(net, _shifted(x), y, step, contrast)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    _scale_damage_features(net.eval(), data)
    return net


def judge_loss(net: Classifier, x: Tensor, y: Tensor, way: int, contrast: Tensor) -> Tensor:
    """Cross-entropy of the classes plus the error of the damage features.

    Both are taken on x (B, C, H, W) and on damaged copies of its first half.
    """
    damaged, amount = damage(x[: len(x) // 2], way)
    amount = amount / contrast  # (B / 2, kinds)
    classes = one_hot(y, net.n_classes).to(x.dtype)
    lost = ((amount.sum(1, keepdim=True) - READABLE) / 0.5).clamp(0, 1)  # 0: readable, 1: no class left
    blurred_classes = torch.lerp(classes[: len(damaged)], torch.full_like(lost, 1 / net.n_classes), lost)
    features = net.features(torch.cat([damaged, x]))
    amounts = torch.cat([amount, amount.new_zeros(len(x), len(KINDS))])
    error = smooth_l1_loss(features[:, : len(KINDS)], amounts, beta=0.1, reduction="sum") / len(features)
    return cross_entropy(net.head(features), torch.cat([blurred_classes, classes])) + error


def _shifted(x: Tensor) -> Tensor:
    """The batch moved by up to SHIFT pixels in each direction; the border is repeated."""
    left, top = torch.randint(2 * SHIFT + 1, (2,)).tolist()
    height, width = x.shape[2:]
    return pad(x, (SHIFT,) * 4, mode="replicate")[:, :, top : top + height, left : left + width]


@torch.no_grad()
def _scale_damage_features(net: Classifier, data: ImageSet) -> None:
    """Make a damage of one contrast as long as the other features' spread; the classes stay as they are."""
    x, _ = data[torch.randperm(len(data))[:5000]]
    features = torch.cat([net.features(part) for part in x.split(250)])
    scale = features[:, len(KINDS) :].var(0).sum().sqrt()
    layer, head = net.body[-1], net.head[-1]
    layer.weight[: len(KINDS)] *= scale
    layer.bias[: len(KINDS)] *= scale
    head.weight[:, : len(KINDS)] /= scale  # the ReLU between them lets a positive scale through
