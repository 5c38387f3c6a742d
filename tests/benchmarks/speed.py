"""Images a second of the course's Trainer beside the widespread teaching script.

python tests/benchmarks/speed.py

The loops take turns, so that a busy neighbor slows both; ratios are medians over the rounds of each pair.
"""

import argparse
import io
import itertools
import platform
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from ganlib import data  # before torch: it says how torch's threads wait

# isort: split
import psutil
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganlib.course import widgets
from tests.benchmarks.loops import Ours, Script
from tests.support.pages import code_cells

ROOT = Path(__file__).parents[2]

ROUNDS = 9
# game, batch, steps of the script a round
CASES = [
    ("MLP GAN", 64, 20),
    ("MLP GAN", 256, 8),
    ("MLP GAN", 1024, 3),
    ("CGAN", 64, 12),
    ("WGAN-GP", 64, 12),
    ("DCGAN", 64, 12),
]


def seconds(loop, steps, device):
    """Wall time of so many steps, the device's work included."""
    began = time.perf_counter()
    loop.run(steps)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def take_turns(loops, steps, device, rounds=ROUNDS):
    """Seconds a step of each loop in each round: a list of rounds of lists."""
    for loop in loops:
        seconds(loop, 6, device)  # warm-up: buffers, the optimizers' state, the GPU's recording
    return [[seconds(loop, steps, device) / steps for loop in loops] for _ in range(rounds)]


def peak_flops(device, n=2048):
    """The machine's practical limit: operations a second of a large float32 matrix product."""
    a, b = torch.randn(2, n, n, device=device)
    times = []
    for _ in range(9):
        began = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return 2 * n**3 / median(times[2:])


class Flops(TorchDispatchMode):
    """Counts operations of matrix products and convolutions, in double backward passes, too.

    An operation is a multiplication or an addition.
    """

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        count = flop_registry.get(function.overloadpacket)
        self.total += count(*args, **(kwargs or {}), out_val=out) if count else 0
        return out


def flops_a_step(ours):
    """What one step of the course's loop multiplies and adds; no loop needs more for the same step."""
    with Flops() as counter:
        ours.trainer.train_step()
    return counter.total


def compare(images, device, peak):
    """The main table, a row for each game and batch size."""
    header = [
        "game",
        "batch",
        "script, images/s",
        "Trainer, images/s",
        "ratio",
        "script, % of limit",
        "Trainer, % of limit",
    ]
    rows = [header]
    for game, batch, steps in CASES:
        loops = (
            Script(images, game, batch, device),
            Ours(images, game, batch, device, graph=device.type == "cuda"),
        )
        turns = take_turns(loops, steps, device)
        script, ours = (batch / median(column) for column in zip(*turns))
        ratio = median(a / b for a, b in turns)
        limit = peak / flops_a_step(loops[1]) * batch  # images a second at the limit
        row = [
            game,
            batch,
            f"{script:,.0f}",
            f"{ours:,.0f}",
            f"{ratio:.2f}",
            f"{script / limit:.0%}",
            f"{ours / limit:.0%}",
        ]
        rows.append(row)
    return rows


