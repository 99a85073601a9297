"""The connections that clients hold open: how many at most, and how long one may keep a thread waiting."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from dataclasses import dataclass

MOST = 512
"""Connections at once; each has a thread and a file handle, and often a file beside it."""
_FILES = 4 * MOST
PATIENCE = 120.0
"""Seconds within which a whole request's head must have come since the last answer."""
_LAST_ANSWERS = 5.0
"""Seconds that requests being answered are given when the server ends."""


@dataclass
class _Open:
    thread: threading.Thread | None
    """What serves it, once that has begun."""
    waiting_since: float | None
    """When it began to wait for a request, by the monotonic clock; None while one is answered."""


def allow_files() -> None:
    """Let this process open as many files as its connections may need; at first it may be 256."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Connections:
    """What is open, by socket. Safe from any thread."""

    def __init__(self, most: int = MOST, patience: float = PATIENCE) -> None:
        """Hold at most *most* connections, and those that do not ask for at most *patience* seconds."""
        self._most = most
        self._patience = patience
        self._open: dict[socket.socket, _Open] = {}
        self._changed = threading.Condition()
        self._closing = False

    def admit(self, connection: socket.socket) -> None:
        """Know a new connection, once there is room: of those that wait, the one that waited longest goes."""
        with self._changed:
            while len(self._open) >= self._most and not self._closing:
                waiting = self.waiting()
                if waiting:
                    _end(min(waiting, key=lambda each: waiting[each]))
                self._changed.wait(0.1)
            self._open[connection] = _Open(None, time.monotonic())

    def served(self, connection: socket.socket) -> None:
        """Note that the present thread serves a connection."""
        with self._changed:
            self._open[connection].thread = threading.current_thread()

    def closed(self, connection: socket.socket) -> None:
        """Know a connection no longer."""
        with self._changed:
            self._open.pop(connection, None)
            self._changed.notify_all()

    def replaced(self, connection: socket.socket, successor: socket.socket) -> None:
        """Know a connection by the socket that took over from it."""
        with self._changed:
            self._open[successor] = self._open.pop(connection)

    def waits(self, connection: socket.socket) -> None:
        """Note that a connection waits for its next request."""
        self._note(connection, time.monotonic())

    def answers(self, connection: socket.socket) -> None:
        """Note that a connection's request is being answered."""
        self._note(connection, None)

    def close(self) -> None:
        """Keep nobody waiting for room any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def end_slow(self) -> None:
        """End the connections that have waited for too long."""
        now = time.monotonic()
        with self._changed:
            for connection, since in self.waiting().items():
                if now - since > self._patience:
                    _end(connection)

    def end_all(self) -> None:
        """Let the requests being answered finish, then end every connection."""
        with self._changed:
            left = dict(self._open)
        for how, patience in ((socket.SHUT_RD, _LAST_ANSWERS), (socket.SHUT_RDWR, 1.0)):
            for connection in left:
                _end(connection, how)
            until = time.monotonic() + patience
            for each in left.values():
                if each.thread is not None:
                    each.thread.join(max(0.0, until - time.monotonic()))

    def waiting(self) -> dict[socket.socket, float]:
        """Return the connections that wait for a request, and since when by the monotonic clock."""
        with self._changed:
            return {
                connection: each.waiting_since
                for connection, each in self._open.items()
                if each.waiting_since is not None
            }

    def _note(self, connection: socket.socket, waiting_since: float | None) -> None:
        with self._changed:
            found = self._open.get(connection)
            if found is not None:
                found.waiting_since = waiting_since


def _end(connection: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    # Its thread finds the end of the stream and closes it.
    with contextlib.suppress(OSError):
        connection.shutdown(how)
