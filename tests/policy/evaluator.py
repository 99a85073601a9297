"""What IAM decides: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

A small one for identity policies: a Deny that matches decides, else an Allow that matches, else nothing is
allowed. What it does not know, it refuses to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Need:
    """One permission that a call needs: an action, on a resource, with the request's context."""

    action: str
    resource: str
    context: Context = field(default_factory=dict, hash=False)


def matches(pattern: str, text: str) -> bool:
    """Return whether *text* is what *pattern* says, where * is any text and ? any one character."""
    words = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(words, text, re.DOTALL) is not None


TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, found: wanted == found,
    "StringLike": matches,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
}


def allowing(policy: Mapping[str, Any], need: Need) -> list[str]:
    """Return the Sids of the statements that allow *need*; empty where it is not allowed."""
    applying = [each for each in policy["Statement"] if applies(each, need)]
    if any(each["Effect"] == "Deny" for each in applying):
        return []
    return [each["Sid"] for each in applying]


def applies(statement: Mapping[str, Any], need: Need) -> bool:
    """Return whether a statement speaks of *need*."""
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}
    assert not unknown, f"not understood: {unknown}"
    return (
        any(matches(each.lower(), need.action.lower()) for each in _list(statement["Action"]))
        and any(matches(each, need.resource) for each in _list(statement["Resource"]))
        and all(
            _holds(test, key, _list(wanted), need.context)
            for test, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(test: str, key: str, wanted: Iterable[str], context: Context) -> bool:
    name, _, bare = test.rpartition(":")
    assert name in ("", "ForAnyValue"), f"not understood: {test}"
    found = context.get(key)
    if found is None:
        return False
    values = _list(found)
    assert name or len(values) == 1, f"{key} has several values; {test} is for one"
    return any(TESTS[bare](each, value) for each in wanted for value in values)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
