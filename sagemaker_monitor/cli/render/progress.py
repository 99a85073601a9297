"""An execution while it runs: a live table on a terminal, a line for each change anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.cli.errors import say
from sagemaker_monitor.cli.render.steps import live_table, took
from sagemaker_monitor.cli.render.text import clean, console
from sagemaker_monitor.operations.follow import Snapshot, Step

REDRAWN = 4
"""Times a second that the live table is drawn: often enough for a clock of seconds."""


class Progress:
    """Shows snapshots and notes; this one shows nothing."""

    def show(self, snapshot: Snapshot) -> None:
        """Show how the execution is now."""

    def note(self, text: str) -> None:
        """Tell something about the following itself."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Give what shows snapshots on standard error, for as long as the context is open."""
    if quiet:
        yield Progress()
    elif sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", ""):
        screen = _Screen()
        with screen.live:
            yield screen
    else:
        yield _Lines()


class _Screen(Progress):
    """Draws a table in place; what does not fit on the screen is counted."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None
        self._note = ""
        self._console = console(stderr=True)
        self.live = Live(
            console=self._console,
            refresh_per_second=REDRAWN,
            # Drawn anew each time, so that the clock of a running step goes on.
            get_renderable=self._draw,
            vertical_overflow="crop",
        )

    def show(self, snapshot: Snapshot) -> None:
        # What was told of an outage is over with the first news after it.
        self._last, self._note = snapshot, ""

    def note(self, text: str) -> None:
        self._note = text

    def _draw(self) -> RenderableType:
        if self._last is None:
            return Text("")
        size = self._console.size
        return live_table(self._last, width=size.width, height=size.height, note=self._note)


class _Lines(Progress):
    """Prints a line when a step's status changes, each with the time at which it did, in UTC."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._status = ""
        self._last: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        if snapshot == self._last:
            self.note(f"still {snapshot.status}{self._running(snapshot)}")
        for step in snapshot.steps:
            if self._seen.get(step.name) != step.status:
                self._seen[step.name] = step.status
                _say(step.ended or step.started, _told(step))
        if self._status != snapshot.status:
            self._status = snapshot.status
            _say(snapshot.ended, f"execution {clean(snapshot.execution_id)} {snapshot.status}")
        self._last = snapshot

    def note(self, text: str) -> None:
        _say(None, clean(text))

    @staticmethod
    def _running(snapshot: Snapshot) -> str:
        running = [f"{clean(step.name)} {took(step)}" for step in snapshot.steps if step.ended is None]
        return f": {', '.join(running[:5])}" if running else ""


def _told(step: Step) -> str:
    time = f" after {took(step)}" if step.ended and step.started else ""
    job = f"  job {clean(step.job)}" if step.job and not step.ended else ""
    note = clean(step.reason or step.detail, 300)
    return f"{clean(step.name):<24} {step.status}{time}{job}{f'  {note}' if note else ''}"


def _say(moment: datetime | None, text: str) -> None:
    say(f"{stamp(moment or datetime.now(UTC))}  {text}")
