"""A training, or a walk in latent space, as a GIF or an MP4."""

import io
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganlib.engine.files import atomic_write
from ganlib.gan import GAN
from ganlib.interpolation import slerp
from ganlib.takeaway.sheets import image_grid, square_columns

__all__ = ["gif_bytes", "save_animation", "save_walk"]

LAST = 1500  # milliseconds for which the last picture of a training stays
NO_FFMPEG = (
    "path: expected the program ffmpeg for an MP4, but there is none on the PATH; pip install imageio-ffmpeg "
    "brings one, as do apt, brew and winget (install ffmpeg), or save a .gif, which needs nothing"
)


def save_animation(
    pictures: Sequence[Tensor | Image.Image | str | Path], path: str | Path, milliseconds: int = 120
) -> None:
    """Pictures of equal size, one after another, as a looping GIF or as an MP4; the last one stays a while.

    Args:
        pictures: images (n, 1 or 3, H, W) in [-1, 1], PIL images, or files of such, such as the sheets that
            `python -m ganlib.train` leaves in its folder.
        path: ends in .gif or .mp4. An MP4 needs ffmpeg, the program or the package imageio-ffmpeg.
        milliseconds: for which each one is shown.

    Raises:
        ValueError: for fewer than two pictures, for pictures of several sizes, or for another ending.
        FileNotFoundError: for an MP4 without ffmpeg.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "training.gif")
        >>> save_animation([torch.rand(4, 1, 8, 8) for step in range(5)], path)
        >>> Image.open(path).n_frames
        5
    """
    _save([_picture(entry) for entry in pictures], path, milliseconds, LAST)


@torch.no_grad()
def save_walk(
    gan: GAN,
    path: str | Path,
    *,
    n: int = 16,
    stops: int = 4,
    between: int = 12,
    seed: int = 0,
    y: Tensor | int | None = None,
) -> None:
    """n samples that walk by slerp from one random z to the next, and back to the first, as a GIF or MP4.

    Args:
        gan: its averaged generator draws.
        path: ends in .gif or .mp4.
        n: samples side by side.
        stops: random latent vectors on each one's way.
        between: pictures from one stop to the next.
        seed: of the latent vectors.
        y: labels, as for `GAN.generate`.

    Raises:
        ValueError: if there are fewer than two stops; see also `save_animation`.
    """
    if stops < 2:
        raise ValueError(f"stops: expected 2 or more, but got {stops!r}; 4 make a walk of some seconds")
    z = torch.randn(stops, n, gan.z_dim, generator=torch.Generator().manual_seed(seed)).to(gan.device)
    legs = zip(z, z.roll(-1, 0))
    way = [slerp(a, b, i / between) for a, b in legs for i in range(between)]
    _save([_picture(gan.generate(z=at, y=y)) for at in way], path, 80, 80)


def gif_bytes(frames: Sequence[Image.Image], times: Sequence[int], colors: int = 256) -> bytes:
    """RGB images as a GIF that loops forever, each shown for its milliseconds, each with its own palette."""
    frames, buffer = [frame.quantize(colors, dither=Image.Dither.NONE) for frame in frames], io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=list(times),
        loop=0,
        optimize=True,
    )
    return buffer.getvalue()


def _picture(entry):
    """A tensor of images, a PIL image or a file as an RGB image."""
    if torch.is_tensor(entry):
        columns = square_columns(len(entry)) if entry.dim() == 4 else 1
        return image_grid(entry, columns, scale=2).convert("RGB")
    if isinstance(entry, Image.Image):
        return entry.convert("RGB")
    with Image.open(entry) as picture:
        return picture.convert("RGB")


def _save(frames, path, milliseconds, last):
    path, sizes = Path(path), {frame.size for frame in frames}
    if len(frames) < 2 or len(sizes) > 1:
        raise ValueError(
            f"pictures: expected 2 or more of one size, but got {len(frames)} of {sorted(sizes)}; "
            "record some while training, with the same z"
        )
    if path.suffix not in (".gif", ".mp4"):
        raise ValueError(f"path: expected a name that ends in .gif or .mp4, but got {path.name!r}")
    if path.suffix == ".mp4":
        _save_mp4(frames + [frames[-1]] * (last // milliseconds - 1), path, milliseconds)
        return
    times = [milliseconds] * (len(frames) - 1) + [last]
    with atomic_write(path) as temporary:
        temporary.write_bytes(gif_bytes(frames, times))


def _save_mp4(frames, path, milliseconds):
    """By ffmpeg, which gets the raw pixels; H.264 in even sides, as all players show it."""
    program = _ffmpeg()
    size = "{}x{}".format(*frames[0].size)
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"1000/{milliseconds}", "-i", "-"]
    coding = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "mp4"]
    pixels = b"".join(frame.tobytes() for frame in frames)
    with atomic_write(path) as temporary:
        words = [program, "-v", "error", "-y", *source, *coding, str(temporary)]
        done = subprocess.run(words, input=pixels, capture_output=True)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
            raise ValueError(
                f"path: expected ffmpeg to write {path.name}, but it failed and said: {said[-1]}"
            )


def _ffmpeg():
    """The path of ffmpeg: the system's, or the one that the package imageio-ffmpeg brings."""
    program = shutil.which("ffmpeg")
    if program is None and find_spec("imageio_ffmpeg") is not None:
        from imageio_ffmpeg import get_ffmpeg_exe

        program = get_ffmpeg_exe()
    if program is None:
        raise FileNotFoundError(NO_FFMPEG)
    return program
