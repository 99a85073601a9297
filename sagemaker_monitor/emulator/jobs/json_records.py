"""Records of JSON and JSON Lines files as batch transform sees them: values, and JSONPath filters on them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from sagemaker_monitor.emulator.jobs.csv_records import RecordError

Filter = Callable[[Any], Any]

FORMS = "'$', '$.name', \"$['name']\", \"$['name','name']\", '$[0]', '$[0,-1]', '$[1:]', '$.name[*]'"

_NAME = r"'(?:[^'\\]|\\.)*'"
_SEGMENT = re.compile(
    rf"\.?\[(?P<names>{_NAME}(?:,{_NAME})*)\]"
    r"|\.(?P<name>[^.\[\]'*,:]+)"
    r"|\[(?P<indices>-?\d+(?:,-?\d+)*)\]"
    r"|\[(?P<start>-?\d+)?:(?P<stop>-?\d+)?\]"
    r"|(?P<every>\.\*|\[\*\])"
)
_QUOTED = re.compile(_NAME)


def parse(text: str) -> Any:
    """Return a record's value; raise RecordError when it is not JSON."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise RecordError(f"is not JSON: {error}") from error


def render(value: Any) -> str:
    """Return a value as batch transform writes it: keys sorted, no spaces, characters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def compile_filter(expression: str) -> Filter | None:
    """Return what a filter selects of a value, None for one that keeps all; raise ValueError if unknown.

    Several names select an object of these members, `*` and several indices a list. The filter raises
    RecordError where a record has not what it names. Source: Supported JSONPath operators of batch transform,
    SageMaker's developer guide.
    """
    text = expression.strip()
    if text in ("", "$"):
        return None
    steps: list[Callable[[Any], Any]] = []
    many = False
    position = 1
    while position < len(text):
        segment = _SEGMENT.match(text, position)
        if not text.startswith("$") or segment is None:
            raise ValueError(f"the filter {expression!r} is not supported; for JSON there are {FORMS}")
        step = _step(expression, segment)
        steps.append(_of_each(step) if many else step)
        many = many or segment["every"] is not None
        position = segment.end()

    def select(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return select


def _step(expression: str, segment: re.Match[str]) -> Callable[[Any], Any]:
    if segment["names"]:
        names = [re.sub(r"\\(.)", r"\1", name[1:-1]) for name in _QUOTED.findall(segment["names"])]
        return _member(expression, names[0]) if len(names) == 1 else _members(expression, names)
    if segment["name"]:
        return _member(expression, segment["name"])
    if segment["indices"]:
        return _indices(expression, [int(index) for index in segment["indices"].split(",")])
    if segment["every"]:
        return lambda value: _items(expression, value)
    start, stop = (None if segment[bound] is None else int(segment[bound]) for bound in ("start", "stop"))
    return lambda value: _items(expression, _list(expression, value)[start:stop])


def _of_each(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: [step(value) for value in values]


def _member(expression: str, name: str) -> Callable[[Any], Any]:
    def pick(value: Any) -> Any:
        if not isinstance(value, dict) or name not in value:
            raise RecordError(f"has no {name!r} for the filter {expression!r}")
        return value[name]

    return pick


def _members(expression: str, names: list[str]) -> Callable[[Any], Any]:
    picks = {name: _member(expression, name) for name in names}
    return lambda value: {name: pick(value) for name, pick in picks.items()}


def _indices(expression: str, indices: list[int]) -> Callable[[Any], Any]:
    def pick(value: Any) -> Any:
        values = _list(expression, value)
        try:
            found = [values[index] for index in indices]
        except IndexError:
            raise RecordError(f"has {len(values)} items, too few for the filter {expression!r}") from None
        return found[0] if len(found) == 1 else found

    return pick


def _list(expression: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise RecordError(f"has no list for the filter {expression!r}")
    return value


def _items(expression: str, value: Any) -> list[Any]:
    """Return the items of a list or the members of an object, at least one."""
    items = list(value.values()) if isinstance(value, dict) else _list(expression, value)
    if not items:
        raise RecordError(f"has nothing that the filter {expression!r} selects")
    return items


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
