"""Whether a JSON value is what a botocore shape allows, with every deviation and not only the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sagemaker_monitor.emulator.definition.expressions import is_expression
from sagemaker_monitor.emulator.definition.findings import Finding, choices, shown
from sagemaker_monitor.emulator.wire import operation_model, service_model

# Called for an expression with the shape that its value must have.
OnExpression = Callable[[Shape, Mapping[str, Any], str], Iterator[Finding]]

_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "long": "an integer",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "an object",
    "structure": "an object",
    "timestamp": "a time",
    "blob": "a string",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (Mapping,),
    "structure": (Mapping,),
    "timestamp": (str, int, float),
    "blob": (str,),
}


def service_shape(name: str) -> Shape:
    """Return SageMaker's shape called *name*."""
    return service_model().shape_for(name)


def operation_input(operation: str) -> Shape:
    """Return the shape of *operation*'s request."""
    model = operation_model(operation)
    if model is None or model.input_shape is None:
        raise LookupError(operation)
    return model.input_shape


def conform(
    shape: Shape,
    value: Any,
    path: str,
    on_expression: OnExpression | None = None,
    absent: frozenset[str] = frozenset(),
) -> Iterator[Finding]:
    """Yield every way in which *value* is not what *shape* allows.

    Expressions are given to *on_expression*; without it they are objects like any other.
    Required members in *absent* may be missing at the top: the service fills them in.
    """
    if getattr(shape, "is_document_type", False):
        return
    if on_expression is not None and is_expression(value):
        yield from on_expression(shape, value, path)
        return
    if not _is_of(shape, value):
        yield Finding(path, f"must be {_WORDS[shape.type_name]}; {shown(value)} is given")
        return
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path, on_expression, absent)
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from conform(shape.member, item, f"{path}[{index}]", on_expression)
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from conform(shape.key, key, f"{path} (its key)")
            yield from conform(shape.value, item, f"{path}.{key}", on_expression)
    yield from _limits(shape, value, path)


def _is_of(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return shape.type_name == "boolean"
    return isinstance(value, _TYPES[shape.type_name])


def _structure(
    shape: StructureShape,
    value: Mapping[str, Any],
    path: str,
    on_expression: OnExpression | None,
    absent: frozenset[str],
) -> Iterator[Finding]:
    for name in shape.required_members:
        if value.get(name) is None and name not in absent:
            yield Finding(path, f"{name!r} is missing")
    for name, item in value.items():
        if name not in shape.members:
            yield Finding(
                f"{path}.{name[:64]}", f"unknown field {name[:64]!r}; {choices(name, shape.members)}"
            )
        elif item is not None:  # null is an absent member
            yield from conform(shape.members[name], item, f"{path}.{name}", on_expression)


def _limits(shape: Shape, value: Any, path: str) -> Iterator[Finding]:
    sized = isinstance(value, (str, list)) or isinstance(shape, MapShape)
    if sized and not isinstance(shape, StructureShape):
        yield from _range(len(value), shape, path, "characters" if isinstance(value, str) else "items")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _range(value, shape, path, "")
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield Finding(path, f"{shown(value)} is not allowed; {choices(value, shape.enum)}")
    elif isinstance(value, str) and not _matches(shape.metadata.get("pattern"), value):
        yield Finding(path, f"{shown(value)} does not match {shape.metadata['pattern']}")


def _range(size: float, shape: Shape, path: str, unit: str) -> Iterator[Finding]:
    if shape.type_name in ("timestamp", "blob"):
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    what = f" {unit}" if unit else ""
    if low is not None and size < low:
        yield Finding(
            path, f"has {size}{what}; at least {low} needed" if unit else f"is {size}; at least {low}"
        )
    if high is not None and size > high:
        yield Finding(
            path, f"has {size}{what}; at most {high} allowed" if unit else f"is {size}; at most {high}"
        )


def _matches(pattern: str | None, value: str) -> bool:
    if not pattern:
        return True
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # some of SageMaker's patterns are Java's, such as \p{L}
        return True
