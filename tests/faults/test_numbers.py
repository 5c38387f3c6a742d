"""Losses, penalties and metrics on random shapes, types and extreme values, against float64 formulas.

For finite input the answer is right or a clear error, never NaN. Further: explosions, and equal seeds.
"""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlib import losses, metrics, penalties, trainer
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.trainer import Trainer

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
dtypes = st.sampled_from(DTYPES)
layouts = st.sampled_from(("contiguous", "strided", "transposed"))
scales = st.sampled_from((0.0, 1e-6, 1.0, 30.0, 1e4))


def laid_out(x, layout):
    """The same values (n, ...) under other strides."""
    if layout == "strided":
        return torch.stack([x, torch.full_like(x, math.nan)], -1).flatten(-2)[..., ::2] if x.numel() else x
    return x.movedim(0, -1).contiguous().movedim(-1, 0) if layout == "transposed" else x


@st.composite
def arrays(draw, shape, scale=scales):
    """Tensors of a shape: random, of one of the scales in which the trouble lies, some entries just there."""
    rng, size = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(scale)
    values = rng.uniform(-1, 1, shape)
    extreme = rng.random(shape) < 0.2
    values[extreme] = np.sign(values[extreme])
    return laid_out(torch.from_numpy(size * values).to(draw(dtypes)), draw(layouts))


def close(found, expected, dtype, size=1.0):
    """A 0-dim tensor is what float64 says, up to a few roundings of its type; `size`: of what was added up.

    torch's softplus is x beyond 20, where the true value is 2e-9 more.
    """
    assert torch.is_tensor(found) and found.dim() == 0
    tolerance = 8 * torch.finfo(dtype).eps * max(size, abs(expected)) + 5e-9
    assert abs(found.item() - expected) <= tolerance, (found, expected)


def as_double(x):
    return x.detach().double().numpy()


softplus = lambda x: -scipy.special.log_expit(-x)  # noqa: E731
relu = lambda x: np.maximum(x, 0)  # noqa: E731
FORMULAS = {
    "minimax": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda f: -softplus(f).mean()),
    "non_saturating": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda f: softplus(-f).mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
    "hinge": (lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(), lambda f: -f.mean()),
    "relativistic": (lambda r, f: softplus(f - r).mean(), None),
}


@settings(max_examples=300)
@given(
    st.sampled_from(list(FORMULAS)),
    st.integers(1, 300).flatmap(lambda n: st.tuples(arrays((n,)), arrays((n,)))),
)
def test_losses_against_float64(name, pair):
    real, fake = pair
    fake = fake.to(real.dtype)
    loss, (d_formula, g_formula) = getattr(losses, name), FORMULAS[name]
    size = 1 + max(as_double(x).__abs__().max() for x in pair)
    logits = [x.requires_grad_() for x in (real.clone(), fake.clone())]
    found = loss.d_loss(*logits)
    close(found, d_formula(as_double(real), as_double(fake)), real.dtype, size)
    found.backward()
    assert all(x.grad.isfinite().all() and (x.grad.abs() <= 1.01 / len(x)).all() for x in logits), (
        "slopes of at most 1 each"
    )
    if g_formula is None:
        close(
            losses.relativistic_g_loss(real, fake),
            d_formula(as_double(fake), as_double(real)),
            real.dtype,
            size,
        )
    else:
        close(loss.g_loss(fake), g_formula(as_double(fake)), fake.dtype, size)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(
    "bad", [torch.zeros(0), torch.zeros(3, 1), torch.zeros(()), torch.zeros(3, dtype=torch.int8), None]
)
def test_losses_refuse_what_is_no_batch_of_logits(name, bad):
    with pytest.raises(
        ValueError, match=r"(real|fake): expected logits, a non-empty float tensor of shape \(B,\)"
    ):
        getattr(losses, name).d_loss(bad, bad)


