"""The stop button at random moments, cells twice and out of order, a restart in the middle.

All this happens in a real Jupyter kernel.
"""

import random
import time

import pytest
from jupyter_client.manager import start_new_kernel

SET_UP = """
import torch
from ganlib.course import plots, setup, widgets
from ganlib.data import toys
from ganlib.gan import GAN
from ganlib.nets import MLPDiscriminator, MLPGenerator
from ganlib.penalties import r1_penalty
from ganlib.trainer import Trainer
torch.set_num_threads(1)
setup.ready()
def build():
    torch.manual_seed(0)
    gan = GAN(MLPGenerator(4, (16, 16), (2,)), MLPDiscriminator((16,), (2,)), penalty=r1_penalty)
    return Trainer(gan, toys.ring(), 16)
def points(snapshot):
    figure, ax = plots.canvas(1, 1, (3, 3))
    ax.plot(*trainer.model.generate(100).T, ".")
    return figure, "points"
def same(a, b):
    one, other = a.model.state_dict(), b.model.state_dict()
    equal = one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
    return equal and torch.equal(a._stream.state, b._stream.state)
"""
BUILD = "trainer = build(); live = widgets.LiveView(trainer, points, seconds=0.1)"
TRAIN = """
for snapshot in trainer.until(total, every=7):
    live.update(snapshot)
"""
COMPARE = """
straight = build()
for snapshot in straight.until(trainer.step):
    pass
print(trainer.step, same(trainer, straight))
"""


class Kernel:
    """A Python kernel and its client.

    `run` gives what a cell printed and its error, None if it ended well.
    """

    def __init__(self, folder):
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(folder))

    def start(self, code):
        self.request, self.text, self.error = self.client.execute(code), "", None

    def listen(self, until):
        """Take what the cell sends until a message for which until(message) holds."""
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != self.request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                self.text += content["text"]
            if message["msg_type"] == "error":
                self.error = f"{content['ename']}: {content['evalue']}"
            if until(message):
                return

    def finish(self):
        self.listen(lambda message: message["content"].get("execution_state") == "idle")
        return self.text, self.error

    def run(self, code):
        self.start(code)
        return self.finish()

    def run_well(self, code):
        text, error = self.run(code)
        assert error is None, error
        return text

    def stop_after(self, seconds):
        time.sleep(seconds)
        self.manager.interrupt_kernel()
        return self.finish()

    def restart(self):
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=120)

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    kernel.run_well(SET_UP)
    yield kernel
    kernel.end()


@pytest.fixture
def kernel(shared):
    """The one kernel of this file, with a trainer that has not begun."""
    shared.run_well(BUILD)
    return shared


def test_stopped_at_100_random_moments_the_result_is_bit_equal(kernel):
    moments, steps = random.Random(0), set()
    kernel.run_well("total = 1_000_000")
    for _ in range(100):
        kernel.start("print('in the loop')" + TRAIN)
        kernel.listen(lambda message: message["msg_type"] == "stream")
        text, error = kernel.stop_after(moments.uniform(0.005, 0.15))  # 5 ms: until is entered
        assert error is None, error
        assert "Run it again to go on." in text
        steps.add(text.split("Stopped at step ")[1].split(" of")[0])
    assert len(steps) == 100, "each time some steps were done"
    text = kernel.run_well(COMPARE)
    assert text.endswith(" True\n") and int(text.split()[0]) > 1000


def test_a_stop_as_the_cell_begins_or_ends_tears_nothing(kernel):
    """Outside of the loop the stop button is Python's.

    Its KeyboardInterrupt may show, and the state stays whole.
    """
    moments = random.Random(1)
    for _ in range(20):
        kernel.start("total = trainer.step + 7" + TRAIN)
        _, error = kernel.stop_after(moments.uniform(0, 0.03))
        assert error is None or error.startswith("KeyboardInterrupt"), error
    kernel.run_well("total = trainer.step + 7" + TRAIN)
    assert kernel.run_well(COMPARE).endswith(" True\n")


def test_a_hammered_stop_button_never_breaks_into_a_step(kernel):
    """Ten presses within a second are one."""
    kernel.run_well("total = 1_000_000")
    for _ in range(5):
        kernel.start("print('in the loop')" + TRAIN.replace("live.update(snapshot)", "torch.randn(9)"))
        kernel.listen(lambda message: message["msg_type"] == "stream")
        time.sleep(0.1)
        for _ in range(10):
            kernel.manager.interrupt_kernel()
        text, error = kernel.finish()
        assert error is None or error.startswith("KeyboardInterrupt"), (
            error
        )  # a press may come after the loop's end
    assert kernel.run_well(COMPARE).endswith(" True\n")


def test_a_second_press_ends_a_body_that_hangs(kernel):
    kernel.start(
        "for snapshot in trainer.until(100, every=10):\n    print('hangs')\n    while True:\n        pass"
    )
    kernel.listen(lambda message: message["msg_type"] == "stream")
    kernel.manager.interrupt_kernel()
    _, error = kernel.stop_after(1.5)
    assert error.startswith("KeyboardInterrupt")
    kernel.run_well("total = 50" + TRAIN)
    assert kernel.run_well(COMPARE) == "50 True\n"


def test_cells_run_twice_and_run_all_after_a_stop(kernel):
    for _ in range(2):
        assert kernel.run_well("total = 70" + TRAIN + "print(trainer.step)") == "70\n"
    kernel.run_well("total = 1_000_000")
    kernel.start("print('in the loop')" + TRAIN)
    kernel.listen(lambda message: message["msg_type"] == "stream")
    assert "Run it again" in kernel.stop_after(0.1)[0]
    for cell in (SET_UP, BUILD, "total = 70" + TRAIN):  # Run All: builds anew
        kernel.run_well(cell)
    assert kernel.run_well(COMPARE) == "70 True\n"


def test_an_error_in_the_loops_body_leaves_training_whole(kernel):
    _, error = kernel.run("for snapshot in trainer.until(70, every=7):\n    assert snapshot.step < 28")
    assert error.startswith("AssertionError")
    kernel.run_well("total = 70" + TRAIN)
    assert kernel.run_well(COMPARE) == "70 True\n"


def test_out_of_order_a_sentence_says_what_to_run(kernel):
    kernel.run_well("del trainer, live")
    text, error = kernel.run("total = 70" + TRAIN)
    assert error == "NameError: name 'trainer' is not defined"
    assert (
        "If a cell above makes trainer, run it first: in the menu, Run → Run All Above Selected Cell." in text
    )
    text, error = kernel.run("1 / 0")
    assert error.startswith("ZeroDivisionError") and text == ""


def test_a_restart_in_the_middle_goes_on_from_the_checkpoint(kernel):
    saving = TRAIN + "    trainer.save('half.safetensors')\n"
    kernel.start("total = 1_000_000\nprint('in the loop')" + saving)
    kernel.listen(lambda message: message["msg_type"] == "stream")
    time.sleep(0.5)
    kernel.restart()
    kernel.run_well(SET_UP)
    kernel.run_well(BUILD)
    kernel.run_well("trainer.load('half.safetensors'); began = trainer.step; total = began + 50" + TRAIN)
    assert kernel.run_well("print(began > 0)") == "True\n"
    assert kernel.run_well(COMPARE).endswith(" True\n")
