"""What lets D see that samples are too much alike, and a way to train many seeds at once. Notebook 04."""

import torch
from torch import nn
from torch.func import functional_call

from ganlib.errors import expect
from ganlib.gan import GAN
from ganlib.metrics import mode_coverage


def append_stddev(h, group=None):
    """Append to each row of h how far the rows of its group spread: (..., B, n) -> (..., B, n + 1).

        spread = mean over features of sqrt(variance over the group)

    group: how many rows are compared, the whole batch by default. A collapsed batch has a small spread, and D sees it.
    Karras et al., 2018, arXiv:1710.10196. Notebook 04.
    """
    size = h.shape[-2]
    group = group or size
    expect(size % group == 0, "group", group, f"a divisor of the batch, {size}", "group=4")
    rows = h.unflatten(-2, (-1, group))  # (..., B / group, group, n)
    spread = (rows.var(-2, unbiased=False) + 1e-8).sqrt().mean(-1)  # (..., B / group); 1e-8 keeps the root smooth at 0
    return torch.cat([h, spread.repeat_interleave(group, -1)[..., None]], -1)


class MinibatchStdDev(nn.Module):
    """`append_stddev` as a layer for D, before its last linear layer: (B, n) -> (B, n + 1)."""

    def __init__(self, group=None):
        super().__init__()
        self.group = group

    def forward(self, h):
        return append_stddev(h, self.group)


def pack(x, m):
    """Lay m samples side by side, so that D judges them together: (B, ...) -> (B / m, m * features).

    Lin et al., 2018, arXiv:1712.04086. Notebook 04.
    """
    expect(len(x) % m == 0, "x", x, f"a multiple of m = {m} samples", "draw more")
    return x.flatten(1).unflatten(0, (-1, m)).flatten(1)


class Packed(nn.Module):
    """PacGAN's discriminator: D over packs of m samples, x (B, ...) -> logits (B / m,). D's input is m times as wide."""

    def __init__(self, D, m=2):
        super().__init__()
        self.D, self.m = D, m

    def forward(self, x):
        return self.D(pack(x, self.m))


def unrolled_critic(D, optimizer, objective, steps):
    """D as it will be after `steps` Adam updates on objective(critic), x -> logits, differentiable through the updates.

    optimizer: D's Adam, whose moments are read and not changed; so is D. In G's loss it stands for D:
    G then sees how D will answer. Metz et al., 2017, arXiv:1611.02163. Notebook 04.
    """
    expect(optimizer.state, "optimizer", "no update yet", "an Adam that has made one, so that it has moments", "step D first")
    rule = optimizer.param_groups[0]
    (b1, b2), lr, eps = rule["betas"], rule["lr"], rule["eps"]
    future = {name: p.detach().requires_grad_() for name, p in D.named_parameters()}
    state = {name: optimizer.state[p] for name, p in D.named_parameters()}
    m, v = ({name: s[moment] for name, s in state.items()} for moment in ("exp_avg", "exp_avg_sq"))
    done = int(next(iter(state.values()))["step"])
    for t in range(done + 1, done + 1 + steps):
        value = objective(lambda x, weights=future: functional_call(D, weights, (x,)))
        slopes = dict(zip(future, torch.autograd.grad(value, list(future.values()), create_graph=True)))
        m = {name: b1 * m[name] + (1 - b1) * slope for name, slope in slopes.items()}
        v = {name: b2 * v[name] + (1 - b2) * slope**2 for name, slope in slopes.items()}
        root = {name: (v[name] / (1 - b2**t) + 1e-16).sqrt() + eps for name in v}  # 1e-16: no infinite slope at v = 0
        future = {name: w - lr * m[name] / (1 - b1**t) / root[name] for name, w in future.items()}
    return lambda x: functional_call(D, future, (x,))


