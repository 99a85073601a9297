"""What a finding about a definition is, and how many are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

MESSAGE_LIMIT = 400
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a definition: where (a path into the JSON) and what to do about it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {shorten(self.message)}"


def shorten(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return *text* cut to *limit* characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shown(value: Any) -> str:
    """Return the short form in which a message shows *value*."""
    return shorten(repr(value), 80)


def choices(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown *name*: the close match, and what is allowed."""
    allowed = sorted(known)
    close = get_close_matches(name, allowed, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {shorten(', '.join(allowed) or 'nothing', 240)}"


def render(findings: Sequence[Finding]) -> str:
    """Return *findings* as text of bounded length, one a line."""
    lines = [str(finding) for finding in findings[:SHOWN]]
    if len(findings) > SHOWN:
        lines.append(f"… and {len(findings) - SHOWN} more")
    return "\n".join(lines)
