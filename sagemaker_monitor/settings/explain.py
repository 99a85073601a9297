"""What a validation error means, in the words of the person who wrote the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sagemaker_monitor.settings.document import Document
from sagemaker_monitor.settings.errors import Path, Problem, close_match, did_you_mean, dotted, listed, quoted
from sagemaker_monitor.settings.fields import SHAPES, Section

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "time_delta_type": "a duration such as PT1H",
}
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """A key that its section does not have, and the one that may have been meant."""

    path: Path
    meant: str | None


def keys(section: type[Section]) -> dict[str, Any]:
    """Return the keys of *section* as they are written, with their field."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def section_below(annotation: Any) -> type[Section] | None:
    """Return the section that *annotation* holds, alone, optional or in a list, if it holds one."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for arg in get_args(annotation) if (found := section_below(arg))), None)


def named_sections(annotation: Any) -> bool:
    """Return whether *annotation* is a mapping whose keys are names, each of a section."""
    return get_origin(annotation) is dict and section_below(annotation) is not None


def section_at(root: type[Section], path: Path) -> type[Section] | None:
    """Return the section that stands at *path* below *root*, if one does."""
    section: type[Section] | None = root
    name_follows = False
    for key in path:
        if isinstance(key, int) or name_follows:
            name_follows = False
            continue
        field = keys(section).get(key) if section else None
        section = section_below(field.annotation) if field else None
        name_follows = field is not None and named_sections(field.annotation)
    return None if name_follows else section


def unknown_keys(root: type[Section], data: Any, hidden: frozenset[str] = frozenset()) -> list[UnknownKey]:
    """Return the keys of *data* that *root* does not know; *hidden* ones are not for files."""
    return list(_unknown(root, data, (), hidden))


def _unknown(section: type[Section], data: Any, path: Path, hidden: frozenset[str]) -> Iterator[UnknownKey]:
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _unknown(section, item, (*path, index), hidden)
    if not isinstance(data, dict):
        return
    known = {key: field for key, field in keys(section).items() if path or key not in hidden}
    for key, value in data.items():
        if key not in known:
            yield UnknownKey((*path, key), close_match(key, known.keys() - data.keys()))
        elif below := section_below(known[key].annotation):
            if not named_sections(known[key].annotation):
                yield from _unknown(below, value, (*path, key), hidden)
                continue
            for name, named in value.items() if isinstance(value, dict) else ():
                yield from _unknown(below, named, (*path, key, name), hidden)


def explain_unknown(
    unknown: UnknownKey, root: type[Section], document: Document, hidden: frozenset[str] = frozenset()
) -> Problem:
    """Return what to do about a key that is not known where it stands."""
    *section_path, key = unknown.path
    section = section_at(root, tuple(section_path)) or root
    known = sorted(keys(section).keys() - (hidden if not section_path else frozenset()))
    home = None if unknown.meant else _home(str(key), root, ())
    if unknown.meant:
        hint = f"; did you mean {quoted(unknown.meant)}?"
    elif home is not None:
        hint = f"; it belongs in {dotted(home)};"
    else:
        hint = ";"
    message = f"unknown key {quoted(key)}{hint} allowed here: {listed(known, 20)}"
    return Problem(message, document.position(unknown.path), tuple(section_path))


def _home(key: str, section: type[Section], path: Path) -> Path | None:
    for name, field in keys(section).items():
        below = section_below(field.annotation)
        if not below:
            continue
        inner = (*path, name, "<name>") if named_sections(field.annotation) else (*path, name)
        if key in keys(below):
            return inner
        if (found := _home(key, below, inner)) is not None:
            return found
    return None


def explain(error: ValidationError, root: type[Section], document: Document) -> list[Problem]:
    """Return the problems of *error*, one for each value that is wrong."""
    located = [(_path(detail, document.data), detail) for detail in error.errors(include_url=False)]
    problems = []
    # Every missing key is a problem of its own; several errors of one value are a union's members.
    for (path, _), group in groupby(located, key=lambda pair: (pair[0], _own_line(pair[1]))):
        details = [detail for _, detail in group]
        message = _message(path, details, root, document)
        if message:
            problems.append(document.problem(path, message))
    return problems


def _own_line(detail: ErrorDetails) -> object:
    return detail["loc"] if detail["type"] == "missing" else None


def _path(detail: ErrorDetails, data: Any) -> Path:
    """Return where the value stands: pydantic appends which member of a union it tried."""
    path: Path = ()
    for key in detail["loc"]:
        inside = isinstance(data, (dict if isinstance(key, str) else list))
        if not inside:
            break
        present = key in data if isinstance(data, dict) else int(key) < len(data)
        if not present:
            break
        path, data = (*path, key), data[key]
    return path


def _value_at(path: Path, data: Any) -> Any:
    for key in path:
        data = data[key]
    return data


def _message(path: Path, details: list[ErrorDetails], root: type[Section], document: Document) -> str | None:
    detail = details[0]
    # pydantic marks what is wrong with a key of a mapping so; otherwise it is the value there.
    value: Any = path[-1] if detail["loc"][-1:] == ("[key]",) else _value_at(path, document.data)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return _missing(path, detail, root)
    if kind in ("model_type", "model_attributes_type"):
        section = section_at(root, path)
        allowed = listed(sorted(keys(section)), 20) if section else ""
        found = _kind(value, document.written.get(path, ""))
        return f"must be a section with keys of its own ({allowed}), not {found}"
    if kind == "extra_forbidden":
        section = section_at(root, path[:-1])
        return f"unknown key; allowed here: {listed(sorted(keys(section)), 20) if section else ''}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "too_short":
        # pydantic counts only the valid items; those that are not have messages of their own.
        least = context["min_length"]
        return f"needs at least {_items(least)}" if isinstance(value, list) and len(value) < least else None
    if kind == "too_long":
        return f"can have at most {_items(context['max_length'])}, not {len(value)}"
    if kind in ("string_too_short", "string_too_long"):
        bound = (
            f"at least {context['min_length']}"
            if kind == "string_too_short"
            else f"at most {context['max_length']}"
        )
        return f"must have {bound} characters, not {len(value)}"
    if kind == "string_pattern_mismatch":
        return f"{quoted(value)} is not valid: expected {SHAPES[context['pattern']]}"
    if kind in _BOUNDS:
        return f"must be {_bound(detail)}, not {document.written.get(path, value)}"
    return _wrong_type(path, value, details, document)


def _missing(path: Path, detail: ErrorDetails, root: type[Section]) -> str:
    name = detail["loc"][-1]
    if isinstance(name, int):
        return f"needs {_items(name + 1)}"
    section = section_at(root, path)
    field = keys(section).get(name) if section else None
    return f"{name} is missing" + (f" ({str(field.description).rstrip('.')})" if field else "")


def _wrong_type(path: Path, value: Any, details: list[ErrorDetails], document: Document) -> str:
    expected: dict[str, None] = {}
    choices: list[str] = []
    for detail in details:
        context: Mapping[str, Any] = detail.get("ctx", {})
        if detail["type"] == "literal_error":
            choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
            words = quoted(choices[0]) if len(choices) == 1 else f"one of {listed(choices)}"
        else:
            words = _EXPECTED.get(detail["type"]) or _bound(detail)
        expected[words] = None
    written = document.written.get(path, "")
    message = f"must be {' or '.join(expected)}, not {_kind(value, written)}"
    if isinstance(value, str):
        number = any("number" in words for words in expected) and _NUMBER.fullmatch(value)
        return message + ("; remove the quotes" if number else did_you_mean(value, choices))
    if "text" in expected and written:
        return f'{message}; quote it: "{written[:60]}"'
    return message


def _kind(value: Any, written: str) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return f"{'true' if value else 'false'} (YAML reads yes, no, on and off so)"
        case int() | float():
            return f"the number {written[:60]}"
        case str():
            return f"the text {quoted(value)}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _items(count: int) -> str:
    return f"{count} item" if count == 1 else f"{count} items"


def _bound(detail: ErrorDetails) -> str:
    if detail["type"] not in _BOUNDS:
        return detail["msg"][:1].lower() + detail["msg"][1:]
    key, words = _BOUNDS[detail["type"]]
    return f"{words} {detail['ctx'][key]:g}"