def live_view_share(images, device, steps=1_500):
    """The live view's share of the time in the midst of a long training with a snapshot every 50 steps."""
    trainer = Ours(images, "MLP GAN", 64, device).trainer
    live, inside = widgets.LiveView(trainer), 0.0
    InteractiveShell.instance()  # as in a kernel: outputs are made, though no page takes them
    with redirect_stdout(io.StringIO()):
        began = time.perf_counter()
        for snapshot in itertools.islice(trainer.until(10**9, every=50), steps // 50):
            asked = time.perf_counter()
            live.update(snapshot)
            inside += time.perf_counter() - asked
    return inside / (time.perf_counter() - began)


def eager_ratio(images, device):
    """How many times quicker the Trainer is than the script's habits, with the data already on the device."""
    loops = Script(images, "MLP GAN", 64, device, resident=True), Ours(images, "MLP GAN", 64, device)
    return median(a / b for a, b in take_turns(loops, 60, device))


def same_work_ratio(images, device):
    """The ratio to the script when the Trainer, too, keeps no average of G's weights."""
    loops = Script(images, "MLP GAN", 64, device), Ours(images, "MLP GAN", 64, device)
    loops[1].trainer.model.ema.update = lambda G: None
    return median(a / b for a, b in take_turns(loops, 20, device))


def growth(device):
    """Images a second and bytes an image, for set sizes up to 60,000."""
    rows = [["images in the set", "Trainer, images/s, batch 64", "bytes an image on the device"]]
    digits = data.load("mnist", device=device)
    for n in (1_000, 10_000, 60_000):
        index = torch.arange(n, device=device) % len(digits)
        images = data.ImageSet(digits.images[index], digits.labels[index], digits.class_names)
        pace = 64 / median(turn[0] for turn in take_turns([Ours(images, "MLP GAN", 64, device)], 60, device))
        size = images.images.numel() + images.labels.numel() * 8
        rows.append([f"{n:,}", f"{pace:,.0f}", f"{size / n:.0f}"])
    return rows


def widths(images, device, peak):
    """Images a second and the share of the machine's limit, for widths and batch sizes."""
    sizes = (64, 256, 1024)
    rows = [["nets", *(f"batch {batch}" for batch in sizes)]]
    for game in ("MLP GAN, half as wide", "MLP GAN", "MLP GAN, twice as wide"):
        row = [game]
        for batch in sizes:
            ours = Ours(images, game, batch, device)
            pace = batch / median(turn[0] for turn in take_turns([ours], 4_000 // batch, device, rounds=5))
            eager = Ours(images, game, batch, device, graph=False)
            row.append(f"{pace:,.0f} ({pace * flops_a_step(eager) / batch / peak:.0%})")
        rows.append(row)
    return rows


def memory(loop):
    """Peak memory in MB of a process that plays 200 steps of one loop and nothing else."""
    command = [sys.executable, __file__, "--memory", loop]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def play_and_weigh(loop):
    """Play 200 steps of one loop and print the most memory, in MB, that this process had after one of them.

    The system's own record of the peak would not do: a child inherits its parent's.
    """
    loop = {"script": Script, "Trainer": Ours}[loop](data.load("mnist"), "MLP GAN", 64, torch.device("cpu"))
    sizes = []
    for _ in range(200):
        loop.run(1)
        sizes.append(psutil.Process().memory_info().rss)
    print(max(sizes) // 1024**2)


def start_up(rounds=5):
    """Seconds from a cold Python to the end of a notebook's set-up cell and imports."""
    code = "\n".join(code_cells("03_mlp_gan")[:2])
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT / "notebooks", capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    return median(times)


def table(rows):
    """Rows of cells as a Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--memory", choices=["script", "Trainer"], help="print the peak memory of one loop, and nothing else"
    )
    arguments = parser.parse_args()
    if arguments.memory:
        return play_and_weigh(arguments.memory)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = (
        torch.cuda.get_device_name()
        if device.type == "cuda"
        else f"{torch.get_num_threads()} threads, {platform.machine()}"
    )
    images, peak = data.load("mnist", device=device), peak_flops(device)
    print(
        f"{device.type} ({name}), torch {torch.__version__}; float32 matrix product {peak / 1e9:,.0f} "
        "GFLOP/s\n"
    )
    print(table(compare(images, device, peak)), "\n")
    print(
        "Script's habits, its data already on the device: the Trainer is "
        f"{eager_ratio(images, device):.2f} times as quick."
    )
    print(
        f"No average of G's weights in the Trainer either, batch 64: {same_work_ratio(images, device):.2f} "
        "times as quick."
    )
    print(
        f"With a snapshot every 50 steps the live view takes {live_view_share(images, device):.1%} of the "
        "wall time."
    )
    if device.type == "cpu":
        print(f"Peak memory: script {memory('script'):,} MB, Trainer {memory('Trainer'):,} MB.")
    print(f"From a cold start to the end of a notebook's set-up and imports: {start_up():.1f} s.")
    print(f"\n{table(growth(device))}")
    print(f"\nThe Trainer's images a second (share of the limit):\n\n{table(widths(images, device, peak))}")


if __name__ == "__main__":
    main()
