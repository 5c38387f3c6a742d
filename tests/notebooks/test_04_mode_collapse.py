"""Notebook 04: the page's functions equal the library's, and a stack of seeds is S games that never meet."""

import copy
import itertools

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from ganlib import losses, penalties, variants
from ganlib.course import modes
from ganlib.course.exercises.mode_collapse import STILL_COLLAPSED, TOO_FLAT, book
from ganlib.data import toys
from ganlib.ema import EMA
from ganlib.gan import GAN
from ganlib.trainer import Trainer
from tests.support.pages import page_function

PAGE = "04_mode_collapse"


class Row(torch.nn.Module):
    """One seed of a StackedMLP as plain linear layers."""

    def __init__(self, stack, seed):
        super().__init__()
        self.z_dim, self.pack, self.stddev = stack.z_dim, stack.pack, stack.stddev
        self.layers = torch.nn.ModuleList()
        for weight, bias in zip(stack.weights, stack.biases):
            layer = torch.nn.Linear(weight.shape[1], weight.shape[2], dtype=torch.float64)
            layer.weight.data, layer.bias.data = weight.data[seed].T.clone(), bias.data[seed, 0].clone()
            self.layers.append(layer)

    def forward(self, x):
        x = x.reshape(-1, self.pack * x.shape[1])
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        if self.stddev:
            spread = torch.from_numpy(np.sqrt(x.detach().numpy().var(0) + 1e-8)).mean()
            spread = spread + (
                x.var(0, correction=0).add(1e-8).sqrt().mean() - spread
            )  # numpy's value, torch's slope
            x = torch.cat([x, spread.expand(len(x), 1)], 1)
        x = self.layers[-1](x)
        return x[:, 0] if x.shape[1] == 1 else x


RULES = {
    "vanilla": {},
    "stddev": {"stddev": True},
    "packed": {"pack": 2},
    "penalty": {"penalty": lambda critic, real, fake: penalties.r1_penalty(critic, real, fake, 1.0)},
    "wasserstein": {"loss": losses.wasserstein, "d_steps": 2},
}


@pytest.mark.parametrize("name", RULES)
def test_a_seed_of_the_stack_trains_as_if_it_were_alone(name):
    rules, batch, seed = RULES[name], 16, 1
    many = variants.SeedEnsemble(range(3), (8, 8), lr=0.01, d_lr=0.02, **rules)
    many.G.double(), many.D.double()  # in float32 Adam turns rounding of a slope of 0 into a step
    many.ema = EMA(many.G)
    d_steps = many.d_steps
    alone = GAN(
        Row(many.G, seed),
        Row(many.D, seed),
        lr=0.01,
        d_lr=0.02,
        **{k: v for k, v in rules.items() if k not in ("stddev", "pack")},
    )
    ring = toys.ring()
    for step in range(5):
        torch.manual_seed(step)
        real = ring.batch(3 * batch * d_steps)[0].double()
        z = [torch.randn(3 * batch, 2).double() for _ in range(d_steps)]
        mine = [part[seed * batch : (seed + 1) * batch] for part in (*real.chunk(d_steps), *z)]
        feeds = iter(z), iter(mine[d_steps:])
        many.sample_fakes = lambda n, y=None, feed=feeds[0]: many.G(next(feed))
        alone.sample_fakes = lambda n, y=None, feed=feeds[1]: alone.G(next(feed))
        many.step(real)
        alone.step(torch.cat(mine[:d_steps]))
    for stack, row in ((many.G, alone.G), (many.D, alone.D)):
        for weight, layer in zip(stack.weights, row.layers):
            torch.testing.assert_close(weight[seed], layer.weight.T, rtol=1e-6, atol=1e-8)


def test_terms_are_means_over_the_seeds():
    many = variants.SeedEnsemble(range(4), (8,))
    terms = many.step(torch.randn(32, 2))
    assert 0.5 < terms["d_loss"] < 3
    with pytest.raises(
        ValueError, match="real: expected a multiple of 4 rows .4 seeds, packs, d_steps., but got 30"
    ):
        many.step(torch.randn(30, 2))
    with pytest.raises(ValueError, match="real: expected a multiple of 8 rows .*but got 12"):
        variants.SeedEnsemble(range(4), (8,), pack=2).step(torch.randn(12, 2))


