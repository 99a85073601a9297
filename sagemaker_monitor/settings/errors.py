"""What is wrong with a configuration, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MAX_PROBLEMS = 20
MAX_LINE = 500

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value."""
Finding = tuple[Path, str]
"""A path, and what is wrong with the value there."""


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a file; line 0 is the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right."""

    message: str
    position: Position | None = None
    path: Path = ()

    def __str__(self) -> str:
        parts = [str(self.position) if self.position else "", dotted(self.path), self.message]
        return shortened(": ".join(part for part in parts if part), MAX_LINE)


class ConfigError(Exception):
    """The configuration cannot be used; the text has one line for each problem, bounded."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        lines = [str(problem) for problem in self.problems[:MAX_PROBLEMS]]
        if len(self.problems) > MAX_PROBLEMS:
            lines.append(f"and {len(self.problems) - MAX_PROBLEMS} more problems")
        super().__init__("\n".join(lines))


def dotted(path: Path) -> str:
    """Return *path* as people write it, such as ``gate.rules[0].match``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def shortened(text: str, limit: int) -> str:
    """Return *text* on one line, printable, and no longer than *limit* characters."""
    flat = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def quoted(value: object) -> str:
    """Return *value* in quotes, shortened for a message."""
    return f"'{shortened(str(value), 60)}'"


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return *names* joined by commas, the first *limit* of them."""
    known = list(names)
    more = f", … ({len(known)} in all)" if len(known) > limit else ""
    return ", ".join(shortened(name, 60) for name in known[:limit]) + more


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest of *known*, or nothing."""
    match = close_match(name, known)
    return f"; did you mean {quoted(match)}?" if match else ""


def choices(name: str, known: Iterable[str], what: str, limit: int = 12) -> str:
    """Return ``; did you mean 'x'? <what>: x, y``, to end a message about an unknown *name*."""
    names = list(known)
    return f"{did_you_mean(name, names) or ';'} {what}: {listed(names, limit) or 'none'}"


def close_match(name: str, known: Iterable[str]) -> str | None:
    """Return the one of *known* that *name* looks like, if any does."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(name[:255].lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None
