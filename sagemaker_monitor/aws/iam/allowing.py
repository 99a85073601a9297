"""Which statement of an environment's policies allows an action that was refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sagemaker_monitor.aws.iam.roles import ROLES, statements
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Statement
from sagemaker_monitor.settings import Environment


@dataclass(frozen=True)
class Allowed:
    """A statement that allows an action on one resource, and the roles in whose policies it stands."""

    statement: Statement
    roles: tuple[str, ...]


def allowed_by_policies(environment: Environment, action: str, resource: str) -> Allowed | None:
    """Return the statement that allows *action* on *resource*, for these two alone; None where none does."""
    scope = Scope(environment)
    found: Allowed | None = None
    for role in (each for each in ROLES.values() if each.commands):
        for statement in statements(scope, role.name):
            if action in statement.actions and any(covers(each, resource) for each in statement.resources):
                own = Statement(statement.sid, (action,), (resource,), statement.condition)
                found = Allowed(own, (*(found.roles if found else ()), role.name))
                break
    return found


def covers(pattern: str, arn: str) -> bool:
    """Return whether an ARN is among those of a policy's *pattern*, where * is any text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), arn, re.DOTALL) is not None