def test_unrolled_critic_is_where_adam_would_take_the_discriminator():
    torch.manual_seed(0)
    many = variants.SeedEnsemble(range(2), (8, 8), d_lr=0.01)
    real, fake = torch.randn(32, 2), torch.randn(32, 2)
    with pytest.raises(ValueError, match="optimizer: expected an Adam that has made an update"):
        variants.unrolled_critic(many.D, many.d_optimizer, None, 3)
    many.step(real)
    twin, adam = copy.deepcopy(many.D), many.d_optimizer.state_dict()
    optimizer = torch.optim.Adam(twin.parameters(), 0.01, (0.5, 0.999))
    optimizer.load_state_dict(copy.deepcopy(adam))

    def objective(critic):
        return losses.non_saturating.d_loss(critic(real), critic(fake))

    for _ in range(3):
        optimizer.zero_grad()
        objective(twin).backward()
        optimizer.step()
    before = copy.deepcopy(many.D.state_dict())
    ahead = variants.unrolled_critic(many.D, many.d_optimizer, objective, 3)
    x = torch.randn(20, 2)
    torch.testing.assert_close(ahead(x), twin(x), rtol=1e-3, atol=1e-4)
    for key, value in many.D.state_dict().items():
        assert torch.equal(value, before[key])


def test_unrolled_gradient_reaches_g_through_the_updates():
    """Against a finite difference: moving the fakes also moves the discriminator that will judge them."""
    torch.manual_seed(0)
    many = variants.SeedEnsemble([0], (8,), d_lr=0.01)
    many.to_double = [net.double() for net in (many.G, many.D)]
    real, fake = torch.randn(16, 2).double(), torch.randn(16, 2).double()
    many.d_optimizer = torch.optim.Adam(many.D.parameters(), 0.01, (0.5, 0.999))
    losses.non_saturating.d_loss(many.D(real), many.D(fake)).backward()
    many.d_optimizer.step()

    def value(fake):
        ahead = variants.unrolled_critic(
            many.D, many.d_optimizer, lambda c: losses.non_saturating.d_loss(c(real), c(fake)), 2
        )
        return losses.non_saturating.g_loss(ahead(fake))

    (slope,) = torch.autograd.grad(value(fake.requires_grad_()), fake)
    move = torch.zeros_like(fake)
    move[3, 1] = 1e-6
    finite = (value(fake + move) - value(fake - move)) / 2e-6
    torch.testing.assert_close(slope[3, 1], finite, rtol=1e-3, atol=1e-8)


def test_stddev_feature_against_numpy():
    h = torch.randn(3, 8, 5)
    out = variants.append_stddev(h, group=4)
    assert torch.equal(out[..., :5], h)
    spread = np.sqrt(h.numpy().reshape(3, 2, 4, 5).var(2) + 1e-8).mean(-1)  # (3, 2)
    np.testing.assert_allclose(out[..., 5].numpy(), spread.repeat(4, 1), rtol=1e-5)
    assert torch.equal(variants.MinibatchStdDev(4)(h), out)
    with pytest.raises(ValueError, match="divisor of the batch, 8, but got 3.*group=None"):
        variants.append_stddev(h, group=3)


def test_pack_lays_neighbors_side_by_side():
    x = torch.arange(12.0).reshape(6, 2)
    assert variants.pack(x, 3).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    with pytest.raises(ValueError, match="multiple of m = 4"):
        variants.pack(x, 4)


def test_the_page_is_the_library():
    h = torch.randn(10, 16, 7)
    torch.testing.assert_close(page_function(PAGE, "append_stddev")(h), variants.append_stddev(h))
    x = torch.randn(12, 2)
    assert torch.equal(page_function(PAGE, "pack")(x, 3), variants.pack(x, 3))


def test_what_g_descends_against_scipy():
    p, g = np.full(8, 1 / 8), np.array([0.4, 0.3, 0.2, 0.1, 0, 0, 0, 0])
    saturating, non_saturating = page_function(PAGE, "descended")(torch.tensor(p), torch.tensor(g))
    jsd = jensenshannon(p, g) ** 2
    assert saturating.item() == pytest.approx(2 * jsd)
    assert non_saturating.item() == pytest.approx(entropy(g, p) - 2 * jsd)


def test_the_distance_of_packs_by_counting_them(monkeypatch):
    distance, share = page_function(PAGE, "distance"), torch.tensor([0.5, 0.25, 0.125, 0.125])
    monkeypatch.setitem(distance.__globals__, "shares", {"real": torch.full((4,), 0.25)})
    for m in (1, 2, 3):
        packs = itertools.product(share.tolist(), repeat=m)
        expected = sum(abs(np.prod(pack) - 0.25**m) for pack in packs) / 2
        assert distance(share, m) == pytest.approx(expected)


def test_a_recording_counts_saves_and_returns(tmp_path, monkeypatch):
    games, ring, record = variants.SeedEnsemble(range(3), (8,)), toys.ring(), modes.Recording("a run")
    for snapshot in Trainer(games, ring, batch_size=3 * 16).until(4, every=2):
        before = torch.get_rng_state()
        record.add(snapshot, games, ring, n=500)
        assert torch.equal(torch.get_rng_state(), before), "counting draws nothing from the caller's stream"
    assert record.steps == [2, 4] and record.points[0].shape == (3, 400, 2)
    torch.manual_seed(1)
    found = games.coverage(ring, 500, ema=True)
    assert record.covered[-1] == [one.covered for one in found]
    assert record.median("kl") == sorted(one.kl for one in found)[1]
    assert record.at(4) == 1 and record.within(record.seconds[0]) == 0
    assert record.row(0)[:2] == ("a run", "2") and record.words().startswith("a run: step 4, after")
    record.save(tmp_path / "run.safetensors", shown=7)
    monkeypatch.setattr(modes, "asset", lambda name: tmp_path / "run.safetensors")
    again = modes.recording("run")
    assert again.points[1].shape == (3, 7, 2) and again.kl[1] == pytest.approx(record.kl[1])
    assert (again.label, again.steps, again.covered) == (record.label, record.steps, record.covered)


def test_labels_speak_of_one_mode_and_of_many():
    assert modes.Recording("", covered=[[0, 1, 8]]).labels() == ["0 modes", "1 mode", "8 modes"]


def test_any_penalty_that_rescues_the_patient_is_right():
    """Not only the reference: the same damping on points between real and fake."""

    def between(critic, real, fake):
        return penalties.r1_penalty(critic, (real + fake) / 2, weight=0.3)

    assert book.penalty.judge(between)[0] == "solved"


@pytest.mark.parametrize(
    ("weight", "words"),
    [(0.003, STILL_COLLAPSED), (0.1, "right!"), (0.3, "right!"), (1, "right!"), (50, TOO_FLAT)],
)
def test_a_sensible_weight_passes_and_one_far_off_does_not(weight, words):
    def weighed(critic, real, fake):
        return penalties.r1_penalty(critic, real, fake, weight=2 * weight)  # R1 has a half in it

    assert words in book.penalty.judge(weighed)[1]


@pytest.mark.parametrize("mixture, columns", [(toys.ring(), 5), (toys.grid(), 4)])
def test_clouds_lie_over_their_modes_and_never_over_each_other(mixture, columns):
    points = torch.stack([mixture.batch(50)[0] for _ in range(7)])
    (ax,) = modes.clouds(points, mixture, list("abcdefg"), columns=columns).axes
    assert [text.get_text() for text in ax.texts] == list("abcdefg")
    centers, samples = ax.lines[::2], ax.lines[1::2]
    for circles, triangles in zip(centers, samples):
        places, drawn = (torch.tensor(line.get_xydata()).float() for line in (circles, triangles))
        assert len(drawn) == 50 and torch.cdist(drawn, places).min(1).values.max() < 6 * mixture.sd
    boxes = [(line.get_xydata().min(0), line.get_xydata().max(0)) for line in centers]
    for (low, high), (other_low, other_high) in itertools.combinations(boxes, 2):
        assert (high < other_low).any() or (other_high < low).any()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for line in ax.lines:
        x, y = line.get_xydata().T
        assert left < x.min() and x.max() < right and bottom < y.min() and y.max() < top
