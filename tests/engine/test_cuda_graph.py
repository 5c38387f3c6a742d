"""Captured steps: their bookkeeping on any machine, with a capturer that only counts; graphs on a GPU."""

import os
import subprocess
import sys
from contextlib import nullcontext
from functools import partial

import pytest
import torch

from ganlib import data
from ganlib.data import toys
from ganlib.engine.cuda_graph import WARM_UP_STEPS, StepRunner, capturer_for
from ganlib.gan import GAN
from ganlib.losses import wasserstein
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.penalties import clip_weights, gradient_penalty, r1_penalty
from ganlib.trainer import Trainer

needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="records CUDA graphs: needs a GPU that CUDA can use"
)


class CountingCapturer:
    """Captures nothing: executes again. Counts captures, or fails at the first."""

    def __init__(self, error=None):
        self.error, self.captures, self.replays = error, 0, 0

    def side_stream(self):
        return nullcontext()

    def capture(self, work):
        if self.error:
            raise self.error
        self.captures += 1

        def replay():
            self.replays += 1
            work()

        return replay


def small_trainer(capturer=None):
    torch.manual_seed(0)
    gan = GAN(MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,)), penalty=r1_penalty)
    trainer = Trainer(gan, toys.ring(), 16)
    trainer._runner.capturer = capturer
    return trainer


def weights(trainer):
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def test_warm_up_steps_and_replays_are_steps_like_any_other():
    counting = CountingCapturer()
    plain, captured = small_trainer(), small_trainer(counting)
    terms = [[snapshot.terms for snapshot in trainer.until(20, every=7)] for trainer in (plain, captured)]
    assert terms[0] == terms[1]
    assert (counting.captures, counting.replays) == (1, 20 - WARM_UP_STEPS)
    assert all(torch.equal(value, weights(captured)[name]) for name, value in weights(plain).items())


def test_means_of_terms_are_means_over_the_snapshots_own_steps():
    values = iter(torch.arange(1.0, 9.0))
    runner = StepRunner()
    for expected in (1 + 2 + 3, 4 + 5 + 6):
        runner.begin(str)
        for _ in range(3):
            runner.run(lambda: {"a": next(values), "b": torch.tensor(2.0)}, str)
        assert runner.totals() == {"a": expected, "b": 6.0}


def test_other_terms_may_begin_with_a_snapshot_but_not_within_one():
    runner = StepRunner()
    for names in ("ab", "abc", "cd"):
        runner.begin(str)
        runner.run(lambda names=names: {name: torch.tensor(1.0) for name in names}, str)
        assert runner.totals() == dict.fromkeys(names, 1.0)
    with pytest.raises(ValueError, match="terms: expected .'c', 'd'. as in the step before, but got .'e'."):
        runner.run(lambda: {"e": torch.tensor(1.0)}, str)


def test_a_changed_learning_rate_or_a_loaded_state_is_captured_anew(tmp_path):
    counting = CountingCapturer()
    trainer = small_trainer(counting)
    list(trainer.until(10, every=5))
    list(trainer.until(20, every=5))
    assert counting.captures == 1
    trainer.model.g_optimizer.param_groups[0]["lr"] = 1e-5
    list(trainer.until(30))
    assert counting.captures == 2
    trainer.save(tmp_path / "a.safetensors")
    trainer.load(tmp_path / "a.safetensors")  # the optimizers' moments now lie elsewhere
    list(trainer.until(40))
    assert counting.captures == 3


def test_other_rules_batches_or_data_are_captured_anew():
    counting = CountingCapturer()
    trainer = small_trainer(counting)
    list(trainer.until(10))
    changes = [
        lambda: setattr(trainer.model, "penalty", None),
        lambda: setattr(trainer.model, "loss", wasserstein),
        lambda: setattr(trainer, "batch_size", 8),
        lambda: setattr(trainer, "data", toys.ring()),
    ]
    for i, change in enumerate(changes):
        change()
        list(trainer.until(20 + 10 * i))
        assert counting.captures == 2 + i


def test_a_step_that_cannot_be_captured_trains_on_with_one_sentence(capsys):
    trainer = small_trainer(
        CountingCapturer(RuntimeError("operation not permitted when stream is capturing\nmore"))
    )
    plain = small_trainer()
    assert [s.terms for s in trainer.until(20)] == [s.terms for s in plain.until(20)]
    said = capsys.readouterr().out
    assert (
        said.count("cannot be captured as a CUDA graph (operation not permitted when stream is capturing)")
        == 1
    )


def test_no_capturer_on_a_cpu():
    assert capturer_for(torch.device("cpu")) is None


VARIANTS = {
    "plain": {},
    "two critic steps, gradient penalty": {"loss": wasserstein, "penalty": gradient_penalty, "d_steps": 2},
    "R1": {"penalty": r1_penalty},
    "clipped": {"loss": wasserstein, "after_d_step": partial(clip_weights, limit=0.05)},
}


def on_gpu(graph, n_classes=0, **rules):
    torch.manual_seed(0)
    G, D = (net(n_classes=n_classes).cuda() for net in (MLPGenerator, MLPDiscriminator))
    gan = GAN(G, D, lr=2e-4, **rules)
    return Trainer(gan, data.load("mnist", device="cuda"), conditional=bool(n_classes), graph=graph)


@needs_gpu
@pytest.mark.parametrize("rules", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("n_classes", [0, 10])
def test_a_graph_trains_as_kernel_by_kernel(rules, n_classes):
    trainers = [on_gpu(graph, n_classes, **rules) for graph in (False, True)]
    eager, graphed = ([s.terms for s in trainer.until(30, every=10)] for trainer in trainers)
    assert trainers[1]._runner.replay is not None, "nothing was captured"
    for a, b in zip(eager, graphed):
        assert a == pytest.approx(b, rel=2e-2, abs=2e-3)
    for name, value in trainers[0].model.state_dict().items():
        torch.testing.assert_close(
            trainers[1].model.state_dict()[name], value, rtol=5e-2, atol=5e-3, msg=name
        )


@needs_gpu
def test_a_graph_draws_new_batches_and_new_noise():
    trainer = on_gpu(True)
    losses = [s.terms["d_loss"] for s in trainer.until(40, every=1)]
    assert len(set(losses[10:])) > 25


@needs_gpu
def test_a_step_that_waits_for_the_device_falls_back(capsys):
    class Waiting(GAN):
        def g_objective(self, real, fake, y=None):
            terms = super().g_objective(real, fake, y)
            assert terms["g_loss"].item() > -1e9
            return terms

    torch.manual_seed(0)
    trainer = Trainer(
        Waiting(MLPGenerator().cuda(), MLPDiscriminator().cuda()), data.load("mnist", device="cuda")
    )
    snapshots = list(trainer.until(20, every=10))
    assert "cannot be captured as a CUDA graph" in capsys.readouterr().out
    assert [s.step for s in snapshots] == [10, 20] and torch.randn(3, device="cuda").isfinite().all()


def test_threads_spin_shortly_where_ganlib_is_imported_first():
    code = "import os, ganlib.course.setup; print(os.environ['GOMP_SPINCOUNT'])"
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "20000\n"
