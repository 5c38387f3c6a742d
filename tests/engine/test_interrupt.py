"""The stop button: whose handler is restored, and when."""

import signal
import threading

import pytest

from ganlib.engine.interrupt import InterruptGuard


@pytest.fixture
def signals():
    """Every SIGINT that the handler from before has got; the test runner's own handler comes back."""
    got, before = [], signal.getsignal(signal.SIGINT)

    def handler(number, frame):
        got.append(number)

    signal.signal(signal.SIGINT, handler)
    yield got
    signal.signal(signal.SIGINT, before)


def close_on_another_thread(guard):
    thread = threading.Thread(target=guard.__exit__)
    thread.start()
    thread.join()


def test_a_handler_written_in_python_comes_back_as_it_was(signals):
    before = signal.getsignal(signal.SIGINT)
    with InterruptGuard() as guard:
        signal.raise_signal(signal.SIGINT)
        assert guard.requested and not signals
    assert signal.getsignal(signal.SIGINT) is before
    signal.raise_signal(signal.SIGINT)
    assert signals == [signal.SIGINT]


def test_after_a_close_on_another_thread_the_next_signal_goes_where_it_should(signals):
    before = signal.getsignal(signal.SIGINT)
    close_on_another_thread(InterruptGuard().__enter__())
    signal.raise_signal(signal.SIGINT)
    assert signals == [signal.SIGINT] and signal.getsignal(signal.SIGINT) is before


def test_after_a_close_on_another_thread_the_next_guard_restores_the_handler(signals):
    before = signal.getsignal(signal.SIGINT)
    close_on_another_thread(InterruptGuard().__enter__())
    with InterruptGuard() as guard:
        signal.raise_signal(signal.SIGINT)
        assert guard.requested
    assert signal.getsignal(signal.SIGINT) is before and not signals


def test_a_handler_that_python_did_not_set_becomes_the_systems(signals, monkeypatch):
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    with InterruptGuard():
        pass
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
