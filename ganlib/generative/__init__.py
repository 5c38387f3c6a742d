"""Generative models that are not GANs, one family a file, each trained by the same Trainer. Notebook 10."""

from ganlib.generative.diffusion import FlowMatching, StraightLine, gaussian_velocity
from ganlib.generative.flow import Coupling, MaximumLikelihood, NormalizingFlow
from ganlib.generative.pixelcnn import Autoregressive, MaskedConv2d, PixelCNN, bits
from ganlib.generative.rbm import RBM, PersistentContrastiveDivergence
from ganlib.generative.vae import VAE, gaussian_kl

__all__ = [
    "RBM",
    "VAE",
    "Autoregressive",
    "PersistentContrastiveDivergence",
    "Coupling",
    "FlowMatching",
    "MaskedConv2d",
    "MaximumLikelihood",
    "NormalizingFlow",
    "PixelCNN",
    "StraightLine",
    "bits",
    "gaussian_kl",
    "gaussian_velocity",
]
