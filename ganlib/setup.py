"""What the first cell of each notebook calls: pick the device, set the style of the figures, say it in one line."""

import platform

import torch

from ganlib import plots


def ready():
    """-> the torch device to use: the GPU where CUDA finds one, else the CPU; prints it with the versions."""
    plots.use_style()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"Ready on {device.type} ({name}) with torch {torch.__version__}, Python {platform.python_version()}")
    return device
