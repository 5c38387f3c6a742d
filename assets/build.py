"""Rebuild every bundled asset: python assets/build.py [data] [judges] [checkpoints] [figures] [vendor].

Without a name all of them are built.

The original files of MNIST and Fashion-MNIST are read from --originals FOLDER (FOLDER/mnist/*.gz,
FOLDER/fashion/*.gz), as their authors publish them. Afterwards assets/hashes.json holds the sha256 of each
asset.
"""

import argparse
import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

ASSETS = Path(__file__).parent
sys.path.insert(0, str(ASSETS.parent))

from ganlib import metrics  # noqa: E402
from ganlib.course import plots  # noqa: E402
from ganlib.data.images import CLASS_NAMES, ImageSet, load, read_idx  # noqa: E402
from ganlib.engine.checkpoint import load_weights, save_tensors, save_weights  # noqa: E402
from ganlib.engine.files import atomic_write  # noqa: E402
from ganlib.gan import GAN  # noqa: E402
from ganlib.generative import VAE, Autoregressive, PixelCNN  # noqa: E402
from ganlib.losses import wasserstein  # noqa: E402
from ganlib.metrics.training import train_classifier  # noqa: E402
from ganlib.nets import (  # noqa: E402
    Classifier,
    DCDiscriminator,
    DCGenerator,
    MLPDiscriminator,
    MLPGenerator,
    ProjectionDiscriminator,
    mlp,
)
from ganlib.penalties import gradient_penalty, r1_penalty  # noqa: E402
from ganlib.trainer import Trainer  # noqa: E402

BUNDLED_PER_CLASS = {"mnist": 1000, "fashion": 500}


def originals(folder, name, part):
    """The original images and labels of one part, "train" or "t10k", as an ImageSet."""
    images, labels = (
        read_idx(folder / name / f"{part}-{kind}-ubyte.gz") for kind in ("images-idx3", "labels-idx1")
    )
    return ImageSet(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels).long(), CLASS_NAMES[name])


def write_idx(path, array):
    """A uint8 array as a gzipped idx file, the same bytes each time."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    with atomic_write(path) as temporary:
        temporary.write_bytes(gzip.compress(header + array.tobytes(), 9, mtime=0))


def build_data(folder):
    """A balanced random subset of each training set, in random order."""
    for name, per_class in BUNDLED_PER_CLASS.items():
        full, rng = originals(folder, name, "train"), np.random.default_rng(0)
        labels = full.labels.numpy()
        chosen = np.concatenate(
            [rng.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in range(10)]
        )
        rng.shuffle(chosen)
        write_idx(ASSETS / f"data/{name}-images.idx.gz", full.images[chosen].squeeze(1).numpy())
        write_idx(ASSETS / f"data/{name}-labels.idx.gz", labels[chosen].astype(np.uint8))


def build_judge(folder, name, steps):
    """One classifier, trained on training images, and the reference statistics of the test images."""
    torch.manual_seed(0)
    store(folder, name, train_classifier(Classifier(), originals(folder, name, "train"), steps))


def store(folder, name, net):
    """Write a judge's classifier and what it makes of the test images."""
    half = {key: value.half() for key, value in net.state_dict().items()}  # 8 bits would cost accuracy here
    save_tensors(ASSETS / f"checkpoints/{name}-classifier.safetensors", half)
    write_hashes()
    net = load_weights(Classifier(), f"checkpoints/{name}-classifier.safetensors")
    x, y = originals(folder, name, "t10k")[:]
    with torch.no_grad():
        features = torch.cat([net.features(part) for part in x.split(1000)])
        accuracy = (net.head(features).argmax(1) == y).float().mean().item()
    mean, cov = metrics.moments(features)
    some = torch.from_numpy(np.random.default_rng(0).permutation(len(x))[:2000])
    tensors = {"mean": mean, "cov": cov, "features": features[some].half()}
    save_tensors(ASSETS / f"checkpoints/{name}-reference.safetensors", tensors, test_accuracy=accuracy)
    write_hashes()
    print(f"{name}: test accuracy {accuracy:.4f}")


def build_judges(folder):
    """The judge of digits and the judge of clothes."""
    for name, steps in {"mnist": 6_000, "fashion": 4_000}.items():
        build_judge(folder, name, steps)


def mlp_gan():
    """The nets of notebook 03 with the R1 penalty of notebook 09, which takes longer and goes further."""
    G, D = MLPGenerator(z_dim=64, widths=(256, 512)), MLPDiscriminator(widths=(512, 256))
    gan = GAN(G, D, penalty=partial(r1_penalty, weight=0.5), lr=2e-3, betas=(0.5, 0.999), ema_decay=0.998)
    return train(Trainer(gan, load("mnist"), batch_size=64), 8_000)


def conditional_gan():
    """The recipe of notebook 06, for longer: the label meets D by projection."""
    G, D = MLPGenerator(n_classes=10), ProjectionDiscriminator()
    gan = GAN(G, D, lr=2e-3, d_lr=1e-3, betas=(0.0, 0.99))
    return train(Trainer(gan, load("mnist"), conditional=True), 8_000)


