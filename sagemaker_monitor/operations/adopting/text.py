"""A draft as the YAML that people read: small sections on one line, comments beside what needs one."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sagemaker_monitor.settings.errors import Path
from sagemaker_monitor.settings.scaffold import WIDTH, aligned, scalar, wrapped

FLOW = 80
"""Characters up to which a mapping or a list without comments stands on one line."""

_PLAIN = re.compile(r"[\w./()*?+'-]+(?: [\w./()*?+'-]+)*", re.ASCII)


def render(values: Mapping[str, Any], comments: Mapping[Path, str]) -> str:
    """Return *values* as YAML, each top section behind an empty line, with *comments* by path."""
    lines: list[str] = []
    before: Any = None
    for key, value in values.items():
        if isinstance(value, Mapping) or isinstance(before, Mapping):
            lines.append("")
        lines += _entry((key,), value, comments, 0)
        before = value
    return "\n".join(lines) + "\n"


def _entry(path: Path, value: Any, comments: Mapping[Path, str], depth: int) -> Iterator[str]:
    head = f"{'  ' * depth}{_key(path[-1])}:"
    comment = comments.get(path, "")
    inside = any(len(other) > len(path) and other[: len(path)] == path for other in comments)
    text = _text(value, "k: {}") if isinstance(value, str) else flow(value)
    if not inside and len(f"{head} {text}") <= FLOW and not (depth == 0 and isinstance(value, Mapping)):
        yield from _commented(f"{head} {text}", comment)
    elif isinstance(value, Mapping) and value:
        yield from _commented(head, comment)
        for key, each in value.items():
            yield from _entry((*path, key), each, comments, depth + 1)
    elif isinstance(value, list) and value:
        yield from _commented(head, comment)
        yield from _items(value, depth + 1)
    else:
        yield from _commented(f"{head} {text}", comment)


def _items(values: list[Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    if all(isinstance(each, str | int | float) for each in values):
        items = wrapped([flow(each) for each in values]).replace("\n     ", f"\n{indent} ")
        yield f"{indent}[{items}]"
        return
    for each in values:
        text = flow(each)
        if isinstance(each, list) and len(text) > WIDTH - 10:
            items = wrapped([flow(cell) for cell in each]).replace("\n     ", f"\n{indent}   ")
            text = f"[{items}]"
        yield f"{indent}- {text}"


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return _number(value)
    return _text(value) if isinstance(value, str) else str(value)


def _number(value: float) -> str:
    text = repr(value)
    # YAML reads 1e-05 as a text: it wants a point in it.
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else text


def _key(key: Any) -> str:
    return _text(str(key))


def _text(value: str, place: str = "{{k: {}}}") -> str:
    """Return a text without quotes where YAML reads it as this text at its *place*."""
    if _PLAIN.fullmatch(value):
        try:
            if yaml.safe_load(place.format(value)) == {"k": value}:
                return value
        except yaml.YAMLError:
            pass
    return scalar(value)


def _commented(text: str, comment: str) -> Iterator[str]:
    """Yield a line with its comment beside it, or above it where that would be long."""
    if not comment:
        yield text
        return
    comment = "".join(char if char.isprintable() else "?" for char in comment)
    line = aligned(text, comment)
    if len(line) <= WIDTH:
        yield line
        return
    indent = " " * (len(text) - len(text.lstrip()))
    yield from (f"{indent}# {each}" for each in textwrap.wrap(comment, WIDTH - len(indent) - 2))
    yield text
