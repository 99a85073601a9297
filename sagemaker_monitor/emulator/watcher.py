"""A thread that looks for what is due: when the next thing is, and whenever something changed."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

LONGEST_SLEEP = 30.0
"""Seconds after which a watcher of the clock looks again: a machine may have slept."""


class Watcher:
    """Looks again and again, until it is stopped."""

    def __init__(self, name: str, log: Callable[[str], None], failed: str) -> None:
        """*name* is the thread's; *log* takes *failed* and the traceback where a look failed."""
        self._name, self._log, self._failed = name, log, failed
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self.ended = threading.Event()

    def start(self, look: Callable[[datetime, datetime], float]) -> None:
        """Call *look* with the time of the last look and that of this one; it returns the seconds to wait."""
        self._thread = threading.Thread(target=self._watch, args=(look,), name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def stop(self) -> None:
        """Look no more, and wait for a look that goes on."""
        self.ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, look: Callable[[datetime, datetime], float]) -> None:
        since = datetime.now(UTC)
        while not self.ended.is_set():
            now = datetime.now(UTC)
            pause = LONGEST_SLEEP
            try:
                pause = look(since, now)
            except Exception:  # the border of the thread: a full disk must not end every schedule
                self._log(f"{self._failed}\n{traceback.format_exc()}")
            since = now
            self._wake.wait(pause)
            self._wake.clear()
