"""Whether what was recorded is allowed, and which permissions it used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipelines.bundle import Bundle
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.grants import statements_of
from sagemaker_monitor.aws.iam.jobs import execution_grants
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Statement, document
from sagemaker_monitor.operations.policy.scoping import scope_of
from sagemaker_monitor.settings import Environment, Model
from tests.policy.evaluator import Need, allowing
from tests.policy.needs import Account
from tests.policy.recording import JOB, Request


@dataclass(frozen=True)
class Judged:
    """What is not allowed, and the actions of statements that were used and not used."""

    denied: tuple[Need, ...]
    used: frozenset[tuple[str, str]]
    unused: frozenset[tuple[str, str]]


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


def judged(requests: Iterable[Request], command: str, scope: Scope) -> Judged:
    """Return how *requests* fit what *command* is said to call in the scope's environment."""
    account = Account(scope.environment.account, scope.environment.region)
    needs = [need for request in requests for need in account.needs(request)]
    return judge(needs, statements_of(COMMANDS[command], scope))


def denied(
    requests: Sequence[Request], environment: Environment, model: Model
) -> tuple[list[Need], set[str]]:
    """Return what the policies of an environment with one model do not allow, and who called at all.

    Commands are held to what is said of each, scripts in jobs to the execution role.
    """
    unbuilt = Bundle(model.model, environment.name, "", "", (), ())
    scope = replace(scope_of(environment, [(model, unbuilt)]), asks_models=True)
    account = Account(environment.account, environment.region)
    found: list[Need] = []
    callers: set[str] = set()
    for caller in (*COMMANDS, JOB):
        grants = execution_grants(scope) if caller == JOB else COMMANDS[caller]
        needs = [need for each in requests if each.by == caller for need in account.needs(each)]
        found += judge(needs, statements_of(grants, scope)).denied
        callers |= {caller} if needs else set()
    return found, callers
