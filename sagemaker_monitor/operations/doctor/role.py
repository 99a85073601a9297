"""The roles of jobs and of schedules: whether they exist, and whether their services may assume them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.aws.errors import NotFoundError
from sagemaker_monitor.aws.iam.roles import EXECUTION, SCHEDULER
from sagemaker_monitor.aws.iam.trust import SERVICES
from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem, warning


def exists(context: Context) -> Iterator[Finding]:
    """Yield of each configured role whether there is one of that name, and of that ARN."""
    for key, wanted in service_roles(context).items():
        try:
            found = described(context, wanted)
        except NotFoundError:
            yield problem(
                f"there is no role {wanted}",
                f"create it (sagemaker-monitor policy {context.again} prints what it needs), or correct "
                f"{context.key('roles', key)}",
            )
            continue
        if found.get("Arn") != wanted:
            yield problem(
                f"the role {found.get('RoleName')} is {found.get('Arn')}, not {wanted}",
                f"correct {context.key('roles', key)}",
                side="configuration",
            )
        else:
            yield ok(wanted)


def trust(context: Context) -> Iterator[Finding]:
    """Yield of each configured role whether its trust policy lets its service assume it."""
    for key, wanted in service_roles(context).items():
        try:
            policy = described(context, wanted).get("AssumeRolePolicyDocument", {})
        except NotFoundError:
            continue  # told where it is looked for
        yield trusted(policy, SERVICES[key], context.environment.account, wanted)


def service_roles(context: Context) -> dict[str, str]:
    """Return the roles that services of AWS assume, by their key: that of jobs, and that of schedules."""
    roles = context.environment.roles
    found = {EXECUTION: roles.execution}
    if roles.scheduler is not None:
        found[SCHEDULER] = roles.scheduler
    return found


def described(context: Context, arn: str) -> Mapping[str, Any]:
    """Return what IAM says of a role. Raises NotFoundError, AwsError."""
    answer: Mapping[str, Any] = context.aws.call("iam", "get_role", RoleName=arn.rpartition("/")[2])["Role"]
    return answer


def trusted(policy: Mapping[str, Any], service: str, account: str, role: str) -> Finding:
    """Return whether a trust *policy* lets *service* assume *role* for *account*."""
    allowed: list[Mapping[str, Any]] = []
    name = role.rpartition("/")[2]
    for statement in as_list(policy.get("Statement")):
        if not _assumes(statement) or not _speaks_of(statement, service):
            continue
        if statement.get("Effect") == "Deny":
            return problem(
                f"its trust policy denies {service} to assume it", f"remove {json.dumps(statement)}"
            )
        allowed.append(statement)
    if not allowed:
        asked = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        return problem(
            f"the trust policy of {name} does not let {service} assume it",
            f"add to it: {json.dumps(asked)}",
        )
    open_to = [each for each in allowed if _admits(each.get("Condition", {}), account)]
    if not open_to:
        return problem(
            f"the trust policy of {name} lets {service} assume it for other accounts than {account} only",
            f"add {account} to aws:SourceAccount of {json.dumps(allowed[0])}",
        )
    keys = sorted({key for each in open_to for key in _other_keys(each.get("Condition", {}))})
    if keys and not any(not _other_keys(each.get("Condition", {})) for each in open_to):
        return warning(
            f"{service} may assume {name} under conditions that are not judged here: {', '.join(keys)}",
            "look at the trust policy's Condition",
        )
    return ok(f"{service} may assume {name}")


def as_list(value: Any) -> list[Any]:
    """Return what a policy may write as one value or as a list of them."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _assumes(statement: Mapping[str, Any]) -> bool:
    actions = {str(action).lower() for action in as_list(statement.get("Action"))}
    return bool(actions & {"sts:assumerole", "sts:*", "*"})


def _speaks_of(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        return True
    services = as_list(principal.get("Service")) if isinstance(principal, dict) else []
    return service in services or "*" in services


def _admits(condition: Mapping[str, Any], account: str) -> bool:
    """Return whether the conditions on the account of who uses the service admit *account*."""
    for tests in condition.values():
        for key, values in tests.items():
            if key.lower() == "aws:sourceaccount" and account not in as_list(values):
                return False
    return True


def _other_keys(condition: Mapping[str, Any]) -> list[str]:
    return [key for tests in condition.values() for key in tests if key.lower() != "aws:sourceaccount"]
