"""Trainer: counts, goes on, resumes bit for bit, stops when told, in Python and in a real Jupyter kernel."""

import os
import signal
import time

import pytest
import torch
from jupyter_client.manager import start_new_kernel

from ganlib import data
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.penalties import gradient_penalty
from ganlib.trainer import Trainer


def trainer(seed=0, **options):
    torch.manual_seed(seed)
    gan = GAN(
        MLPGenerator(4, (8, 8), (2,)), MLPDiscriminator((8,), (2,)), penalty=gradient_penalty, **options
    )
    return Trainer(gan, toys.ring(), 16, seed=seed)


def same(a, b):
    one, other = a.model.state_dict(), b.model.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_until_is_idempotent_and_reports():
    t = trainer()
    snapshots = list(t.until(25, every=10))
    assert [s.step for s in snapshots] == [10, 20, 25]
    assert set(snapshots[0].terms) == {"d_loss", "penalty", "g_loss"} and snapshots[-1].seconds_left == 0
    assert list(t.until(25)) == [] and t.step == 25
    assert [s.step for s in t.until(27)] == [27]
    assert [row["step"] for row in t.history] == [10, 20, 25, 27]


def test_terms_are_means_over_the_interval():
    t, seen = trainer(), []
    step = t.model.step
    t.model.step = lambda *batch: (seen.append(step(*batch)), seen[-1])[1]
    (snapshot,) = t.until(7)
    assert snapshot.terms["d_loss"] == pytest.approx(sum(s["d_loss"].item() for s in seen) / 7, rel=1e-5)


def test_same_seed_same_numbers_whatever_the_body_draws():
    quiet, noisy = trainer(), trainer()
    for _ in quiet.until(12, every=3):
        pass
    for _ in noisy.until(12, every=3):
        torch.randn(100)
        noisy.model.generate(5)
    assert same(quiet, noisy)
    other = trainer(seed=1)
    list(other.until(12))
    assert not same(quiet, other)


def test_the_callers_random_stream_goes_on_undisturbed():
    t = trainer()
    torch.manual_seed(7)
    expected = torch.randn(3)
    torch.manual_seed(7)
    list(t.until(3))
    assert torch.equal(torch.randn(3), expected)


def test_break_and_save_and_load_resume_bit_for_bit(tmp_path):
    straight = trainer()
    list(straight.until(20, every=5))
    broken = trainer()
    for snapshot in broken.until(20, every=5):
        if snapshot.step == 10:
            break
    broken.save(tmp_path / "half.safetensors")
    resumed = trainer(seed=3)
    resumed.load(tmp_path / "half.safetensors")
    assert resumed.step == 10 and resumed.history == broken.history
    list(resumed.until(20, every=5))
    assert same(straight, resumed) and resumed.history == straight.history


def test_a_loaded_training_goes_on_with_its_learning_rates_and_never_back_to_what_was_before(tmp_path):
    one, other = trainer(), trainer(seed=5)
    list(one.until(5))
    one.model.scale_lr(0.1)
    one.save(tmp_path / "a.safetensors")
    list(one.until(10))
    list(other.until(50))
    other.load(tmp_path / "a.safetensors")
    list(other.until(10))
    assert (
        same(one, other)
        and other.model.g_optimizer.param_groups[0]["lr"] == one.model.g_optimizer.param_groups[0]["lr"]
    )
    other.data = type("Bad", (), {"batch": lambda self, n: (torch.full((n, 2), torch.nan), None)})()
    with pytest.raises(FloatingPointError, match="back as it was at step (5|10),"):
        list(other.until(15))


def test_two_trainings_in_turn_give_the_stop_button_back():
    before = signal.getsignal(signal.SIGINT)
    for _ in zip(trainer().until(4, every=1), trainer().until(4, every=1)):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_labels_that_g_does_not_know_are_refused(digits):
    gan = GAN(MLPGenerator(n_classes=3), MLPDiscriminator(n_classes=3))
    with pytest.raises(ValueError, match="data: expected the 3 classes that G knows, but got 10"):
        Trainer(gan, digits, conditional=True)


def test_loading_refuses_what_does_not_fit(tmp_path):
    t = trainer()
    list(t.until(2))
    path = tmp_path / "a.safetensors"
    t.save(path)
    wide = Trainer(GAN(MLPGenerator(4, (9, 9), (2,)), MLPDiscriminator((8,), (2,))), toys.ring())
    with pytest.raises(
        ValueError, match=r"checkpoint entry G.net.0.weight: expected shape \(9, 4\), but got \(8, 4\)"
    ):
        wide.load(path)
    with pytest.raises(FileNotFoundError, match="path: expected a saved file, but got"):
        t.load(tmp_path / "missing.safetensors")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="expected a complete safetensors file, but got a.safetensors"):
        t.load(path)


