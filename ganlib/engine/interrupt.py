"""Stopping a training between two steps: Ctrl-C and Jupyter's stop button become a request."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["InterruptGuard"]

SECOND_PRESS = 1.0  # seconds after which a further signal raises KeyboardInterrupt


class InterruptGuard:
    """While its block runs, an interrupt is noted in `requested`, and nothing else happens.

    A further signal, more than a second later, raises KeyboardInterrupt, though never inside `deferred`.
    Several guards may be open at once, as when two trainings take turns: all get the signal, and the last one
    to close restores the handler from before. A handler can be set on the main thread only: where the last
    guard closes on another one, the next signal or the next guard restores it.
    """

    _open: list["InterruptGuard"] = []  # shared by all guards
    _previous = signal.SIG_DFL  # read from the class: read from an instance, a function becomes a method

    def __init__(self):
        self.requested, self._deferring = None, False

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # signals reach the main thread only
            handler = signal.getsignal(signal.SIGINT)
            if handler is not InterruptGuard._handle:
                # None stands for a handler that Python did not set, and cannot set again.
                InterruptGuard._previous = signal.SIG_DFL if handler is None else handler
                signal.signal(signal.SIGINT, InterruptGuard._handle)
            self._open.append(self)
        return self

    def __exit__(self, *_):
        if self in self._open:
            self._open.remove(self)
            if not self._open and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, InterruptGuard._previous)

    @staticmethod
    def _handle(number, frame):
        now, guards = time.monotonic(), InterruptGuard._open
        if not guards:  # the last one was closed on another thread
            signal.signal(signal.SIGINT, InterruptGuard._previous)
            signal.raise_signal(signal.SIGINT)
        again = any(guard.requested and now - guard.requested > SECOND_PRESS for guard in guards)
        if again and not any(guard._deferring for guard in guards):
            raise KeyboardInterrupt
        for guard in guards:
            guard.requested = guard.requested or now

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Inside, no signal raises."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
