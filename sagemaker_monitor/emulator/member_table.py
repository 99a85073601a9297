"""What each member of a request does here: the table that requests are checked by and the reference shows.

A member acts, is a record that changes nothing here, or is refused by name; none is accepted and forgotten.
What is said of a member holds for all below it that nothing is said of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

INACTIVE: tuple[Any, ...] = (None, False, [], {})
"""Values by which a member asks for nothing."""
UNKNOWN = "the emulator does not know this member; leave it out"
EXPRESSION = frozenset(("Get", "Std:Join", "Std:JsonGet"))
"""What the members of a value have that only a running pipeline knows."""


@dataclass(frozen=True)
class Members:
    """The members of one operation's request, by path: `ProcessingInputs[].S3Input.S3Uri`.

    *only* has the values that are supported of a member that acts, *refused* the reasons, *notes* what the
    reference says beside.
    """

    operation: str
    acts: tuple[str, ...]
    record: tuple[str, ...]
    refused: Mapping[str, str]
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[str]:
        """Every member of which something is said."""
        return frozenset((*self.acts, *self.record, *self.refused, *self.only))

    @property
    def refused_members(self) -> dict[str, str]:
        """The members of the request itself that are refused, with the reason."""
        return {path: why for path, why in self.refused.items() if _is_top(path)}

    @property
    def kept_members(self) -> tuple[str, ...]:
        """The members of the request itself that are records, but for the tags, which can be listed."""
        return tuple(path for path in self.record if _is_top(path) and path != "Tags")

    def place(self, path: str) -> str | None:
        """Return the nearest member from *path* upwards of which something is said."""
        while path:
            if path in self.paths:
                return path
            path = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
        return None

    def refusals(self, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the place of each member that does not act here and is no record, and why."""
        return self._walk(request, "", "")

    def _walk(self, value: Any, path: str, where: str) -> Iterator[tuple[str, str]]:
        if value in INACTIVE or (isinstance(value, dict) and value.keys() <= EXPRESSION):
            return
        if path in self.refused:
            if asks(value):
                yield where, self.refused[path]
        elif path in self.only:
            if value not in self.only[path]:
                known = ", ".join(map(str, self.only[path]))
                why = f"; {self.notes[path]}" if path in self.notes else ""
                yield where, f"{value!r:.200} is not supported; supported: {known}{why}"
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from self._walk(inner, f"{path}.{name}".lstrip("."), f"{where}.{name}".lstrip("."))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                yield from self._walk(inner, f"{path}[]", f"{where}[{number}]")
        elif self.place(path) is None:
            yield where, UNKNOWN

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each member and what the reference says of it, in the order of their names."""
        for path in sorted(self.paths):
            if path in self.refused:
                yield path, f"refused: {self.refused[path]}"
                continue
            what = "record" if path in self.record else "acts"
            if path in self.only:
                what += f": {', '.join(map(str, self.only[path]))}"
            note = self.notes.get(path)
            yield path, what if note is None else f"{what}; {note}"


def asks(value: Any) -> bool:
    """Return whether a member asks for anything: one that is empty, or all switched off, does not."""
    return any(map(asks, value.values())) if isinstance(value, Mapping) else bool(value)


def _is_top(path: str) -> bool:
    return "." not in path and "[]" not in path