def test_a_save_cut_short_leaves_the_older_file(tmp_path, monkeypatch):
    t, path = trainer(), tmp_path / "a.safetensors"
    t.save(path)
    before = path.read_bytes()
    list(t.until(1))

    def cut(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("ganlib.engine.files.os.replace", cut)
    with pytest.raises(KeyboardInterrupt):
        t.save(path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_one_wait_for_the_device_a_snapshot(monkeypatch):
    """Reading a number from a tensor stops a GPU: within run_steps it happens once."""
    t, reads = trainer(), []
    for name in ("item", "tolist", "__float__", "__bool__"):
        original = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.Tensor, name, lambda self, f=original, n=name: (reads.append(n), f(self))[1]
        )
    list(t.until(10, every=10))
    assert reads == ["tolist"]


def test_labels_reach_the_nets(digits):
    gan = GAN(MLPGenerator(n_classes=10), MLPDiscriminator(n_classes=10))
    with pytest.raises(ValueError, match="y: expected labels"):
        list(Trainer(gan, digits).until(1))
    assert [s.step for s in Trainer(gan, digits, conditional=True).until(1)] == [1]


def test_numbers_that_explode_stop_with_the_terms_name():
    t = trainer()
    t.model.scale_lr(1e33)
    with pytest.raises(
        FloatingPointError, match=r"(?s)is (nan|inf|-inf) by step \d+.*learning rate.*smaller lr"
    ):
        list(t.until(50, every=1))


def test_bad_input_is_named(digits):
    gan = GAN(MLPGenerator(), MLPDiscriminator())
    with pytest.raises(ValueError, match="batch_size: expected an integer, 2 or more, but got 0"):
        Trainer(gan, digits, 0)
    with pytest.raises(ValueError, match="total: expected an integer number of steps, but got 1.5"):
        list(Trainer(gan, digits).until(1.5))
    with pytest.raises(ValueError, match="n: expected 1 to 10000 images, the size of the set, but got 20000"):
        list(Trainer(gan, digits, 20_000).until(1))
    with pytest.raises(
        ValueError, match=r"data: expected an object with batch\(n\).*but got .*TensorDataset"
    ):
        Trainer(gan, torch.utils.data.TensorDataset(torch.zeros(10, 1, 28, 28)))


def test_interrupt_ends_the_loop_whole(capsys):
    t = trainer()
    step = t.model.step

    def interrupted(*batch):
        if t.step == 7:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*batch)

    t.model.step = interrupted
    before = signal.getsignal(signal.SIGINT)
    assert [s.step for s in t.until(20, every=5)] == [5, 8]
    assert "Stopped at step 8 of 20. Run it again to go on." in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before
    t.model.step = step
    list(t.until(20, every=5))
    straight = trainer()
    list(straight.until(20, every=5))
    assert same(t, straight)


def test_interrupt_in_a_real_kernel_then_going_on(tmp_path):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    outputs = []

    def run(code, interrupt_after=None):
        outputs.clear()
        client.execute(code)
        if interrupt_after:
            time.sleep(interrupt_after)
            manager.interrupt_kernel()
        while True:
            message = client.get_iopub_msg(timeout=120)
            outputs.append(message)
            idle = message["content"].get("execution_state") == "idle"
            if idle and any(m["msg_type"] == "execute_input" for m in outputs):
                break
        assert not [m for m in outputs if m["msg_type"] == "error"], outputs
        return "".join(m["content"].get("text", "") for m in outputs if m["msg_type"] == "stream")

    try:
        run("from tests.test_trainer import trainer, same")
        run("t = trainer()")
        text = run("for s in t.until(1_000_000): pass", interrupt_after=1.5)
        assert "Run it again to go on" in text
        end = "(t.step // 100 + 2) * 100"
        assert run(f"end = {end}\nfor s in t.until(end): pass\nprint(t.step == end)").endswith("True\n")
        assert run("u = trainer()\nfor s in u.until(end): pass\nprint(same(t, u))").endswith("True\n")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_image_sets_draw_from_the_trainers_stream(digits):
    one, other = (Trainer(GAN(MLPGenerator(), MLPDiscriminator()), digits, seed=5) for _ in range(2))
    batches = []
    for t in (one, other):
        draw = t.data.batch
        t.data = type(
            "Recorder",
            (),
            {"batch": staticmethod(lambda n, draw=draw: (batches.append(draw(n)), batches[-1])[1])},
        )
        list(t.until(1))
    assert torch.equal(batches[0][0], batches[1][0]) and isinstance(digits, data.ImageSet)
