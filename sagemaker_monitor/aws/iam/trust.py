"""Who may assume a role: its trust policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagemaker_monitor.aws.iam import places
from sagemaker_monitor.aws.iam.roles import EXECUTION, SCHEDULER
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import VERSION

BUILDS = "codebuild.amazonaws.com"
SERVICES = {EXECUTION: places.SAGEMAKER, SCHEDULER: places.SCHEDULER}
"""Which service assumes a role; the others are assumed by who runs this tool."""


def trust_policy(scope: Scope, role: str, principals: Sequence[str] = ()) -> dict[str, Any]:
    """Return the trust policy of *role*; one that this tool is run with trusts *principals*, roles or users.

    Without any it trusts CodeBuild. A service is trusted for the environment's account alone:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
    """
    service = SERVICES.get(role)
    environment = scope.environment
    if service is None and principals:
        asked = environment.roles.external_id
        condition = {"StringEquals": {"sts:ExternalId": asked}} if asked is not None else {}
        return _document({"AWS": list(principals)}, condition)
    of_account = {"StringEquals": {"aws:SourceAccount": environment.account}}
    return _document({"Service": service or BUILDS}, of_account)


def _document(principal: dict[str, Any], condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement | ({"Condition": condition} if condition else {})]}
