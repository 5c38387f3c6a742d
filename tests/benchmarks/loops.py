"""The loops that are compared: the widespread teaching script and this course's Trainer, on the same nets.

The script: images go through PIL, ToTensor and Normalize one by one inside a DataLoader, Adam as it comes, a
    sigmoid and
BCELoss, fakes drawn twice and never detached, so that the discriminator's step builds and throws away G's
graph.
"""

import itertools
from functools import partial

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from ganlib.gan import GAN
from ganlib.losses import non_saturating, wasserstein
from ganlib.nets.mlp import append_label, mlp
from ganlib.penalties import gradient_penalty
from ganlib.trainer import Trainer

Z_DIM = 100


class Pictures(Dataset):
    """Images as PIL pictures through torchvision's transforms, handed out as by its own MNIST class."""

    def __init__(self, images):
        self.data, self.targets = images.images[:, 0].cpu(), images.labels.cpu()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self):
        return len(self.data)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.data[i].numpy(), mode="L")), int(self.targets[i])


def leaky():
    return nn.LeakyReLU(0.2)


class Net(nn.Module):
    """A generator or discriminator of the script's widths, or a small DCGAN; n_classes gives it labels."""

    def __init__(self, body, n_classes=0, per_sample=False, flatten=False):
        super().__init__()
        self.body, self.n_classes, self.z_dim = body, n_classes, Z_DIM
        self.per_sample, self.flatten = per_sample, flatten
        self.embedding = nn.Embedding(n_classes, 10) if n_classes else None

    def forward(self, x, y=None):
        return self.body(append_label(x.flatten(1) if self.flatten else x, y, self.embedding))


def mlp_nets(n_classes=0, width=256):
    """The script's nets: 100-256-512-1024-784 and 784-512-256-1; or narrower and wider ones."""
    extra = 10 * bool(n_classes)
    to_image = [nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
    G = nn.Sequential(mlp(Z_DIM + extra, width, 2 * width, 4 * width, 784, activation=leaky), *to_image)
    D = nn.Sequential(mlp(784 + extra, 2 * width, width, 1, activation=leaky), nn.Flatten(0))
    return Net(G, n_classes), Net(D, n_classes, per_sample=True, flatten=True)


def dcgan_nets(n_classes=0):
    """Two transposed convolutions against two convolutions, batch norm in both."""
    G = nn.Sequential(
        nn.Linear(Z_DIM, 49 * 32),
        nn.Unflatten(1, (32, 7, 7)),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 2, 1),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1),
        leaky(),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.BatchNorm2d(32),
        leaky(),
        nn.Flatten(),
        nn.Linear(32 * 49, 1),
        nn.Flatten(0),
    )
    return Net(G), Net(D)


# name -> how the nets are made, and what differs from the original game
GAMES = {
    "MLP GAN": (mlp_nets, {}),
    "MLP GAN, half as wide": (partial(mlp_nets, width=128), {}),
    "MLP GAN, twice as wide": (partial(mlp_nets, width=512), {}),
    "CGAN": (mlp_nets, {"n_classes": 10}),
    "WGAN-GP": (mlp_nets, {"loss": wasserstein, "penalty": gradient_penalty, "betas": (0.0, 0.9)}),
    "DCGAN": (dcgan_nets, {}),
}


class Script:
    """The script's loop. run(steps) plays so many; with the Wasserstein loss it follows the same habits."""

    def __init__(self, images, game, batch, device, resident=False):
        nets, rules = GAMES[game]
        self.labels, self.device = rules.get("n_classes", 0), device
        self.G, self.D = (net.to(device) for net in nets(self.labels))
        self.wasserstein, self.penalty = "penalty" in rules, rules.get("penalty")
        betas = rules.get("betas", (0.9, 0.999))
        self.optimizers = [
            torch.optim.Adam(net.parameters(), lr=2e-4, betas=betas) for net in (self.G, self.D)
        ]
        loader = DataLoader(Pictures(images), batch, shuffle=True, drop_last=True)
        draws = (images.batch(batch) for _ in itertools.count())  # resident: only the loop's habits differ
        self.batches = draws if resident else itertools.chain.from_iterable(loader for _ in itertools.count())
        self.bce = nn.BCELoss()

    def judge(self, x, y):
        return self.D(x, y) if self.labels else self.D(x)

    def draw(self, n, y):
        z = torch.randn(n, Z_DIM, device=self.device)
        return self.G(z, y) if self.labels else self.G(z)

    def against(self, logits, target):
        if self.wasserstein:
            return -logits.mean() if target else logits.mean()
        return self.bce(logits.sigmoid(), torch.full_like(logits, target))

    def step(self):
        real, y = (part.to(self.device) for part in next(self.batches))
        fake = self.draw(len(real), y)
        d_loss = self.against(self.judge(real, y), 1.0) + self.against(self.judge(fake, y), 0.0)
        if self.penalty:
            d_loss = d_loss + self.penalty(lambda x: self.judge(x, y), real, fake.detach())
        self.descend(1, d_loss)
        self.descend(0, self.against(self.judge(self.draw(len(real), y), y), 1.0))

    def descend(self, which, loss):
        self.optimizers[which].zero_grad()
        loss.backward()
        self.optimizers[which].step()

    def run(self, steps):
        for _ in range(steps):
            self.step()


class Ours:
    """The course's Trainer. run(steps) plays so many, with one snapshot at the end."""

    def __init__(self, images, game, batch, device, graph=True):
        nets, rules = GAMES[game]
        rules = {"loss": non_saturating, "betas": (0.9, 0.999)} | rules
        labels = rules.pop("n_classes", 0)
        G, D = (net.to(device) for net in nets(labels))
        self.trainer = Trainer(
            GAN(G, D, lr=2e-4, **rules), images, batch, conditional=bool(labels), graph=graph
        )

    def run(self, steps):
        for _ in self.trainer.until(self.trainer.step + steps):
            pass
