"""All take-aways of a run of ganlib.train, in its subfolder `takeaway`.

python -m ganlib.takeaway run1
python -m ganlib.takeaway run1 --license "CC BY 4.0" --seed 3

training.gif, walk.gif, samples.png (its seed in the metadata), README.md (a model card); training.mp4 where
ffmpeg is installed, generator.onnx where onnx and onnxscript are.
"""

import argparse
import sys
from pathlib import Path

from ganlib.sample import draw, load_run
from ganlib.takeaway import save_animation, save_card, save_onnx, save_sheet, save_walk

__all__ = ["main"]


def main(argv: list[str] | None = None) -> None:
    """Write all that can be written, and say what cannot and why."""
    parser = argparse.ArgumentParser("python -m ganlib.takeaway", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("run", type=Path)
    parser.add_argument("--license", help="of the pictures it was trained on")
    parser.add_argument("--seed", type=int, default=0, help="of the samples and the walk")
    arguments = parser.parse_args(argv)
    run, seed = arguments.run, arguments.seed
    gan, config, step = load_run(run)
    out = run / "takeaway"
    out.mkdir(exist_ok=True)
    sheets = sorted(run.glob("samples-[0-9]*.png"))
    settings = {name: value for name, value in config.items() if name not in ("data", "seed")}
    calls = {
        "samples.png": lambda path: save_sheet(draw(gan, 64, seed), path, seed=seed, step=step, run=run.name),
        "walk.gif": lambda path: save_walk(gan, path, seed=seed),
        "README.md": lambda path: save_card(
            gan, path, data=config["data"], license=arguments.license, seed=config["seed"],
            settings={"steps": step, **settings},
        ),
        "training.gif": lambda path: save_animation(sheets, path),
        "training.mp4": lambda path: save_animation(sheets, path),
        "generator.onnx": lambda path: save_onnx(gan.ema.module, path),
    }  # fmt: skip
    for name, call in calls.items():
        try:
            call(out / name)
            print(f"{out / name}")
        except (ValueError, ImportError, FileNotFoundError) as error:
            print(f"no {name}: {error}")
    print(f"The generator as a page that draws: python -m ganlib.course walk {run}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"ganlib.takeaway: {error}")
