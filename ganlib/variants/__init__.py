"""Variants of the GAN, one difference a file."""

from ganlib.variants.acgan import ACGAN
from ganlib.variants.biggan import BigGAN, orthogonal_penalty
from ganlib.variants.cyclegan import CycleGAN
from ganlib.variants.ensemble import SeedEnsemble, StackedMLP
from ganlib.variants.growing import (
    GrowingDiscriminator,
    GrowingGenerator,
    ShrunkImages,
    fade,
    set_size,
)
from ganlib.variants.minibatch_stddev import MinibatchStdDev, append_stddev
from ganlib.variants.pacgan import pack
from ganlib.variants.pix2pix import Pix2Pix
from ganlib.variants.relativistic import RelativisticGAN
from ganlib.variants.semi_supervised import FewLabels, SemiSupervisedGAN
from ganlib.variants.style import StyleDiscriminator
from ganlib.variants.unrolled import unrolled_critic

__all__ = [
    "ACGAN",
    "BigGAN",
    "CycleGAN",
    "FewLabels",
    "GrowingDiscriminator",
    "GrowingGenerator",
    "MinibatchStdDev",
    "Pix2Pix",
    "RelativisticGAN",
    "SeedEnsemble",
    "SemiSupervisedGAN",
    "ShrunkImages",
    "StackedMLP",
    "StyleDiscriminator",
    "append_stddev",
    "fade",
    "orthogonal_penalty",
    "pack",
    "set_size",
    "unrolled_critic",
]
