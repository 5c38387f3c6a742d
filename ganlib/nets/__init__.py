"""Generators, discriminators and the classifier of the metrics, one family a file."""

from ganlib.nets.biggan import BigDiscriminator, BigGenerator
from ganlib.nets.classifier import Classifier
from ganlib.nets.conditional import ACDiscriminator, ProjectionDiscriminator
from ganlib.nets.dcgan import DCDiscriminator, DCGenerator
from ganlib.nets.mlp import MLPDiscriminator, MLPGenerator, mlp, with_spectral_norm
from ganlib.nets.noisy import NoisyClassifier
from ganlib.nets.style import StyleGenerator
from ganlib.nets.translation import PatchDiscriminator, Translator, Upscaler
from ganlib.nets.unet import TimeUNet

__all__ = [
    "ACDiscriminator",
    "BigDiscriminator",
    "BigGenerator",
    "Classifier",
    "DCDiscriminator",
    "DCGenerator",
    "MLPDiscriminator",
    "MLPGenerator",
    "NoisyClassifier",
    "PatchDiscriminator",
    "ProjectionDiscriminator",
    "StyleGenerator",
    "TimeUNet",
    "Translator",
    "Upscaler",
    "mlp",
    "with_spectral_norm",
]
