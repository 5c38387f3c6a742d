"""Draw samples of a trained run into files.

python -m ganlib.sample run1 --n 64 --grid --seed 3      one sheet: run1/samples-seed3.png
python -m ganlib.sample run1 --n 500 --out pictures      one file a sample
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from ganlib.engine.checkpoint import load_tensors
from ganlib.gan import GAN
from ganlib.takeaway import save_sheet
from ganlib.train import build

__all__ = ["draw", "load_run", "main", "samples"]


def load_run(run: str | Path) -> tuple[GAN, dict, int]:
    """(the GAN, its settings, the steps it was trained) of a folder of ganlib.train.

    Raises:
        ValueError: if the folder holds no run of ganlib.train.
    """
    run = Path(run)
    if not (run / "config.json").is_file() or not (run / "state.safetensors").is_file():
        raise ValueError(
            f"run: expected a folder of python -m ganlib.train, but got {str(run)!r}; train first"
        )
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    gan = build(config)
    tensors, metadata = load_tensors(run / "state.safetensors")
    tensors.pop("trainer.stream", None)
    gan.load_state_dict(tensors)
    return gan, config, metadata["step"]


def draw(gan: GAN, n: int, seed: int) -> torch.Tensor:
    """n images (n, channels, size, size) in [-1, 1] of the averaged generator; equal seeds, equal images."""
    return gan.generate(z=torch.randn(n, gan.z_dim, generator=torch.Generator().manual_seed(seed)))


def samples(run: str | Path, n: int, seed: int = 0) -> torch.Tensor:
    """n images (n, channels, size, size) in [-1, 1] of a run; see `load_run` and `draw`."""
    return draw(load_run(run)[0], n, seed)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m ganlib.sample", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("run", type=Path)
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--grid", action="store_true", help="one sheet instead of one file a sample")
    parser.add_argument("--out", type=Path, help="folder for the files; the run's own by default")
    arguments = parser.parse_args(argv)
    if arguments.n < 1:
        raise ValueError(f"--n: expected a positive integer, but got {arguments.n}")
    images = samples(arguments.run, arguments.n, arguments.seed)
    out = arguments.out or arguments.run
    out.mkdir(parents=True, exist_ok=True)
    facts = {"seed": arguments.seed, "run": arguments.run.name}
    if arguments.grid:
        save_sheet(images, out / f"samples-seed{arguments.seed}.png", **facts)
    else:
        for i, image in enumerate(images):
            save_sheet(image[None], out / f"sample-seed{arguments.seed}-{i:05}.png", index=i, **facts)
    print(f"{arguments.n:,} samples of seed {arguments.seed} in {out}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"ganlib.sample: {error}")