def wgan_gp():
    """The nets and the loss of notebook 05, on larger batches and with equal rates."""
    gan = GAN(
        MLPGenerator(), MLPDiscriminator(), wasserstein, penalty=gradient_penalty, lr=4e-3, betas=(0.0, 0.9)
    )
    return train(Trainer(gan, load("mnist"), batch_size=128), 3_000)


def dcgan(name, steps=3_600):
    """The recipe of notebook 07: the learning rates shrink in the second half."""
    gan = GAN(DCGenerator(), DCDiscriminator(), penalty=r1_on_four, lr=3e-3, d_lr=2e-3, betas=(0.0, 0.99))
    trainer = Trainer(gan, load(name), batch_size=32)
    for half in range(12, 25):  # twelve twenty-fourths at once, then one after the other
        train(trainer, steps * half // 24)
        gan.scale_lr(0.75)
    return gan.ema.module


def r1_on_four(critic, real, fake):
    """R1 on a few pictures of the batch: the same penalty on average."""
    return r1_penalty(critic, real[:4], weight=0.1)


def first_digits():
    """The 9,000 digits on which notebook 10 trains; it measures on the others."""
    digits = load("mnist")
    return ImageSet(digits.images[:9000], digits.labels[:9000], digits.class_names)


def pixelcnn():
    """The recipe of notebook 10, for longer."""
    net = PixelCNN(levels=4, width=32).to(memory_format=torch.channels_last)
    return train(Trainer(Autoregressive(net, ema_decay=0.998), first_digits(), batch_size=16), 1_250)


def vae_plane():
    """The VAE of notebook 10 with two latent numbers, and smaller: its decoder."""
    encoder = nn.Sequential(nn.Flatten(), mlp(784, 512, 256, 4, activation=nn.SiLU))
    decoder = nn.Sequential(mlp(2, 128, 256, 784, activation=nn.SiLU), nn.Unflatten(1, (1, 28, 28)))
    vae = VAE(encoder, decoder, z_dim=2, lr=1e-3, ema_decay=0.998)
    return train(Trainer(vae, first_digits(), batch_size=64), 4_000)


def train(trainer, steps):
    """Train to the given number of steps with a progress bar -> the averaged generator."""
    with tqdm(total=steps, desc="training") as bar:
        for snapshot in trainer.until(steps):
            bar.update(snapshot.step - bar.n)
    return trainer.model.ema.module


# CHECKPOINTS: name -> a function that trains as a notebook does and returns the generator to keep.
CHECKPOINTS = {
    "mlp-gan": mlp_gan,
    "conditional-gan": conditional_gan,
    "wgan-gp": wgan_gp,
    "dcgan": partial(dcgan, "mnist"),
    "dcgan-clothes": partial(dcgan, "fashion"),
    "pixelcnn": pixelcnn,
    "vae-plane": vae_plane,
}


def build_checkpoints(folder):
    """Generators for "look closely" when a live training disappoints; the originals are not needed."""
    for name, recipe in CHECKPOINTS.items():
        torch.manual_seed(0)
        save_weights(ASSETS / f"checkpoints/{name}.safetensors", recipe())


def build_figures(folder):
    """The README's picture: samples of the bundled generator, none of them chosen."""
    G = load_weights(MLPGenerator(), "checkpoints/mlp-gan.safetensors")
    with torch.no_grad():
        samples = G(torch.randn(60, G.z_dim, generator=torch.Generator().manual_seed(0)))
    with atomic_write(ASSETS / "figures/samples.png") as temporary:
        plots.image_grid(samples, columns=15, scale=2).save(temporary, "PNG")


REVEAL = "reveal.js@6.0.2"
REVEAL_FILES = {
    "dist/reveal.js": "reveal.js",
    "dist/reveal.css": "reveal.css",
    "dist/plugin/notes.js": "reveal-notes.js",
}


def build_vendor(folder):
    """What slides need of reveal.js, from its npm package; its license stands in LICENSES.md."""
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run(["npm", "pack", "--silent", REVEAL], cwd=temporary, check=True)
        with tarfile.open(next(Path(temporary).glob("*.tgz"))) as package:
            for source, name in REVEAL_FILES.items():
                with atomic_write(ASSETS / "vendor" / name) as target:
                    target.write_bytes(package.extractfile(f"package/{source}").read())


def write_hashes():
    """The sha256 of every bundled file, for ganlib.files.asset to check."""
    files = sorted(
        [
            *ASSETS.glob("data/*.gz"),
            *ASSETS.glob("checkpoints/*.safetensors"),
            *ASSETS.glob("results/*.*"),
            *ASSETS.glob("vendor/*.*"),
        ]
    )
    hashes = {f.relative_to(ASSETS).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
    with atomic_write(ASSETS / "hashes.json") as temporary:
        temporary.write_text(json.dumps(hashes, indent=1) + "\n")


def main():
    steps = {
        "data": build_data,
        "judges": build_judges,
        "checkpoints": build_checkpoints,
        "figures": build_figures,
        "vendor": build_vendor,
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", choices=[*steps, []], help="what to rebuild")
    parser.add_argument("--originals", type=Path, required=True, help="folder with mnist/ and fashion/")
    arguments = parser.parse_args()
    for name in arguments.steps or steps:
        steps[name](arguments.originals)
        write_hashes()


if __name__ == "__main__":
    main()
