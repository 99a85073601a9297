"""What a page says, before it is HTML: facts, tables and texts, whose cells may be links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.emulator.pages import links

LONGEST_TEXT = 2000
_URI = re.compile(r"s3://[^\s\"'<>]+")
_TONES = {
    "open": ("Succeeded", "Completed", "InService", "Approved"),
    "closed": ("Failed", "Rejected", "CompletedWithViolations"),
    "unclear": (
        *("Executing", "InProgress", "Starting", "Stopping", "Stopped", "Pending", "Creating", "Updating"),
        *("Deleting", "PendingManualApproval", "RollingBack", "SystemUpdating"),
    ),
}
_TONE = {status: tone for tone, statuses in _TONES.items() for status in statuses}


@dataclass(frozen=True)
class Cell:
    """A text, where it leads to, and how it looks: `tone` makes a badge of it, `code` a name."""

    text: str
    href: str = ""
    tone: str = ""
    code: bool = False
    number: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Rows under *headers*; the first cell of each names it. *more* leads to the rows left out."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str = ""
    more: Cell | None = None


@dataclass(frozen=True)
class Text:
    """Words as a process or a file has them; *note* says what was left out, *more* leads to all of it."""

    title: str
    content: str
    note: str = ""
    more: Cell | None = None


@dataclass(frozen=True)
class Page:
    """One page; *path* are the pages above it, and *moving* whether it will say something else soon."""

    title: str
    kind: str
    path: tuple[Cell, ...] = ()
    status: Cell | None = None
    reason: str = ""
    facts: tuple[tuple[str, Cell], ...] = ()
    sections: tuple[Table | Text, ...] = ()
    moving: bool = False


def status(text: str | None) -> Cell:
    """Return a status as a badge."""
    return Cell(text, tone=_TONE.get(text, "plain")) if text else Cell("")


def when(seconds: Any) -> Cell:
    """Return a time in UTC, of seconds since the epoch."""
    if not isinstance(seconds, int | float):
        return Cell("")
    return Cell(datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S"), number=True)


def duration(start: Any, end: Any) -> Cell:
    """Return how long something took, of seconds since the epoch; empty while it has no end."""
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return Cell("")
    seconds = max(0.0, end - start)
    if seconds < 60:
        return Cell(f"{seconds:.1f} s", number=True)
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return Cell(f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s", number=True)


def value(found: Any) -> Cell:
    """Return a value of a record; an ARN, shortened to its resource, or a URI leads to what it names."""
    text = found if isinstance(found, str) else "" if found is None else str(found)
    href = links.of(text) if isinstance(found, str) else ""
    shown = text.split(":", 5)[-1] if href and text.startswith("arn:") else text
    return Cell(shown if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]}…", href, code=True)


def words(text: str | None, *, short: bool = False) -> Cell:
    """Return words of a step or a job; a URI in them, such as a verdict's, is where the cell leads.

    Where they are to be *short*, of the URI only the end is shown.
    """
    found = _URI.search(text or "")
    if found is None:
        return Cell(text or "")
    uri = found[0].rstrip(".,;:")
    shown = f"…/{'/'.join(uri.split('/')[-2:])}" if short and uri.count("/") > 3 else uri
    return Cell((text or "").replace(uri, shown), links.to_uri(uri))


def flat(document: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield the values of nested documents by their path, such as `Clarify.CheckJobArn`."""
    for name, found in document.items():
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(found, Mapping):
            yield from flat(found, path)
        elif isinstance(found, list):
            numbered = {str(number): each for number, each in enumerate(found, start=1)}
            yield from flat(numbered, path)
        else:
            yield path, found


def facts(pairs: Iterable[tuple[str, Cell]]) -> tuple[tuple[str, Cell], ...]:
    """Return the facts there are: those without a text are left out."""
    return tuple((name, cell) for name, cell in pairs if cell.text)
