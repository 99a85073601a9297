"""Whether what was recorded is allowed, and which permissions it used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sagemaker_monitor.aws.iam.grants import Grants
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Statement, document
from tests.policy.evaluator import Need, allowing


@dataclass(frozen=True)
class Judged:
    """What is not allowed, and the actions of statements that were used and not used."""

    denied: tuple[Need, ...]
    used: frozenset[tuple[str, str]]
    unused: frozenset[tuple[str, str]]


def statements_of(grants: Grants, scope: Scope) -> tuple[Statement, ...]:
    """Return a statement for each place that *scope* has."""
    return tuple(
        Statement(place.sid, tuple(sorted(actions)), place.resources(scope), place.condition(scope))
        for place, actions in grants.items()
        if place.resources(scope)
    )


def judge(needs: Iterable[Need], statements: Iterable[Statement]) -> Judged:
    """Return how *needs* and *statements* fit each other."""
    statements = tuple(statements)
    policy = document(statements)
    denied: list[Need] = []
    used: set[tuple[str, str]] = set()
    for need in needs:
        sids = allowing(policy, need)
        used |= {(sid, need.action) for sid in sids}
        if not sids:
            denied.append(need)
    given = {(statement.sid, action) for statement in statements for action in statement.actions}
    return Judged(tuple(denied), frozenset(used), frozenset(given - used))
