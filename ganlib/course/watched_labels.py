"""Discriminators that an exercise hands to a student's losses. Notebook 06.

One watches which labels it is shown, one has logits that are known.
"""

import torch
from torch import Tensor, nn

from ganlib.nets import ProjectionDiscriminator

OTHER_FAKE = (
    "In D's loss a fake comes with a label other than y. Ask G for y and show D the same y: with another "
    "label D fights pairs that G never made."
)

OTHER_REAL = "The real points come with labels that are not theirs: these are the pairs that G learns."

OTHER_G = "In G's loss D is shown a label other than y: G, asked for y, is paid for another mode."

NO_LABEL = "D takes points and labels: D(x, y)"


class WatchedD(nn.Module):
    """The discriminator of the exercise; it writes down what is wrong with the labels it is shown."""

    def __init__(self):
        super().__init__()
        self.D, self.complaint = ProjectionDiscriminator((64, 64), shape=(2,), n_classes=8), None
        self.made = []  # the fakes of this step, each with the labels that G was asked for

    def remember(self, G, positional, named, fake):
        """A forward hook of G: keep a fake with its labels."""
        self.made.append((fake.detach(), named["y"] if "y" in named else positional[1]))

    def forward(self, x, y=None):
        if y is None:
            raise TypeError(NO_LABEL)
        asked = next((label for fake, label in self.made if torch.equal(fake, x)), self.y)
        if not torch.equal(y, self.y) and not torch.equal(y, asked):
            fake = OTHER_G if x.requires_grad else OTHER_FAKE
            self.complaint = self.complaint or (OTHER_REAL if torch.equal(x, self.real) else fake)
        return self.D(x, y)


class KnownD(nn.Module):
    """A discriminator whose weights are its logits, so that a loss tells its slope in each of them.

    Args:
        real: (n, ...) the points that get the logits `on_real`; all others get `on_fake`, both (n,).
    """

    def __init__(self, real: Tensor):
        super().__init__()
        self.real, logits = real, torch.linspace(-3, 3, len(real))
        self.on_real, self.on_fake = nn.Parameter(logits), nn.Parameter(logits.flip(0) + 0.5)

    def forward(self, x, y=None):
        if y is None:
            raise TypeError(NO_LABEL)
        if len(x) != len(self.real):
            raise ValueError(f"D takes {len(self.real)} points at a time here: ask it of real and fake apart")
        if torch.equal(x, self.real):
            return self.on_real
        return self.on_fake + 0 * x.flatten(1).sum(1)  # so that a gradient also arrives in G
