"""Whether IAM policies allow an action, for simulations of roles that were made here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]

_OPERATORS = {
    "StringEquals": (False, False),
    "StringNotEquals": (False, True),
    "StringLike": (True, False),
    "StringNotLike": (True, True),
    "ArnEquals": (True, False),
    "ArnLike": (True, False),
    "Bool": (False, False),
}
"""Operator of a condition to whether its values have wildcards, and whether it is negated."""


@dataclass
class Simulation:
    """The policies' decision, and the keys of conditions that the request did not give a value of."""

    decision: Decision
    missing: set[str] = field(default_factory=set)


def simulate(
    policies: Iterable[Any], action: str, resource: str, given: Mapping[str, list[str]]
) -> Simulation:
    """Return what *policies*, documents or their JSON, say of *action* on *resource* under *given* keys.

    A denial wins. A condition whose key is not given, or whose operator is not known here, does not hold.
    """
    found = Simulation("implicitDeny")
    for statement in _statements(policies):
        if not _covers(statement, "Action", action.lower(), lower=True) or not _covers(
            statement, "Resource", resource
        ):
            continue
        if not _holds(statement.get("Condition", {}), given, found.missing):
            continue
        if statement.get("Effect") == "Deny":
            return Simulation("explicitDeny", found.missing)
        found.decision = "allowed"
    return found


def _statements(policies: Iterable[Any]) -> list[Mapping[str, Any]]:
    documents = (json.loads(each) if isinstance(each, str) else each for each in policies)
    return [statement for document in documents for statement in _list(document.get("Statement"))]


def _covers(statement: Mapping[str, Any], element: str, value: str, *, lower: bool = False) -> bool:
    """Return whether the statement's *element*, or what it says of all others, is about *value*."""
    negated = f"Not{element}" in statement
    patterns = _list(statement.get(f"Not{element}" if negated else element))
    matched = any(_like(value, str(each).lower() if lower else str(each)) for each in patterns)
    return matched != negated


def _holds(condition: Mapping[str, Any], given: Mapping[str, list[str]], missing: set[str]) -> bool:
    holds = True
    values = {key.lower(): each for key, each in given.items()}
    for operator, tests in condition.items():
        wildcards, negated = _OPERATORS.get(operator.removesuffix("IfExists"), (False, None))
        for key, wanted in tests.items():
            if key.lower() not in values or negated is None:
                if not operator.endswith("IfExists"):
                    missing.add(key)
                    holds = False
                continue
            texts = [
                str(each).lower() if operator.startswith("Bool") else str(each) for each in _list(wanted)
            ]
            same = any(
                _like(value, text) if wildcards else value == text
                for value in values[key.lower()]
                for text in texts
            )
            holds = holds and same != negated
    return holds


def _like(value: str, pattern: str) -> bool:
    text = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch(text, value, re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]
