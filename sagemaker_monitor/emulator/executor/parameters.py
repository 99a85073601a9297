"""What value each parameter has in one execution."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sagemaker_monitor.emulator.definition import Parameter
from sagemaker_monitor.emulator.definition.findings import choices, shown

# What Python reads and JSON does not have: nan, inf, 1_000 and blanks around a number.
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "false": False}


class ParameterError(ValueError):
    """An execution was given parameters that its pipeline does not take; the text names all of them."""


def bind(declared: Mapping[str, Parameter], given: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Return the value of every declared parameter: what was given, read by its type, or its default.

    Clients send every value as text, so a Boolean arrives as "True".
    """
    texts: dict[str, str] = {}
    problems: list[str] = []
    for item in given:
        name = item["Name"]
        if name in texts:
            problems.append(f"parameter {name!r} is given twice")
        elif name not in declared:
            problems.append(
                f"parameter {name[:64]!r} is not declared by the pipeline; {choices(name, declared)}"
            )
        texts[name] = item["Value"]
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        try:
            values[name] = _value(parameter, texts.get(name))
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError("; ".join(problems[:10]))
    return values


def _value(parameter: Parameter, text: str | None) -> Any:
    name = parameter.name
    if text is None:
        if parameter.default is None:
            raise ParameterError(f"parameter {name!r} has no default and no value was given")
        return parameter.default
    try:
        value = read_value(parameter.type, text)
    except (ValueError, KeyError) as error:
        raise ParameterError(
            f"parameter {name!r} is of type {parameter.type}; {shown(text)} is given"
        ) from error
    if parameter.enum and value not in parameter.enum:
        allowed = ", ".join(map(repr, parameter.enum[:10]))
        raise ParameterError(f"parameter {name!r} must be one of {allowed}; {shown(text)} is given")
    return value


def read_value(kind: str, text: str) -> Any:
    """Return what *text* is as a value of a declared type. Raises ValueError or KeyError."""
    match kind:
        case "Integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "Float" if _FLOAT.fullmatch(text):
            return _finite(float(text))
        case "Boolean":
            return _BOOLEANS[text.lower()]
        case "String":
            return text
    raise ValueError(text)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(value)
    return value
