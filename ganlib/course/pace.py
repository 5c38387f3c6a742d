"""How quick a machine is: the pace of notebook 03's training, by which the seconds of any machine compare."""

import torch

from ganlib import data, nets
from ganlib.course.threads import choose_threads
from ganlib.gan import GAN
from ganlib.trainer import Trainer

__all__ = ["measured_pace"]


def measured_pace(steps: int = 300) -> float:
    """Images a second of notebook 03's training on this machine; the first half of the steps warms up."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    choose_threads()
    G, D = nets.MLPGenerator(), nets.with_spectral_norm(nets.MLPDiscriminator(shift=1.0))
    gan = GAN(G, D, lr=2e-3, betas=(0.0, 0.99), device=device)
    trainer = Trainer(gan, data.load("mnist", device=device), batch_size=128)
    warm, done = trainer.until(steps, every=steps // 2)
    return (done.step - warm.step) * 128 / (done.seconds - warm.seconds)
