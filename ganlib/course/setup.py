"""What the first cell of each notebook calls: it picks the device, sets the figures' style and says so."""

import platform

import torch
from IPython import get_ipython

from ganlib.course import plots
from ganlib.course.threads import choose_threads


def ready():
    """-> the torch device to use: the GPU where CUDA finds one, else the CPU; prints it with the versions."""
    plots.use_style()
    if get_ipython():
        get_ipython().set_custom_exc((NameError,), explain_missing_name)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {choose_threads()}"
    print(
        f"Ready on {device.type} ({name}) with torch {torch.__version__}, Python {platform.python_version()}"
    )
    return device


def explain_missing_name(shell, kind, error, traceback, tb_offset=None):
    """Show a NameError as ever, and say below it what to do when a cell was skipped."""
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
    if error.name:
        print(
            f"If a cell above makes {error.name}, run it first: in the menu, Run → Run All Above Selected "
            "Cell."
        )
