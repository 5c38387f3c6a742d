"""What each process of tests/test_distributed.py does: torchrun ... -m tests.support.two_processes OUT."""

import sys
from pathlib import Path

import torch
from torch import nn

from ganlib.data import ImageSet, toys
from ganlib.engine import distributed
from ganlib.gan import GAN
from ganlib.nets import DCDiscriminator, DCGenerator, MLPDiscriminator, MLPGenerator
from ganlib.penalties import r1_penalty
from ganlib.trainer import Trainer

STEPS, ROWS = 30, 128


class Arranged:
    """Batches of points and of z written down beforehand: a process takes its part of each."""

    def __init__(self, part: int, of: int):
        generator = torch.Generator().manual_seed(5)
        numbers = torch.randn(STEPS, ROWS, 5, generator=generator, dtype=torch.double)
        own = slice(part * ROWS // of, (part + 1) * ROWS // of)
        self.x, self.z = iter(numbers[:, own, :2]), iter(numbers[:, own, 2:])

    def batch(self, n):
        return next(self.x), None


def arranged_training(part: int = 0, of: int = 1, seed: int = 0) -> GAN:
    """A GAN without batch norm after 30 steps, in doubles: with R1, and with batches of 128 / of."""
    torch.manual_seed(seed)
    G = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2)).double()
    D = nn.Sequential(nn.Linear(2, 16), nn.Softplus(), nn.Linear(16, 1), nn.Flatten(0)).double()
    gan, batches = GAN(G, D, penalty=r1_penalty, z_dim=3), Arranged(part, of)
    gan.sample_fakes = lambda n, y=None: gan.G(next(batches.z))
    for _ in Trainer(gan, batches, ROWS // of).until(STEPS, every=10):
        pass
    return gan


def pictures_training() -> GAN:
    """DCGAN's nets, whose kernels lie in memory as channels last, after 3 steps."""
    noise = torch.randint(0, 256, (64, 1, 28, 28)).byte()
    gan = GAN(DCGenerator(4, 4, 28), DCDiscriminator(4, 28), penalty=r1_penalty)
    for _ in Trainer(gan, ImageSet(noise, torch.zeros(64).long(), ["noise"]), 8).until(3):
        pass
    return gan


def main(out: Path) -> None:
    with distributed.session():
        rank = distributed.rank()
        print(f"only the first process prints: {rank}")
        torch.manual_seed(rank)  # other first weights, which are to become the first process's
        gan = GAN(MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,)), penalty=r1_penalty)
        trainer = Trainer(gan, toys.ring(), 16)
        terms = [snapshot.terms for snapshot in trainer.until(100, every=50)]
        weights = arranged_training(rank, 2, seed=rank).state_dict()
        kept = {"points": gan.state_dict(), "pictures": pictures_training().state_dict(), "arranged": weights}
        kept |= {"terms": terms, "stream": trainer._stream.state, "seconds": trainer.seconds}
        torch.save(kept, out / f"{rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
