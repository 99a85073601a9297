"""The roles that policies are written for, and what each is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.grants import Grants, sagemaker, statements_of, together
from sagemaker_monitor.aws.iam.jobs import execution_grants
from sagemaker_monitor.aws.iam.keys import key_grants
from sagemaker_monitor.aws.iam.places import MISSED, PIPELINES
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Statement

EXECUTION, SCHEDULER = "execution", "scheduler"

_STARTS: Grants = {
    PIPELINES: sagemaker("StartPipelineExecution"),
    MISSED: frozenset({"sqs:SendMessage"}),
}
"""What EventBridge Scheduler does with the role of schedules."""


@dataclass(frozen=True)
class Role:
    """Who calls: a name, what for, and the commands that it runs."""

    name: str
    what: str
    commands: tuple[str, ...]


ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(
            "deploy", "deploys, rolls back and removes", ("upsert", "rollback", "destroy", "prune", "status")
        ),
        Role(
            "reader",
            "plans and looks, and writes nothing",
            ("plan", "status", "report", "promote --from"),
        ),
        Role(
            "operator",
            "runs pipelines, puts labels and reads what came of it",
            ("run", "ground-truth put", "status", "report", "calibrate", "backtest", "estimate"),
        ),
        Role(
            "approver",
            "opens and closes versions by their evidence",
            ("gate", "promote --to", "status", "report"),
        ),
        Role("examiner", "looks at an account before anything is deployed", ("doctor", "adopt")),
        Role(EXECUTION, "is what pipelines and their jobs run under", ()),
        Role(SCHEDULER, "starts pipelines on schedule", ()),
    )
}


def statements(scope: Scope, *roles: str) -> tuple[Statement, ...]:
    """Return what *roles* together are allowed in *scope*; KeyError for a role that is not in ROLES."""
    grants = together(*(_grants(ROLES[name], scope) for name in roles))
    keys = key_grants(grants, jobs=EXECUTION in roles) if roles != (SCHEDULER,) else {}
    return statements_of({**grants, **keys}, scope)


def _grants(role: Role, scope: Scope) -> Grants:
    if role.name == EXECUTION:
        return execution_grants(scope)
    if role.name == SCHEDULER:
        return _STARTS
    return together(*(COMMANDS[command] for command in role.commands))
