"""What a place in a definition or in a file is to the configuration: it tells keys, or follows from some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

STORAGE, BUNDLE = "\x00storage", "\x00bundle"
"""Stand for the storage root and for the bundle's own hash, which many values contain."""

Facts = Mapping[str, Any]
"""Configuration key to value; MISSING where the key is not set."""


@dataclass(frozen=True)
class Tells:
    """A place that tells the values of configuration keys."""

    facts: Callable[[Any], Facts]
    same_rest: Callable[[Any, Any], bool] = lambda _before, _after: True
    """Whether what the facts do not say of two values is the same."""


@dataclass(frozen=True)
class Follows:
    """A place whose value follows from configuration keys that other places tell.

    In some units it may follow in the *other* way.
    """

    expected: Callable[[Facts], Any]
    other: Callable[[Facts], Any] | None = None

    def explains(self, *sides: tuple[Any, Facts]) -> bool:
        """Return whether the values of both *sides* follow from their facts, in the same way."""
        ways = [way for way in (self.expected, self.other) if way is not None]
        return any(all(value == way(facts) for value, facts in sides) for way in ways)