@given(st.sampled_from(list(FORMULAS)), st.sampled_from((math.nan, math.inf)))
def test_nan_is_passed_on_not_hidden(name, bad):
    """A loss of a NaN must not look like a number: the Trainer looks for it there."""
    poisoned = torch.tensor([0.0, bad, 1.0])
    assert not losses.minimax.d_loss(-poisoned, poisoned).isfinite()
    assert not getattr(losses, name).d_loss(-poisoned, poisoned).isfinite()


# Penalties


@settings(max_examples=200)
@given(
    st.tuples(st.integers(1, 20), st.integers(1, 9)).flatmap(
        lambda s: st.tuples(arrays(s), arrays(s), arrays(s[1:]))
    ),
    st.sampled_from(("linear", "bowl")),
)
def test_penalties_against_float64(parts, kind):
    """A linear critic has slope w everywhere, a bowl w * x; what flows back into w is finite too."""
    real, fake, w = (part.to(parts[0].dtype) for part in parts)
    w = (w / 100).clone().requires_grad_()  # slopes up to 100, or 1e6 for the bowl, too much for float16
    if kind == "bowl" and w.dtype == torch.float16:
        real, fake = real / 100, fake / 100
    seen = []

    def critic(x):
        seen.append(as_double(x))
        return ((w * x) if kind == "linear" else (w * x * x / 2)).sum(1)

    for penalty in (penalties.gradient_penalty, penalties.r1_penalty, penalties.r2_penalty):
        seen.clear()
        found = penalty(critic, real, fake, weight=2.0)
        gradient = np.broadcast_to(as_double(w), seen[0].shape) * (1 if kind == "linear" else seen[0])
        squared = (gradient**2).sum(1)
        gp = penalty is penalties.gradient_penalty
        expected = 2 * ((np.sqrt(squared) - 1) ** 2).mean() if gp else squared.mean()
        close(found, expected, real.dtype, 10 * (1 + squared.mean()))
        (slope,) = torch.autograd.grad(found, w)
        assert not slope.isnan().any()


def test_penalties_refuse_what_they_cannot_judge():
    x, slope = torch.zeros(4, 2), torch.ones(2, requires_grad=True)
    linear = lambda x: x @ slope  # noqa: E731
    for bad in (torch.zeros(0, 2), torch.zeros(4), torch.zeros(4, 2, dtype=torch.long), None):
        for penalty in (penalties.gradient_penalty, penalties.r1_penalty):
            with pytest.raises(ValueError, match="(x|real): expected a non-empty float batch"):
                penalty(linear, bad, bad)
    with pytest.raises(ValueError, match=r"fake: expected the shape of real, \(4, 2\)"):
        penalties.gradient_penalty(linear, x, x[:3])
    with pytest.raises(ValueError, match=r"critic\(x\): expected logits of shape \(4,\)"):
        penalties.r1_penalty(lambda x: linear(x)[:2], x)
    with (
        torch.no_grad(),
        pytest.raises(
            ValueError,
            match="critic.x.: expected a graph back to x, but got logits without one; leave torch.no_grad",
        ),
    ):
        penalties.r1_penalty(linear, x)


# Metrics


def matrices(rows, columns, scale=scales):
    """Two (n, d) tensors with the same d."""
    sizes = st.tuples(rows, rows, columns)
    return sizes.flatmap(lambda s: st.tuples(arrays((s[0], s[2]), scale), arrays((s[1], s[2]), scale)))


