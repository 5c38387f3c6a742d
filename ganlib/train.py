"""Train a GAN on your own pictures, without a notebook.

python -m ganlib.train --data my_photos --size 64 --out run1
python -m ganlib.train --data mnist --size 28 --channels 1 --out digits --steps 3000

The folder of a run holds config.json, state.safetensors (all that training needs to go on), losses.jsonl and
sheets of samples. The same command goes on where it stopped; Ctrl-C stops it after the current step.

On several GPUs, or several CPUs, which read the same folders:

torchrun --nproc-per-node 2 -m ganlib.train --data mnist --size 28 --channels 1 --out digits
"""

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

import torch
from torchvision.utils import make_grid
from tqdm import tqdm

from ganlib import data
from ganlib.data import ImageSet
from ganlib.engine import distributed
from ganlib.engine.files import atomic_write
from ganlib.gan import GAN
from ganlib.nets import DCDiscriminator, DCGenerator
from ganlib.penalties import r1_penalty
from ganlib.takeaway import save_sheet
from ganlib.trainer import Trainer

__all__ = ["build", "main"]

SECONDS_BETWEEN_SAVES = 120
SHEET_RATIO = 1.2  # a sheet after this many times the steps of the one before: 23 in the first 20,000
BUNDLED = ("mnist", "fashion")


def build(config: dict, device: str | torch.device | None = None) -> GAN:
    """The GAN of a run: DCGAN's nets of the given size, without batch norm in D, with R1."""
    shape = {"size": config["size"], "channels": config["channels"]}
    with torch.random.fork_rng(devices=[]):  # the caller's random stream goes on undisturbed
        torch.default_generator.manual_seed(config["seed"])
        G = DCGenerator(width=config["width"], **shape)
        D = DCDiscriminator(width=config["width"] // 2, **shape)
    penalty = partial(r1_penalty, weight=config["r1"])
    return GAN(G, D, penalty=penalty, lr=config["lr"], d_lr=config["lr"] / 2, device=device)


def _arguments(argv):
    parser = argparse.ArgumentParser("python -m ganlib.train", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--data", required=True, help="a folder of pictures, or mnist, or fashion")
    parser.add_argument("--out", required=True, type=Path, help="the run's folder")
    parser.add_argument("--size", type=int, default=64, help="side of the pictures: 28, 32, 64 or 128")
    parser.add_argument("--channels", type=int, default=3, choices=(1, 3))
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=64, help="pictures a step, of each process")
    parser.add_argument("--width", type=int, default=32, help="channels of the nets' largest maps")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--r1", type=float, default=0.5, help="weight of the R1 penalty")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(argv)


def _config(arguments):
    """The run's settings; where the folder holds a run with other ones, they are refused."""
    fixed = ("data", "size", "channels", "batch", "width", "lr", "r1", "seed")
    config = {name: getattr(arguments, name) for name in fixed}
    path = arguments.out / "config.json"
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name in fixed if before.get(name) != config[name]]
        if other:
            name = other[0]
            raise ValueError(
                f"--{name}: expected {before.get(name)!r}, with which {arguments.out} was begun, but got "
                f"{config[name]!r}; use another --out for another run"
            )
    elif distributed.is_main():
        arguments.out.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return config


def _load(config, device):
    """The run's pictures; of several processes each keeps a share of them."""
    if config["data"] not in BUNDLED:
        images = data.folder(config["data"], config["size"], config["channels"])
    elif (config["size"], config["channels"]) != (28, 1):
        raise ValueError(
            f"--size: expected 28 and --channels 1 for {config['data']}, but got {config['size']} and "
            f"{config['channels']}"
        )
    else:
        images = data.load(config["data"])
    own = slice(distributed.rank(), None, distributed.world_size())
    share = images.images[own].contiguous(), images.labels[own].contiguous()
    return ImageSet(*(part.to(device) for part in share), images.class_names)


def _writer(out):
    """TensorBoard's writer where tensorboard is installed, else None."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(out / "tensorboard")


def _report(trainer, snapshot, z, out, writer):
    """One line of losses; scalars and samples for TensorBoard; now and then a sheet."""
    row = {"step": snapshot.step, **snapshot.terms}
    with open(out / "losses.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    if writer is not None:
        for name, value in snapshot.terms.items():
            writer.add_scalar(name, value, snapshot.step)
        writer.add_image("samples", make_grid((trainer.model.generate(z=z).cpu() + 1) / 2), snapshot.step)
    sheets = (path.stem.removeprefix("samples-") for path in out.glob("samples-*.png"))
    before = max((int(step) for step in sheets if step.isdecimal()), default=0)
    if snapshot.step >= SHEET_RATIO * before:
        _save_samples(trainer, z, out)


def _drop_undone_rows(out, step):
    """After a kill the losses hold steps beyond the last saved state, which come again."""
    path = out / "losses.jsonl"
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]  # a kill may cut the last one short
    with atomic_write(path) as temporary:
        kept = (line for line in whole if json.loads(line)["step"] <= step)
        temporary.write_text("".join(kept), encoding="utf-8")


def _save_samples(trainer, z, out) -> Path:
    """The same z at every step, so that the sheets make an animation."""
    sheet = out / f"samples-{trainer.step:06}.png"
    save_sheet(trainer.model.generate(z=z), sheet, seed=0, step=trainer.step, run=out.name)
    return sheet


def _train(trainer, steps, z, out):
    """Up to `steps`, with a bar; the first process reports, and saves every two minutes."""
    state, saved, main = out / "state.safetensors", time.monotonic(), distributed.is_main()
    writer = _writer(out) if main else None
    with tqdm(total=steps, initial=trainer.step, unit="step", disable=not main) as bar:
        for snapshot in trainer.until(steps):
            if not main:
                continue
            bar.update(snapshot.step - bar.n)
            bar.set_postfix({name: f"{value:.2f}" for name, value in snapshot.terms.items()})
            _report(trainer, snapshot, z, out, writer)
            if time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
                trainer.save(state)
                saved = time.monotonic()
    if writer is not None:
        writer.close()
    trainer.save(state)


def main(argv: list[str] | None = None) -> None:
    """Train up to --steps steps, from where the run's folder says."""
    arguments = _arguments(argv)
    with distributed.session(arguments.device) as device:
        config, out = _config(arguments), arguments.out
        alone = distributed.world_size() == 1  # a CUDA graph would have to hold messages between processes
        images = _load(config, device)
        trainer = Trainer(build(config, device), images, config["batch"], seed=config["seed"], graph=alone)
        if (out / "state.safetensors").is_file():
            trainer.load(out / "state.safetensors")
        if distributed.is_main():
            _drop_undone_rows(out, trainer.step)
        z = torch.randn(64, trainer.model.z_dim, generator=torch.Generator().manual_seed(0)).to(device)
        _train(trainer, arguments.steps, z, out)
        if distributed.is_main():
            done, sheet = f"{trainer.step:,} of {arguments.steps:,} steps", _save_samples(trainer, z, out)
            print(f"{done}; samples in {sheet}. The same command goes on.")


def _in_words(error: Exception) -> str:
    """One sentence for a command line; the Trainer's own go on about the cells of a notebook."""
    first, *_ = str(error).split(". ")
    if isinstance(error, FloatingPointError):
        return f"{first}; begin again with another --out and a lower --lr"
    if isinstance(error, MemoryError):
        return f"{first or 'the memory is full'}; begin again with another --out and a smaller --batch"
    return str(error)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, FloatingPointError, MemoryError) as error:
        sys.exit(f"ganlib.train: {_in_words(error)}")
