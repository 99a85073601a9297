"""Which events a rule is about.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any

OR = "$or"


class PatternError(Exception):
    """A pattern asks for something that is not done here."""


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Return whether *event* has everything that *pattern* asks for. Raises PatternError."""
    for key, wanted in pattern.items():
        if key == OR and isinstance(wanted, list):
            if not any(matches(each, event) for each in wanted):
                return False
        elif isinstance(wanted, Mapping):
            inner = event.get(key)
            if not isinstance(inner, Mapping):
                inner = {}  # what must not exist does not exist there, either
            if not matches(wanted, inner):
                return False
        elif not _has(event, key, wanted):
            return False
    return True


def _has(event: Mapping[str, Any], key: str, wanted: Any) -> bool:
    if not isinstance(wanted, list):
        raise PatternError(f"{key} is no list of values")
    if any(isinstance(each, Mapping) and each.get("exists") is False for each in wanted) and key not in event:
        return True
    if key not in event:
        return False
    found = event[key]
    values = found if isinstance(found, list) else [found]
    return any(_is(value, each) for value in values for each in wanted)


def _is(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return (type(value) is type(wanted) and bool(value == wanted)) or _equal_numbers(value, wanted)
    (how, what), *others = wanted.items()
    if others or how not in _FILTERS:
        raise PatternError(f"the filter {dict(wanted)!r} is not done here")
    return _FILTERS[how](value, what)


def _equal_numbers(value: Any, wanted: Any) -> bool:
    return _is_number(value) and _is_number(wanted) and bool(value == wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """Return *test* for texts, whose other side may be told to ignore case."""

    def tested(value: Any, what: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(what, Mapping):
            return test(value.lower(), str(what["equals-ignore-case"]).lower())
        return test(value, str(what))

    return tested


def _wildcard(value: str, what: str) -> bool:
    parts = (fnmatch.translate(part) if part == "*" else re.escape(part) for part in re.split(r"(\*)", what))
    return (
        re.fullmatch("".join(".*" if part.startswith("(?s:") else part for part in parts), value, re.S)
        is not None
    )


def _anything_but(value: Any, what: Any) -> bool:
    if isinstance(what, Mapping):
        (how, inner), *_ = what.items()
        inner = inner if isinstance(inner, list) else [inner]
        return not any(_FILTERS[how](value, each) for each in inner)
    return not any(_is(value, each) for each in (what if isinstance(what, list) else [what]))


def _numeric(value: Any, what: list[Any]) -> bool:
    pairs = zip(what[::2], what[1::2], strict=True)
    return _is_number(value) and all(_COMPARED[operator](value, bound) for operator, bound in pairs)


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
    "wildcard": _text(_wildcard),
    "equals-ignore-case": _text(lambda value, what: value.lower() == what.lower()),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": lambda _value, what: bool(what),
}
