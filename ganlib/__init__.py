"""A small PyTorch library behind the GAN notebooks: it owns what a notebook has already taught."""

import os

# Torch's threads wait for one another by spinning, some milliseconds long. On a machine with other work that burns the time
# which the slower thread needs, and training may become twenty times slower. A shorter spin bears neighbors far better
# (BENCHMARKS.md). Read once, when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
