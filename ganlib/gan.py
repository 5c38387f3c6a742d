"""A GAN is two nets, a loss, two optimizers; one `step` plays one round of the game. Written out in notebook 03."""

import re
from contextlib import contextmanager

import torch

from ganlib.ema import EMA
from ganlib.errors import expect
from ganlib.losses import non_saturating


class GAN:
    """Generator G, discriminator D and the rules of their game.

    G maps z (B, z_dim) [, y] to samples, D maps samples [, y] to logits (B,).
    loss: a pair from ganlib.losses. penalty(critic, real, fake) -> scalar is added to D's loss.
    d_steps: critic updates for each generator update. lr, d_lr: Adam's learning rates for G and D (d_lr=None: the same).
    after_d_step(D) runs after each critic update, such as clip_weights. ema_decay: see ganlib.ema.

    A variant is a difference: WGAN-GP is GAN(G, D, wasserstein, penalty=gradient_penalty, d_steps=5);
    override `d_objective` or `g_objective` for what no argument expresses.
    """

    def __init__(self, G, D, loss=non_saturating, *, penalty=None, d_steps=1, lr=2e-3, d_lr=None, betas=(0.5, 0.999),
                 after_d_step=None, ema_decay=0.995, z_dim=None, device=None):  # fmt: skip
        self.z_dim = z_dim or getattr(G, "z_dim", None)
        expect(self.z_dim, "z_dim", z_dim, "the length of z, since G has no attribute z_dim", "GAN(G, D, z_dim=64)")
        expect(isinstance(d_steps, int) and d_steps > 0, "d_steps", d_steps, "a whole number, 1 or more", "use 1 or 5")
        self.device = torch.device(device or next(G.parameters()).device)
        self.G, self.D = G.to(self.device).train(), D.to(self.device).train()
        self.loss, self.penalty, self.d_steps, self.after_d_step = loss, penalty, d_steps, after_d_step
        self.g_optimizer = adam(G, lr, betas)
        self.d_optimizer = adam(D, lr if d_lr is None else d_lr, betas)
        self.ema = EMA(G, ema_decay)

    def fakes(self, n, y=None):
        """Fresh samples G(z), z ~ N(0, I), with their graph: (n, *shape)."""
        return call(self.G, torch.randn(n, self.z_dim, device=self.device), y)

    def logits(self, real, fake, y=None):
        """D on real and fake, (B,) each; in one pass where D judges each sample alone."""
        if not getattr(self.D, "per_sample", False):  # batch statistics would mix real and fake
            return call(self.D, real, y), call(self.D, fake, y)
        both = None if y is None else torch.cat([y, y])
        return call(self.D, torch.cat([real, fake]), both).chunk(2)

    def d_objective(self, real, fake, y=None):
        """The named terms that D minimizes together; fake comes without a graph."""
        terms = {"d_loss": self.loss.d_loss(*self.logits(real, fake, y))}
        if self.penalty is not None:
            terms["penalty"] = self.penalty(lambda x: call(self.D, x, y), real, fake)
        return terms

    def g_objective(self, fake, y=None):
        """The named terms that G minimizes together; fake carries the graph back to G."""
        return {"g_loss": self.loss.g_loss(call(self.D, fake, y))}

    def step(self, real, y=None):
        """d_steps critic updates, then one generator update -> the last value of each term, 0-dim, no graph.

        real: (d_steps * B, *shape) floats, y: (d_steps * B,) labels or None; each critic update takes its own B.
        The last fake batch serves G's update as well: drawn once, detached for D, with its graph for G.
        """
        self.check_real(real)
        labels = [None] * self.d_steps if y is None else y.chunk(self.d_steps)
        for x, y in zip(real.chunk(self.d_steps), labels):
            fake = self.fakes(len(x), y)
            expect(fake.shape == x.shape, "real", x, f"what G draws, {tuple(fake.shape[1:])} each", "give G that shape")
            d_terms = self.d_objective(x, fake.detach(), y)
            descend(self.d_optimizer, d_terms)
            if self.after_d_step is not None:
                self.after_d_step(self.D)
        with frozen(self.D):
            g_terms = self.g_objective(fake, y)
            descend(self.g_optimizer, g_terms)
        self.ema.update(self.G)
        return {name: term.detach() for name, term in {**d_terms, **g_terms}.items()}

    def check_real(self, real):
        """Refuse a batch of bytes, of another device, or one that d_steps does not divide."""
        ok = real.is_floating_point() and real.device.type == self.device.type
        came = f"{real.dtype} on {real.device}"
        expect(ok, "real", came, f"floats on {self.device}", "data.load(..., device=device), then batches of it")
        expect(len(real) % self.d_steps == 0, "real", real, f"a multiple of d_steps = {self.d_steps} samples", "draw more")

    def scale_lr(self, factor):
        """Multiply both learning rates, by 0.1 after an explosion, say."""
        for group in self.g_optimizer.param_groups + self.d_optimizer.param_groups:
            group["lr"] *= factor

    @torch.no_grad()
    def generate(self, n=None, *, z=None, y=None, ema=True, batch=1000):
        """n samples, or one for each row of z: (n, *shape), in eval mode, from the EMA weights unless ema=False.

        y: labels (n,) or one label for all; the training mode of G is left as it was.
        """
        expect((n is None) != (z is None), "n", n, "either n or z", "generate(64) or generate(z=z)")
        expect(z is not None or n > 0, "n", n, "a positive number of samples", "generate(64)")
        z = torch.randn(n, self.z_dim, device=self.device) if z is None else torch.as_tensor(z, device=self.device)
        expect(z.dim() == 2 and z.shape[1] == self.z_dim, "z", z, f"shape (n, {self.z_dim})", "torch.randn(n, gan.z_dim)")
        labels = [None] * len(z) if y is None else self.check_labels(y, len(z)).split(batch)
        with evaluating(self.ema.module if ema else self.G) as G:
            return torch.cat([call(G, part, label) for part, label in zip(z.split(batch), labels)])

    def check_labels(self, y, n):
        """One label, or n of them, as a tensor (n,) of classes that G knows."""
        y, classes = torch.as_tensor(y, device=self.device), getattr(self.G, "n_classes", 0)
        known = y.dtype == torch.long and y.numel() in (1, n) and bool(((y >= 0) & (y < classes)).all())
        expect(known, "y", y, f"1 or {n} whole labels from 0 to {classes - 1}", "build G with n_classes for labels")
        return y.flatten().expand(n)

    def state(self):
        """Everything that training changes, as one flat dictionary; its tensors go on changing, so clone what is to be kept."""
        nets = {"G": self.G, "D": self.D, "ema": self.ema.module}
        flat = {f"{net}.{key}": value for net, module in nets.items() for key, value in module.state_dict().items()}
        for name, optimizer in (("g_optimizer", self.g_optimizer), ("d_optimizer", self.d_optimizer)):
            for i, entry in optimizer.state_dict()["state"].items():
                flat |= {f"{name}.{i}.{key}": torch.as_tensor(value) for key, value in entry.items()}
            flat[f"{name}.lr"] = torch.tensor(optimizer.param_groups[0]["lr"], dtype=torch.double)
        return flat | {"ema.steps": self.ema.steps}

    def baked(self):
        """What a recording of `step` holds fast: the rules, the optimizers' numbers, the modes, where weights and moments lie."""
        groups = [group for o in (self.g_optimizer, self.d_optimizer) for group in o.param_groups]
        numbers = [{name: value for name, value in group.items() if name != "params"} for group in groups]
        rules = self.loss, self.penalty, self.d_steps, self.after_d_step, self.ema.decay
        places = [value.data_ptr() for name, value in self.state().items() if not name.endswith(".lr")]
        return rules, numbers, self.G.training, self.D.training, places

    def load_state(self, flat):
        """Take over what `state` gave; nets of another shape are refused before anything changes."""
        nets = {"G": self.G, "D": self.D, "ema": self.ema.module}
        check_fits(flat, nets, {"g_optimizer": list(self.G.parameters()), "d_optimizer": list(self.D.parameters())})
        for net, module in nets.items():
            module.load_state_dict({key: flat[f"{net}.{key}"] for key in module.state_dict()})
        for name, optimizer in (("g_optimizer", self.g_optimizer), ("d_optimizer", self.d_optimizer)):
            state = {}
            for key in (key for key in flat if key.startswith(name) and key != f"{name}.lr"):
                _, i, entry = key.split(".")
                state.setdefault(int(i), {})[entry] = flat[key].clone()  # the optimizer would go on in the caller's tensor
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
            for group in optimizer.param_groups:
                group["lr"] = flat[f"{name}.lr"].item()
        self.ema.steps.copy_(flat["ema.steps"])


