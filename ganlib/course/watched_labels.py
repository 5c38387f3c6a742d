"""A discriminator that watches which labels it is shown. Notebook 06."""

import torch
from torch import nn

from ganlib.nets import ProjectionDiscriminator

OTHER_FAKE = (
    "In D's loss a fake comes with another label than the one G was asked for: D then fights wrong pairs "
    "that G never made."
)

OTHER_REAL = "The real points come with labels that are not theirs: these are the pairs that G learns."

OTHER_G = "In G's loss D is shown another label than the one G was asked for: G is paid for another mode."


class WatchedD(nn.Module):
    """The discriminator of the exercise; it writes down what is wrong with the labels it is shown."""

    def __init__(self):
        super().__init__()
        self.D, self.complaint = ProjectionDiscriminator((64, 64), shape=(2,), n_classes=8), None

    def forward(self, x, y=None):
        if y is None:
            raise TypeError("D takes points and labels: D(x, y)")
        if not torch.equal(y, self.y):
            fake = OTHER_G if x.requires_grad else OTHER_FAKE
            self.complaint = self.complaint or (OTHER_REAL if torch.equal(x, self.real) else fake)
        return self.D(x, y)
