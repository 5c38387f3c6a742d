"""The course's Trainer beside what a student would otherwise pick: JAX with jit, and PyTorch Lightning.

python tests/benchmarks/others.py, one minute; needs the packages jax and lightning besides.

All play the MLP GAN of tests/benchmarks/loops.py: the same nets, Adam, batches of 64, digits in memory as
bytes. The loops take turns. JAX: the whole step as one compiled function, without an average of G's weights.
Lightning: its manual optimization, as its own GAN example does it, with a DataLoader of tensors.
"""

import logging
import sys
import warnings
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from ganlib import data  # before torch: it says how torch's threads wait

# isort: split
import jax
import lightning
import numpy as np
import torch
from jax import numpy as jnp
from torch.nn.functional import softplus
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.loops import Z_DIM, Ours, mlp_nets
from tests.benchmarks.speed import table, take_turns

BATCH, STEPS, ROUNDS = 64, 150, 9


class Jax:
    """The same game in JAX."""

    def __init__(self, images):
        self.images = jnp.asarray(images.images.flatten(1).numpy())
        nets = [
            [(jnp.asarray(layer.weight.detach().numpy().T), jnp.asarray(layer.bias.detach().numpy()))
             for layer in net.modules() if isinstance(layer, torch.nn.Linear)]
            for net in mlp_nets()
        ]  # fmt: skip
        self.state = [(net, *(jax.tree.map(jnp.zeros_like, net) for _ in "mv")) for net in nets]
        self.key, self.t, self.update = jax.random.key(0), 0, jax.jit(self.step, donate_argnums=0)

    @staticmethod
    def net(layers, x):
        for weight, bias in layers[:-1]:
            x = jax.nn.leaky_relu(x @ weight + bias, 0.2)
        return x @ layers[-1][0] + layers[-1][1]

    def step(self, state, key, t, images):
        """One round of the game -> the new state and both losses."""
        G, D = state
        for_real, for_z = jax.random.split(key)
        rows = jax.random.randint(for_real, (BATCH,), 0, len(images))
        real, z = images[rows] / 127.5 - 1, jax.random.normal(for_z, (BATCH, Z_DIM))
        fake = jnp.tanh(self.net(G[0], z))

        def d_loss(weights):
            on_real, on_fake = jnp.split(self.net(weights, jnp.concatenate([real, fake])), 2)
            return jax.nn.softplus(-on_real).mean() + jax.nn.softplus(on_fake).mean()

        first, slope = jax.value_and_grad(d_loss)(D[0])
        D = self.adam(D, slope, t)

        def g_loss(weights):
            return jax.nn.softplus(-self.net(D[0], jnp.tanh(self.net(weights, z)))).mean()

        second, slope = jax.value_and_grad(g_loss)(G[0])
        return [self.adam(G, slope, t), D], first, second

    @staticmethod
    def adam(player, slope, t):
        weights, m, v = player
        m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, slope)
        v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, slope)
        scale = 2e-4 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        moved = jax.tree.map(lambda w, a, b: w - scale * a / (jnp.sqrt(b) + 1e-8), weights, m, v)
        return moved, m, v

    def run(self, steps):
        for _ in range(steps):
            self.key, key = jax.random.split(self.key)
            self.t += 1
            self.state, *losses = self.update(self.state, key, float(self.t), self.images)
        jax.block_until_ready(losses)


class Lit(lightning.LightningModule):
    """The same game as a LightningModule."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.G, self.D = mlp_nets()

    def training_step(self, batch, _):
        real = batch[0].float().div(127.5).sub(1)
        g_adam, d_adam = self.optimizers()
        fake = self.G(torch.randn(len(real), Z_DIM))
        d_loss = softplus(-self.D(real)).mean() + softplus(self.D(fake.detach())).mean()
        self.move(d_adam, d_loss)
        self.move(g_adam, softplus(-self.D(fake)).mean())

    def move(self, adam, loss):
        self.toggle_optimizer(adam)
        adam.zero_grad()
        self.manual_backward(loss)
        adam.step()
        self.untoggle_optimizer(adam)

    def configure_optimizers(self):
        return [torch.optim.Adam(net.parameters(), lr=2e-4, fused=True) for net in (self.G, self.D)], []


class Lightning:
    """Lightning's loop; each run is a fit of its own, whose start is timed too."""

    def __init__(self, images):
        self.module = Lit()
        self.loader = DataLoader(TensorDataset(images.images), BATCH, shuffle=True, drop_last=True)
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")

    def run(self, steps):
        quiet = dict(
            logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False
        )
        trainer = lightning.Trainer(accelerator="cpu", max_epochs=-1, max_steps=2 * steps, **quiet)
        trainer.fit(self.module, self.loader)


def main():
    images = data.load("mnist")
    loops = {"Trainer": Ours(images, "MLP GAN", BATCH, torch.device("cpu")), "JAX, jit": Jax(images),
             "PyTorch Lightning": Lightning(images)}  # fmt: skip
    turns = np.array(take_turns(list(loops.values()), STEPS, torch.device("cpu"), ROUNDS))
    rows = [["loop", "images/s", "the Trainer is so many times as quick"]]
    for i, name in enumerate(loops):
        ratio = median(turns[:, i] / turns[:, 0])
        rows.append([name, f"{BATCH / median(turns[:, i]):,.0f}", f"{ratio:.2f}"])
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}, jax {jax.__version__}, "
          f"lightning {lightning.__version__}\n\n{table(rows)}")  # fmt: skip


if __name__ == "__main__":
    main()