def adam(module, lr, betas):
    """Adam with one fused kernel for all weights; on a CPU that alone is several times quicker than the default."""
    on_gpu = next(module.parameters()).is_cuda
    return torch.optim.Adam(module.parameters(), lr=lr, betas=tuple(map(float, betas)), fused=True, capturable=on_gpu)


def call(net, x, y):
    """net(x), or net(x, y) for a conditional net."""
    return net(x) if y is None else net(x, y)


def descend(optimizer, terms):
    """One gradient step on the sum of the terms."""
    optimizer.zero_grad(set_to_none=True)
    sum(terms.values()).backward()
    optimizer.step()


@contextmanager
def frozen(module):
    """Inside, module's weights take no gradient, which saves half of the backward pass through it."""
    trainable = [p for p in module.parameters() if p.requires_grad]
    for p in trainable:
        p.requires_grad_(False)
    try:
        yield module
    finally:
        for p in trainable:
            p.requires_grad_(True)


@contextmanager
def evaluating(module):
    """Inside, module is in eval mode; afterwards each part of it is as it was."""
    modes = [(part, part.training) for part in module.modules()]
    try:
        yield module.eval()
    finally:
        for part, training in modes:
            part.training = training


def check_fits(flat, nets, optimized):
    """Refuse a state in which an entry is missing, of another shape or unknown, naming the first.

    nets: name -> module. optimized: optimizer's name -> its parameters; its entries appear with the first step only.
    """
    needed = {f"{net}.{key}": tuple(value.shape) for net, module in nets.items() for key, value in module.state_dict().items()}
    needed |= {"ema.steps": ()} | {f"{name}.lr": () for name in optimized}
    for key in [*needed, *flat]:
        allowed = [needed[key]] if key in needed else optimizer_shapes(key, optimized)
        found = tuple(flat[key].shape) if key in flat else None
        expected = f"shape {allowed[0]}" if allowed else "no such entry"
        expect(found in allowed, f"checkpoint entry {key}", found, expected, "build G and D as they were when it was saved")


def optimizer_shapes(key, optimized):
    """The shapes that an optimizer's entry, such as g_optimizer.3.exp_avg, may have: its parameter's, or that of a number."""
    match = re.fullmatch(r"(\w+)\.(\d+)\.\w+", key)
    parameters = optimized.get(match[1], [])[int(match[2]) :][:1] if match else []
    return [tuple(parameters[0].shape), ()] if parameters else []
