"""Whether a condition step compares things that can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_monitor.emulator.definition.expressions import is_expression
from sagemaker_monitor.emulator.definition.findings import Finding, choices, shown
from sagemaker_monitor.emulator.definition.references import Scope, ValueType

ORDERINGS = ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
_FIELDS = {
    "Equals": ("LeftValue", "RightValue"),
    **dict.fromkeys(ORDERINGS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Condition",),
    "Or": ("Conditions",),
}
_NUMBERS = ("Integer", "Float")


def condition_findings(scope: Scope, node: Any, path: str) -> Iterator[Finding]:
    """Yield what is wrong with one condition, nested ones included."""
    kind = node.get("Type") if isinstance(node, dict) else None
    if not isinstance(kind, str):
        yield Finding(path, f"a condition needs a Type; {shown(node)} is given")
        return
    if kind not in _FIELDS:
        yield Finding(f"{path}.Type", f"unknown condition {kind[:64]!r}; {choices(kind, _FIELDS)}")
        return
    for name in node:
        if name not in ("Type", *_FIELDS[kind]):
            yield Finding(
                f"{path}.{name[:64]}", f"unknown field {name[:64]!r}; {choices(name, _FIELDS[kind])}"
            )
    missing = [name for name in _FIELDS[kind] if node.get(name) is None]
    for name in missing:
        yield Finding(path, f"{kind} needs {name!r}")
    if not missing:
        yield from _operands(scope, kind, node, path)


def _operands(scope: Scope, kind: str, node: dict[str, Any], path: str) -> Iterator[Finding]:
    match kind:
        case "Not":
            yield from condition_findings(scope, node["Condition"], f"{path}.Condition")
        case "Or":
            for index, inner in enumerate(_list(node["Conditions"])):
                yield from condition_findings(scope, inner, f"{path}.Conditions[{index}]")
            if not _list(node["Conditions"]):
                yield Finding(f"{path}.Conditions", "must be a list of at least one condition")
        case "In":
            yield from _operand(scope, node["QueryValue"], f"{path}.QueryValue")[1]
            for index, value in enumerate(_list(node["Values"])):
                yield from _operand(scope, value, f"{path}.Values[{index}]")[1]
            if not _list(node["Values"]):
                yield Finding(f"{path}.Values", "must be a list of at least one value")
        case _:
            yield from _comparison(scope, kind, node, path)


def _comparison(scope: Scope, kind: str, node: dict[str, Any], path: str) -> Iterator[Finding]:
    left, wrong_left = _operand(scope, node["LeftValue"], f"{path}.LeftValue")
    right, wrong_right = _operand(scope, node["RightValue"], f"{path}.RightValue")
    yield from wrong_left
    yield from wrong_right
    if kind in ORDERINGS:
        for side, given in (("LeftValue", left), ("RightValue", right)):
            if given is not None and given not in _NUMBERS:
                yield Finding(f"{path}.{side}", f"{kind} compares numbers; a {given} is given")
    elif left and right and left != right and not (left in _NUMBERS and right in _NUMBERS):
        yield Finding(path, f"Equals compares a {left} with a {right}; both sides must be of one type")


def _operand(scope: Scope, value: Any, path: str) -> tuple[ValueType, list[Finding]]:
    if is_expression(value):
        return scope.check(value, path)
    match value:
        case bool():
            return "Boolean", []
        case int():
            return "Integer", []
        case float():
            return "Float", []
        case str():
            return "String", []
    return None, [Finding(path, f"must be a value or an expression; {shown(value)} is given")]


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []
