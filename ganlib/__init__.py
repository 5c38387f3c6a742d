"""A small PyTorch library for generative adversarial networks; the notebooks of the course are built on it.

The core (gan, trainer, losses, penalties, ema, interpolation) is what a reader of the course reads. Below it
lie engine, data, nets and metrics, above it variants and generative. `ganlib.course` exists for the notebooks
alone; nothing else imports it.
"""

import os

# Torch's threads wait for one another by spinning for some milliseconds. On a machine with other work this
# burns the time that the slower thread needs, and training may become twenty times slower. A shorter spin
# copes far better with neighbors (BENCHMARKS.md). The variable is read once, when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