@settings(max_examples=150)
@given(matrices(st.integers(2, 40), st.integers(1, 8)), st.sampled_from(DTYPES[2:]))
def test_frechet_distance_against_scipy(pair, dtype):
    a, b = (as_double(x) for x in pair)
    (mean_a, cov_a), (mean_b, cov_b) = (metrics.moments(x) for x in pair)
    for x, mean, cov in ((a, mean_a, cov_a), (b, mean_b, cov_b)):
        np.testing.assert_allclose(mean, x.mean(0), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(cov, np.cov(x, rowvar=False).reshape(cov.shape), rtol=1e-6, atol=1e-9)
    size = cov_a.trace().item() + cov_b.trace().item() + (mean_a - mean_b).square().sum().item()
    nuclear = scipy.linalg.svdvals(
        root(cov_a.numpy()) @ root(cov_b.numpy())
    ).sum()  # tr (A^½ B A^½)^½ by another road
    expected = (mean_a - mean_b).square().sum().item() + (cov_a + cov_b).trace().item() - 2 * nuclear
    found = metrics.frechet_distance(*(x.to(dtype) for x in (mean_a, cov_a, mean_b, cov_b)))
    assert found >= 0 and abs(found - expected) <= max(1e-6, 2e-3 * (dtype == torch.float32)) * size + 1e-12


def root(matrix):
    """The symmetric square root of a covariance."""
    values, vectors = scipy.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


@settings(max_examples=100)
@given(st.tuples(st.integers(2, 60), st.integers(1, 12)).flatmap(arrays))
def test_classifier_score_against_scipy(logits):
    p = logits.float().softmax(1).to(logits.dtype)
    q = as_double(p)
    expected = math.exp(np.mean([scipy.special.rel_entr(row, q.mean(0)).sum() for row in q]))
    assert metrics.classifier_score(p) == pytest.approx(expected, rel=0.02 if p.dtype in DTYPES[:2] else 1e-4)


@settings(max_examples=100)
@given(
    matrices(st.integers(5, 40), st.integers(1, 5)), st.integers(1, 4), st.sampled_from((0.0, 1e4))
)  # 26: another formula
def test_precision_recall_against_a_plain_loop(pair, k, offset):
    real, fake = (x + x.new_tensor(offset) for x in pair)
    r, f = as_double(real), as_double(fake)

    def share(support, points):
        radii = np.sort(scipy.spatial.distance.cdist(support, support), 1)[:, k]
        gaps = scipy.spatial.distance.cdist(points, support) - radii
        return (gaps <= -1e-9).any(1).mean(), (gaps <= 1e-9).any(1).mean()  # ties may go either way

    found = metrics.precision_recall(real, fake, k)
    for value, (low, high) in zip(found, (share(r, f), share(f, r))):
        assert low - 1e-6 <= value <= high + 1e-6


@settings(max_examples=150)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(arrays((n,)), arrays((n,)))))
def test_wasserstein_1d_against_scipy(pair):
    expected = scipy.stats.wasserstein_distance(*(as_double(x) for x in pair))
    assert metrics.wasserstein_1d(*pair) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=100)
@given(st.integers(2, 80).flatmap(lambda n: arrays((n, 2), st.sampled_from((0.0, 2.5, 1e4)))))
def test_mode_coverage_against_a_plain_loop(x):
    ring, points = toys.ring(), as_double(x)
    centers = ring.centers.double().numpy()
    distance = scipy.spatial.distance.cdist(points, centers)
    near, mode, modes = distance.min(1) <= 3 * ring.sd, distance.argmin(1), len(centers)
    counts = np.bincount(mode[near], minlength=modes)
    found = metrics.mode_coverage(x, ring)
    assert found.covered == (counts >= len(points) / modes / 5).sum() and found.high_quality == pytest.approx(
        near.mean(), abs=1e-6
    )
    tied = np.sort(distance, 1)[:, 1] - distance.min(1) < 1e-6 * (
        1 + distance.min(1)
    )  # between two modes: either is right
    if not tied.any():
        share = np.bincount(mode, minlength=modes) / len(points)
        assert found.kl == pytest.approx(scipy.special.xlogy(share, share * modes).sum(), abs=1e-9)
    assert math.isfinite(found.kl)


@settings(max_examples=60)
@given(matrices(st.integers(1, 40), st.integers(1, 30), st.sampled_from((0.0, 1.0))))
def test_nearest_neighbors_against_scipy(pair):
    images, real = (x[:, None, None] for x in pair)
    distance = scipy.spatial.distance.cdist(*(as_double(x) for x in pair)) / pair[0].shape[1] ** 0.5
    index, found = metrics.nearest_neighbors(images, real)
    np.testing.assert_allclose(found, distance.min(1), atol=3e-3)
    np.testing.assert_allclose(distance[np.arange(len(distance)), index], distance.min(1), atol=3e-3)


