"""One job's request to end early, and what has to be done at once when it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interrupted(Exception):  # noqa: N818 - an outcome of the job, not an error of ours
    """The job was asked to end before it was done; the message says by what, empty for a plain stop."""

    at_once = False
    """Whether there is no time for the job to put its things in order."""


class TimedOut(Interrupted):
    """The job ran longer than it may."""


class ShutDown(Interrupted):
    """The emulator ends."""

    at_once = True


class Interruption:
    """Trips once, again when there is no more time; then the registered action runs, and `check` raises."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: Interrupted | None = None
        self._action: Callable[[], None] | None = None

    @property
    def at_once(self) -> bool:
        """Whether the job has to end without more ado."""
        return self._reason is not None and self._reason.at_once

    def trip(self, reason: Interrupted) -> None:
        """Ask the job to end; of several reasons the first counts, unless a later one is more urgent."""
        with self._lock:
            if self._reason is not None and (self._reason.at_once or not reason.at_once):
                return
            self._reason = reason
            action = self._action
        if action is not None:
            action()

    def check(self) -> None:
        """Raise Interrupted once tripped."""
        if self._reason is not None:
            raise self._reason

    @contextmanager
    def calling(self, action: Callable[[], None]) -> Iterator[None]:
        """Run *action*, from another thread, if the job is interrupted inside the block."""
        with self._lock:
            self._action = action
            tripped = self._reason is not None
        if tripped:
            action()
        try:
            yield
        finally:
            with self._lock:
                self._action = None
