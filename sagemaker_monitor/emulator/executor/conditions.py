"""Whether a condition with resolved operands holds."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.failure import StepFailed

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def holds(condition: Mapping[str, Any]) -> bool:
    """Return whether *condition* is true. Raises StepFailed when its operands cannot be compared."""
    match condition:
        case {"Type": "Not", "Condition": inner}:
            return not holds(inner)
        case {"Type": "Or", "Conditions": inner}:
            return any(holds(item) for item in inner)
        case {"Type": "In", "QueryValue": value, "Values": allowed}:
            return any(_comparable(value, item) and value == item for item in allowed)
        case {"Type": "Equals", "LeftValue": left, "RightValue": right}:
            if not _comparable(left, right):
                raise StepFailed(
                    f"ClientError: Equals compares {_kind(left)} with {_kind(right)}; use one type"
                )
            return bool(left == right)
        case {"Type": str(kind), "LeftValue": left, "RightValue": right} if kind in _ORDERINGS:
            if not (_is_number(left) and _is_number(right)):
                raise StepFailed(
                    f"ClientError: {kind} compares numbers, not {_kind(left)} with {_kind(right)}"
                )
            return _ORDERINGS[kind](left, right)
    raise StepFailed(f"ClientError: {str(condition.get('Type'))[:64]!r} is no condition")


def _comparable(left: Any, right: Any) -> bool:
    return type(left) is type(right) or (_is_number(left) and _is_number(right))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    names = {str: "a String", bool: "a Boolean", int: "an Integer", float: "a Float"}
    return names.get(type(value), "a value of no simple type")