BAD = {
    "probabilities: expected": lambda x, bad: metrics.classifier_score(bad),
    "fake: expected": lambda x, bad: metrics.precision_recall(x, bad),
    "x: expected": lambda x, bad: metrics.mode_coverage(bad, toys.ring()),
    "images: expected": lambda x, bad: metrics.nearest_neighbors(bad, x),
    "cov_b: expected": lambda x, bad: metrics.frechet_distance(x[0], x[:2], x[0], bad),
    "b: expected": lambda x, bad: metrics.wasserstein_1d(x[0], bad[0] if len(bad) else bad),
}


@pytest.mark.parametrize("call", BAD)
@pytest.mark.parametrize(
    "bad",
    [
        torch.zeros(0, 2),
        torch.full((6, 2), math.nan),
        torch.full((6, 2), -math.inf),
        torch.zeros(6, 3),
        torch.zeros(2, 2, 2),
    ],
    ids=["empty", "nan", "infinite", "too wide", "too deep"],
)
def test_metrics_refuse_what_they_cannot_measure(call, bad):
    with pytest.raises(ValueError, match=f"^{call}"):
        BAD[call](torch.eye(2).repeat(3, 1), bad)


@pytest.mark.parametrize(
    "bad", [torch.zeros(1, 2), torch.zeros(4), torch.full((3, 2), math.inf), torch.eye(3).long()]
)
def test_moments_refuse_what_has_none(bad):
    with pytest.raises(ValueError, match="^x: expected a finite float tensor"):
        metrics.moments(bad)


def test_metrics_name_what_only_looks_right():
    eye = torch.eye(3)
    with pytest.raises(ValueError, match="cov_a: expected a symmetric matrix"):
        metrics.frechet_distance(eye[0], eye + torch.tensor([[0, 5.0, 0], [0, 0, 0], [0, 0, 0]]), eye[0], eye)
    with pytest.raises(ValueError, match="probabilities: expected rows that sum to 1"):
        metrics.classifier_score(3 * eye)
    with pytest.raises(ValueError, match="k: expected .*but got 1.5"):
        metrics.precision_recall(eye, eye, k=1.5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_judge_sees_the_same_in_every_type(judge, digits, dtype):
    x = digits[torch.arange(300)][0]
    report, expected = judge(x.to(dtype)), judge(x)
    assert (
        report.relative_fd == pytest.approx(expected.relative_fd, rel=0.02)
        and report.classes == expected.classes
    )
    with pytest.raises(ValueError, match="images: expected 4 images or more"):
        judge(x[:3].to(dtype))


# Explosions, and the way back


def small(lr=2e-3, **rules):
    torch.manual_seed(0)
    return Trainer(
        GAN(MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,)), lr=lr, **rules), toys.ring(), 16
    )


def copy_of(state):
    return {key: value.clone() for key, value in state.items()}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("term", ["d_loss", "penalty", "g_loss"])
def test_an_explosion_names_term_step_and_causes_and_keeps_the_last_good_state(monkeypatch, term):
    monkeypatch.setattr(trainer, "SECONDS_BETWEEN_COPIES", 0)
    t = small(penalty=penalties.r1_penalty)
    list(t.until(20, every=10))
    good, step = copy_of(t.model.state_dict()), t.model.step
    t.model.step = lambda *batch: step(*batch) | {term: torch.tensor(math.nan)}
    causes = "a learning rate too high, weights initialized too large, a log of a probability"
    with pytest.raises(
        FloatingPointError,
        match=f"^{term} is nan by step 30. The usual causes, likeliest first: {causes}.*"
        "The model is back as it was at step 20, .*gan.scale_lr",
    ):
        list(t.until(50, every=10))
    assert t.step == 20 and equal(t.model.state_dict(), good)
    assert [row["step"] for row in t.history] == [10, 20, 30], "the explosion can be plotted"
    t.model.step = step
    list(t.until(50, every=10))
    straight = small(penalty=penalties.r1_penalty)
    list(straight.until(50, every=10))
    assert equal(t.model.state_dict(), straight.model.state_dict()) and t.history == straight.history


