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
    to close restores Python's handler.
    """

    _open: list["InterruptGuard"] = []  # shared by all guards
    _previous_handler = None

    def __init__(self):
        self.requested, self._deferring = None, False

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # signals reach the main thread only
            if not self._open:
                InterruptGuard._previous_handler = signal.signal(signal.SIGINT, InterruptGuard._handle)
            self._open.append(self)
        return self

    def __exit__(self, *_):
        if self in self._open:
            self._open.remove(self)
            if not self._open and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, self._previous_handler)

    @staticmethod
    def _handle(number, frame):
        now, guards = time.monotonic(), InterruptGuard._open
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
