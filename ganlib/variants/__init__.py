"""Variants of the GAN, one difference a file."""

from ganlib.variants.acgan import ACGAN
from ganlib.variants.ensemble import SeedEnsemble, StackedMLP
from ganlib.variants.minibatch_stddev import MinibatchStdDev, append_stddev
from ganlib.variants.pacgan import Packed, pack
from ganlib.variants.relativistic import RelativisticGAN
from ganlib.variants.semi_supervised import FewLabels, SemiSupervisedGAN
from ganlib.variants.unrolled import unrolled_critic

__all__ = [
    "ACGAN",
    "FewLabels",
    "MinibatchStdDev",
    "Packed",
    "RelativisticGAN",
    "SeedEnsemble",
    "SemiSupervisedGAN",
    "StackedMLP",
    "append_stddev",
    "pack",
    "unrolled_critic",
]
