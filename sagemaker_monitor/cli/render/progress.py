"""An execution while it runs: a live table on a terminal, a line for each change anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.cli.errors import say
from sagemaker_monitor.cli.render.text import clean, console
from sagemaker_monitor.operations.follow import Snapshot, Step

Show = Callable[[Snapshot], None]

_STYLES = {
    "Succeeded": "green",
    "Failed": "red",
    "Stopped": "yellow",
    "Stopping": "yellow",
    "Executing": "cyan",
}


@contextmanager
def progress(*, quiet: bool) -> Iterator[Show]:
    """Give a function that shows a snapshot on standard error, for as long as the context is open."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        current: list[Snapshot] = []
        with Live(
            console=console(stderr=True),
            refresh_per_second=4,
            # Drawn anew each time, so that the clock of a running step goes on.
            get_renderable=lambda: steps_table(current[-1]) if current else "",
        ):
            yield current.append
    else:
        yield _Lines()


def steps_table(snapshot: Snapshot) -> Table:
    """Return the steps as a table: name, status, time taken, and what there is to say."""
    table = Table(
        title=Text(f"{clean(snapshot.execution_arn)}  {snapshot.status}"),
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    for heading in ("step", "status", "took", "detail"):
        table.add_column(heading, overflow="fold")
    for step in snapshot.steps:
        status = Text(step.status, style=_STYLES.get(step.status, ""))
        table.add_row(
            Text(clean(step.name)), status, Text(took(step)), Text(clean(step.reason or step.detail, 300))
        )
    return table


def took(step: Step) -> str:
    """Return how long a step has run, in seconds or minutes."""
    if step.started is None:
        return ""
    seconds = max(0.0, ((step.ended or datetime.now(UTC)) - step.started).total_seconds())
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


class _Lines:
    """Prints a line when a step's status changes."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def __call__(self, snapshot: Snapshot) -> None:
        for step in snapshot.steps:
            if self._seen.get(step.name) == step.status:
                continue
            self._seen[step.name] = step.status
            time = f" after {took(step)}" if step.ended else ""
            note = clean(step.reason or step.detail, 300)
            say(
                f"{datetime.now():%H:%M:%S}  {step.name:<24} {step.status}{time}{f'  {note}' if note else ''}"
            )
        if self._seen.get("") != snapshot.status:
            self._seen[""] = snapshot.status
            say(f"{datetime.now():%H:%M:%S}  execution {snapshot.status}")
