"""A statement of a policy, and documents of them within IAM's limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

VERSION = "2012-10-17"
MANAGED_LIMIT = 6144
"""Characters of a managed policy, white space not counted."""
INLINE_LIMIT = 10240
"""Characters of all inline policies of a role together, white space not counted."""

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


class PolicyError(Exception):
    """No document that IAM takes can be written; the message says why and what to do."""


@dataclass(frozen=True)
class Statement:
    """What is allowed on what: actions such as `s3:GetObject`, ARNs, and when."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the statement as IAM reads it."""
        found: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.condition:
            found["Condition"] = {
                test: {key: value if isinstance(value, str) else list(value) for key, value in keys.items()}
                for test, keys in self.condition.items()
            }
        return found


def document(statements: Iterable[Statement]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": VERSION, "Statement": [statement.to_json() for statement in statements]}


def size(statements: Iterable[Statement]) -> int:
    """Return how many characters IAM counts, in a document of these statements."""
    return len(json.dumps(document(statements), separators=(",", ":")))


def parts(statements: Sequence[Statement], limit: int = MANAGED_LIMIT) -> list[tuple[Statement, ...]]:
    """Return the statements in as few policies as they follow each other, each within *limit*.

    A statement that is too long itself is divided by its resources, with numbers. Raises PolicyError.
    """
    found: list[tuple[Statement, ...]] = []
    for piece in (piece for statement in statements for piece in _divided(statement, limit)):
        if found and size((*found[-1], piece)) <= limit:
            found[-1] = (*found[-1], piece)
        else:
            found.append((piece,))
    return found


def _divided(statement: Statement, limit: int) -> list[Statement]:
    pieces = [statement]
    while any(size((piece,)) > limit for piece in pieces):
        count = len(pieces) + 1
        if count > len(statement.resources):
            raise PolicyError(
                f"statement {statement.sid} has {size((statement,))} characters, and IAM takes {limit} in a "
                "managed policy"
            )
        pieces = [
            replace(
                statement, sid=f"{statement.sid}{number + 1}", resources=statement.resources[number::count]
            )
            for number in range(count)
        ]
    return pieces
