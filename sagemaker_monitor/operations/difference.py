"""One thing that differs, and how two values are told apart piece by piece."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal


class Missing:
    """Stands for what is not there, where None is a value."""

    def __repr__(self) -> str:
        """Return what a reader sees."""
        return "MISSING"


MISSING: Final = Missing()

Sign = Literal["+", "-", "~"]
Kind = Literal["model", "environment", "pipeline", "file", "resource"]
SHORT_LIST = 12
"""Lists of plain values with at most this many in both together are shown whole."""

_IDENTITY = ("match", "name", "Name")


@dataclass(frozen=True)
class Difference:
    """What upsert would change: `+` comes, `-` goes, `~` becomes another.

    *subject* is a configuration key, a place in a definition, or a file. *before* is what is deployed,
    *after* what shall be; MISSING where a sentence in *text* says it instead.
    """

    sign: Sign
    kind: Kind
    subject: str
    before: Any = MISSING
    after: Any = MISSING
    text: str = ""
    note: str = ""
    """Which thing a number in *subject* stands for, such as a facet's name."""
    pipelines: tuple[str, ...] = ()
    """Where it differs, as `register`; empty for what belongs to no pipeline."""
    resource: str = ""
    """What sort of thing it is about, as `alarm`, where it is about a resource that is no pipeline."""
    is_partial: bool = False
    """Whether other pipelines that have it too are as they shall be."""


def value_differences(
    kind: Kind, subject: str, before: Any, after: Any, note: str = ""
) -> Iterator[Difference]:
    """Yield what differs between two values of *subject*, as deep as both have the same shape.

    Lists of mappings are matched by what names their elements, so that one inserted element is one
    difference; numbers in brackets are those of *after*, of *before* for what goes.
    """
    if before == after:
        return
    if before is MISSING or after is MISSING:
        yield Difference("+" if before is MISSING else "-", kind, subject, before, after, note=note)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from value_differences(
                kind, f"{subject}.{key}", before.get(key, MISSING), after.get(key, MISSING), note
            )
    elif _are_mappings(before) and _are_mappings(after):
        yield from _element_differences(kind, subject, before, after)
    elif _is_long_list(before, after):
        yield Difference("~", kind, subject, text=_list_text(before, after), note=note)
    else:
        yield Difference("~", kind, subject, before, after, note=note)


def _element_differences(
    kind: Kind, subject: str, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> Iterator[Difference]:
    matcher = difflib.SequenceMatcher(
        None, [_identity(element) for element in before], [_identity(element) for element in after], False
    )
    for operation, old, old_end, new, new_end in matcher.get_opcodes():
        paired = old_end - old if operation == "equal" or old_end - old == new_end - new else 0
        for place in range(paired):
            element, other = before[old + place], after[new + place]
            yield from value_differences(kind, f"{subject}[{new + place}]", element, other, _name(other))
        for place in range(old + paired, old_end):
            yield Difference("-", kind, f"{subject}[{place}]", before=before[place])
        for place in range(new + paired, new_end):
            yield Difference("+", kind, f"{subject}[{place}]", after=after[place])


def _are_mappings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _identity(element: dict[str, Any]) -> str:
    return _name(element) or json.dumps(element, sort_keys=True, default=str)


def _name(element: dict[str, Any]) -> str:
    return next((element[key] for key in _IDENTITY if isinstance(element.get(key), str)), "")


def _is_long_list(before: Any, after: Any) -> bool:
    return isinstance(before, list) and isinstance(after, list) and len(before) + len(after) > SHORT_LIST


def _list_text(before: list[Any], after: list[Any]) -> str:
    old, new = [_text(value) for value in before], [_text(value) for value in after]
    # Counted, because an element may be there twice.
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    parts = [
        f"{word} {_some(list(values.elements()))}"
        for word, values in (("added", come), ("removed", gone))
        if values
    ]
    if _without(old, gone) != _without(new, come):
        parts.append("in another order")
    return "; ".join(parts)


def _without(values: list[str], gone: Counter[str]) -> list[str]:
    left = gone.copy()
    kept = []
    for value in values:
        if left[value]:
            left[value] -= 1
        else:
            kept.append(value)
    return kept


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _some(values: list[str], most: int = 8) -> str:
    return ", ".join(values[:most]) + (f" and {len(values) - most} more" if len(values) > most else "")
