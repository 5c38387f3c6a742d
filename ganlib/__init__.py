"""A small PyTorch library behind the GAN notebooks: it owns what a notebook has already taught."""

import os

# Torch's threads wait for one another by spinning; on a machine with other work that burns the time the slower one
# needs, and training may become twenty times slower (BENCHMARKS.md). Read once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