class StackedMLP(nn.Module):
    """One multilayer perceptron for each seed, side by side: weights (S, n_in, n_out), ReLU between the layers.

    x (S * B, n) -> (S * B, n_out), or logits (S * B,) where n_out is 1; the first B rows belong to the first seed.
    No seed ever touches another, and ten cost about three times as much as one.
    streams: one torch.Generator a seed, which draws its weights as nn.Linear would.
    pack: samples laid side by side. stddev: `append_stddev` before the last layer, over the seed's batch.
    batches: how many batches each seed's rows hold, one after the other; a spread is that of one batch.
    """

    def __init__(self, streams, *widths, pack=1, stddev=False):
        super().__init__()
        self.seeds, self.z_dim, self.pack, self.stddev = len(streams), widths[0], pack, stddev
        inputs = [pack * widths[0], *widths[1:-1]]
        inputs[-1] += stddev
        self.weights = nn.ParameterList(uniform(streams, n, m, bound=n**-0.5) for n, m in zip(inputs, widths[1:]))
        self.biases = nn.ParameterList(uniform(streams, 1, m, bound=n**-0.5) for n, m in zip(inputs, widths[1:]))

    def forward(self, x, batches=1):
        h = pack(x, self.pack).unflatten(0, (self.seeds, -1))  # (S, B / pack, n)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            if i == len(self.weights) - 1 and self.stddev:
                h = append_stddev(h, h.shape[1] // batches)
            h = torch.baddbmm(bias, h, weight)  # S matrix products at once
            h = h.relu() if i < len(self.weights) - 1 else h
        return h.flatten() if h.shape[-1] == 1 else h.flatten(0, 1)


def uniform(streams, *shape, bound):
    """One parameter (S, *shape), each slice drawn from its seed's own stream in [-bound, bound]."""
    return nn.Parameter(torch.stack([(2 * torch.rand(shape, generator=stream) - 1) * bound for stream in streams]))


class ManySeeds(GAN):
    """S independent games of 2-D points in one: G and D are stacks, and each seed's loss is its own mean.

    seeds: whole numbers that set the weights. hidden: widths between. batch_size of its Trainer is S times that of one game.
    unroll: how many updates of D the generator looks ahead; it then raises the loss that D has after them.
    Other arguments as for GAN. Terms come back as means over seeds.
    """

    def __init__(self, seeds, hidden=(64,) * 4, z_dim=2, *, pack=1, stddev=False, unroll=0, device=None, **rules):
        streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        expect(streams, "seeds", seeds, "one whole number or more", "ManySeeds(range(10))")
        G = StackedMLP(streams, z_dim, *hidden, 2)
        D = StackedMLP(streams, 2, *hidden, 1, pack=pack, stddev=stddev)
        self.seeds, self.unroll = len(streams), unroll
        super().__init__(G.to(device), D.to(device), device=device, **rules)

    def logits(self, real, fake, y=None):
        both = torch.cat([x.unflatten(0, (self.seeds, -1)) for x in (real, fake)], 1)  # (S, 2 B, n), seed by seed
        real, fake = self.D(both.flatten(0, 1), batches=2).unflatten(0, (self.seeds, -1)).chunk(2, 1)
        return real.flatten(), fake.flatten()

    def d_objective(self, real, fake, y=None):
        self.real = real  # the unrolled loss needs them again
        return {name: self.seeds * term for name, term in super().d_objective(real, fake, y).items()}

    def g_objective(self, fake, y=None):
        if not self.unroll:
            return {"g_loss": self.seeds * self.loss.g_loss(self.D(fake))}  # a sum over seeds of means

        def d_loss(critic):
            return self.seeds * self.loss.d_loss(critic(self.real), critic(fake))

        return {"g_loss": -d_loss(unrolled_critic(self.D, self.d_optimizer, d_loss, self.unroll))}  # G raises it

    def check_real(self, real):
        super().check_real(real)
        parts = self.seeds * self.D.pack * self.d_steps
        expect(len(real) % parts == 0, "real", real, f"a multiple of {parts} rows: {self.seeds} seeds, packs, d_steps", "draw more")

    def step(self, real, y=None):
        return {name: term / self.seeds for name, term in super().step(real, y).items()}

    @torch.no_grad()
    def samples(self, n, ema=False):
        """(S, n, 2): n points of each seed's generator."""
        z = torch.randn(self.seeds * n, self.z_dim, device=self.device)
        return (self.ema.module if ema else self.G)(z).unflatten(0, (self.seeds, n))

    def coverage(self, mixture, n=2_500, ema=False):
        """A metrics.Coverage for each seed."""
        return [mode_coverage(points, mixture) for points in self.samples(n, ema)]
