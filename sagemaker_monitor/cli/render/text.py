"""Text and numbers from elsewhere, made fit for a terminal."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

PLAIN_WIDTH = 140
"""Columns of tables in logs, where no terminal says how wide it is."""


def clean(text: object, limit: int = 600) -> str:
    """Return *text* on one line without control characters: documents from S3 must not steer the terminal."""
    flat = " ".join(str(text).split())
    printable = "".join(char if char.isprintable() else "�" for char in flat)
    return printable if len(printable) <= limit else f"{printable[: limit - 1]}…"


def number(value: float | None) -> str:
    """Return *value* with four significant digits; a dash when there is none."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.4g}"


def iso(value: object) -> str:
    """Return a moment as JSON has it, ISO 8601 in UTC; anything else as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or PLAIN_WIDTH columns where there is none."""
    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if found.is_terminal:
        return found
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH, no_color=True
    )


def line(screen: Console, text: Text) -> None:
    """Print a line as it is: what wraps could not be copied."""
    screen.print(text, soft_wrap=True)
