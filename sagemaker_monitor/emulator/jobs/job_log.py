"""A job's log: the text that its container wrote, and when each line of it came.

The text is a plain file that people can open; the times lie beside it, as `<offset> <milliseconds>` for
each piece that was received.
"""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

LONGEST = 256 * 1024 - 26
"""Bytes of one event that CloudWatch Logs takes; a longer line becomes several."""
_PIECE = 1 << 16
_APART = 20
"""Milliseconds within which pieces count as come together, so that the times stay few."""
_LEFT_OPEN = 1.0
"""Seconds to wait for the end of a pipe that something holds open after the job ended."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line, when it came (milliseconds since the epoch), and the offsets where it begins and ends."""

    timestamp: int
    message: str
    start: int
    end: int


class Recorder:
    """Copies what is written to `fd` into a log file, noting when it came, until close()."""

    def __init__(self, log: Path) -> None:
        """Append to *log*."""
        self._log = log
        reading, self.fd = os.pipe()
        self._thread = threading.Thread(target=self._copy, args=(reading,), name="job-log", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Close our own end for writing, once the process has it."""
        os.close(self.fd)

    def close(self) -> None:
        """Wait until all of it is in the file; a process that escaped its group cannot hold this up."""
        self._thread.join(_LEFT_OPEN)

    def _copy(self, reading: int) -> None:
        with open(reading, "rb", buffering=0) as source:
            try:
                self._record(source)
            except OSError:
                # A disk that is full takes no log, but must not hold up who writes it.
                while source.read(_PIECE):
                    pass

    def _record(self, source: RawIOBase) -> None:
        last = 0
        with (
            self._log.open("ab", buffering=0) as log,
            times_of(self._log).open("a", encoding="ascii") as times,
        ):
            while piece := source.read(_PIECE):
                now = time.time_ns() // 1_000_000
                if now - last >= _APART:
                    times.write(f"{log.tell()} {now}\n")
                    times.flush()
                    last = now
                log.write(piece)


def times_of(log: Path) -> Path:
    """Return the file of times that belongs to *log*."""
    return log.with_suffix(".times")


def read_forward(log: Path, offset: int, *, growing: bool = False) -> Iterator[Event]:
    """Yield the lines from *offset* on; of a *growing* log those that have their end."""
    stamps = _stamps(log)
    with log.open("rb") as file:
        file.seek(offset)
        while line := file.readline(LONGEST):
            if growing and len(line) < LONGEST and not line.endswith(b"\n"):
                return
            yield _event(stamps, line, offset)
            offset += len(line)


def read_backward(log: Path, end: int, most: int) -> list[Event]:
    """Return the last *most* lines before the offset *end*, oldest first, from at most a MiB before it."""
    start = max(0, end - (1 << 20))
    with log.open("rb") as file:
        file.seek(start)
        content = file.read(end - start)
    lines = content.splitlines(keepends=True)
    if start and lines:
        start += len(lines.pop(0))
    stamps, events = _stamps(log), []
    for line in lines:
        events.append(_event(stamps, line, start))
        start += len(line)
    return events[-most:]


def _event(stamps: list[tuple[int, int]], line: bytes, offset: int) -> Event:
    place = bisect_right(stamps, (offset, 1 << 62)) - 1
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    return Event(stamps[max(place, 0)][1], text, offset, offset + len(line))


def _stamps(log: Path) -> list[tuple[int, int]]:
    """Return offsets and times; a log that nobody timed has the time of its last change throughout."""
    try:
        lines = times_of(log).read_text(encoding="ascii").splitlines()
        found = [(int(offset), int(moment)) for offset, moment in (line.split() for line in lines)]
    except (OSError, ValueError):
        found = []
    return found or [(0, int(log.stat().st_mtime * 1000))]
