"""A model card: what a generator was trained on, how good it is, and what it is not for.

Mitchell et al., 2018, arXiv:1810.03993.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ganlib.engine.files import atomic_write
from ganlib.gan import GAN

__all__ = ["save_card"]

# data -> (what it is, its license); assets/LICENSES.md
BUNDLED = {
    "mnist": ("10,000 handwritten digits of MNIST (LeCun, Cortes and Burges)", "CC BY-SA 3.0"),
    "fashion": ("5,000 pictures of clothes of Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017)", "MIT"),
}
UNKNOWN_LICENSE = "not stated; find out before you pass on pictures or weights"
LIMITS = (
    "It draws what resembles its training data, with their gaps and their bias, and may repeat single "
    "pictures of them: compare samples with their nearest neighbors before you publish any.",
    "Its samples are no evidence of anything: do not pass them off as photographs or measurements.",
)


def save_card(
    gan: GAN,
    path: str | Path,
    *,
    data: str,
    license: str | None = None,
    metrics: Mapping[str, object] | None = None,
    seed: int | None = None,
    settings: Mapping[str, object] | None = None,
    limits: Sequence[str] = LIMITS,
) -> None:
    """Write a Markdown file on a trained GAN. What was not measured or stated, it says so.

    Args:
        gan: its sizes are counted.
        path: of the file, such as "README.md".
        data: "mnist", "fashion", or a sentence on the pictures it learned from.
        license: of the data; None is known for the bundled ones.
        metrics: name -> value, such as the numbers of a `Judge`'s report.
        seed: of the training.
        settings: name -> value, such as learning rates and steps.
        limits: sentences on what it cannot do or must not be used for.

    Example:
        >>> import tempfile
        >>> from ganlib.nets import MLPDiscriminator, MLPGenerator
        >>> path = Path(tempfile.mkdtemp(), "README.md")
        >>> save_card(GAN(MLPGenerator(), MLPDiscriminator()), path, data="mnist", seed=0)
        >>> path.read_text().splitlines()[0]
        '# Model card: a GAN on pictures'
    """
    about, known = BUNDLED.get(data, (data, None))
    sizes = {
        "generator": f"{type(gan.G).__name__}, {_weights(gan.G):,} weights",
        "discriminator": f"{type(gan.D).__name__}, {_weights(gan.D):,} weights",
        "latent vector": f"{gan.z_dim} normal numbers",
        "drawn by": "the average of the generator's weights over training",
    }
    training = {"seed": "not stated" if seed is None else seed, "PyTorch": torch.__version__}
    parts = [
        "# Model card: a GAN on pictures",
        f"## Data\n\n{about}\n\nLicense of the data: {license or known or UNKNOWN_LICENSE}.",
        f"## Sizes\n\n{_table(sizes)}",
        f"## Training\n\n{_table({**(settings or {}), **training})}",
        f"## Metrics\n\n{_table(metrics) if metrics else 'Not measured.'}",
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits),
    ]
    with atomic_write(path) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _weights(net):
    return sum(p.numel() for p in net.parameters())


def _table(facts: Mapping[str, object]) -> str:
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in facts.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