def test_the_copy_stays_whole_when_training_goes_on_from_it(monkeypatch):
    """Two explosions, and only one copy before them: what was trained in between has not seeped into it."""
    monkeypatch.setattr(trainer, "SECONDS_BETWEEN_COPIES", 0)
    t = small()
    list(t.until(20, every=10))
    list(t.until(20 + 1))  # copies the state at step 20
    monkeypatch.setattr(trainer, "SECONDS_BETWEEN_COPIES", 1e9)
    straight = small()
    list(straight.until(20))
    step = t.model.step
    for steps in (1, 9):
        t.model.step = lambda *batch, end=20 + steps: (
            step(*batch) | ({"g_loss": torch.tensor(math.nan)} if t.step >= end else {})
        )
        with pytest.raises(FloatingPointError, match="as it was at step 20,"):
            list(t.until(50, every=5))
        assert t.step == 20 and equal(t.model.state_dict(), straight.model.state_dict())


def test_a_real_explosion_and_smaller_steps():
    t = small()
    t.model.scale_lr(1e33)
    for _ in range(2):  # running the cell again changes nothing by itself
        with pytest.raises(FloatingPointError, match="by step 5..*back as it was at step 0"):
            list(t.until(40, every=5))
        assert all(value.isfinite().all() for value in t.model.state_dict().values())
    t.model.scale_lr(1e-33)
    assert [s.step for s in t.until(40, every=5)][-1] == 40


def test_a_copy_is_only_kept_where_every_weight_is_finite(monkeypatch):
    """The last update before a snapshot may break the weights while the means are still finite."""
    monkeypatch.setattr(trainer, "SECONDS_BETWEEN_COPIES", 0)
    t = small()
    list(t.until(10, every=10))
    list(t.until(20, every=10))
    next(t.model.D.parameters()).data[0, 0] = math.nan
    with pytest.raises(FloatingPointError, match="back as it was at step 10"):
        list(t.until(30, every=10))
    assert t.step == 10 and all(value.isfinite().all() for value in t.model.state_dict().values())


def test_a_full_device_memory_names_the_batch_size_to_try(monkeypatch):
    monkeypatch.setattr(trainer, "SECONDS_BETWEEN_COPIES", 1e9)  # so that only the start is copied
    t, straight = small(), small()
    step, calls = t.model.step, []

    def full(*batch):
        calls.append(1)
        if len(calls) > 12:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return step(*batch)

    t.model.step = full
    with pytest.raises(
        MemoryError,
        match="^The device's memory is full with batch_size=16. The model is back as it was at step 0,.*"
        "Build the Trainer again with batch_size=8;",
    ) as caught:
        list(t.until(40, every=10))
    assert caught.value.__context__ is None, "the first error, and what its traceback holds, is let go"
    t.model.step = step
    list(t.until(40))
    list(straight.until(40))
    assert equal(t.model.state_dict(), straight.model.state_dict())


def test_same_seed_same_numbers_on_digits(digits):
    """Twice the same, to the last bit, on the CPU: training, samples and what the judge says."""

    def once():
        torch.manual_seed(3)
        t = Trainer(GAN(MLPGenerator(), MLPDiscriminator(), penalty=penalties.r1_penalty), digits, seed=3)
        list(t.until(30, every=10))
        torch.manual_seed(4)
        return t.model.state_dict(), t.history, t.model.generate(50)

    (state, history, images), (state_2, history_2, images_2) = once(), once()
    assert equal(state, state_2) and history == history_2 and torch.equal(images, images_2)
