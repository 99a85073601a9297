"""What is allowed on what: actions by place, and how they are put together."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker_monitor.aws.iam.places import Place
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Statement

Grants = Mapping[Place, frozenset[str]]

READ, WRITE, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"
ABORT = "s3:AbortMultipartUpload"
PASS = "iam:PassRole"
MONITORS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
"""The kinds of job definitions, as operations are called."""


def sagemaker(*operations: str) -> frozenset[str]:
    """Return SageMaker's actions of these names."""
    return frozenset(f"sagemaker:{operation}" for operation in operations)


def events(*operations: str) -> frozenset[str]:
    """Return EventBridge's actions of these names."""
    return frozenset(f"events:{operation}" for operation in operations)


def cloudwatch(*operations: str) -> frozenset[str]:
    """Return CloudWatch's actions of these names."""
    return frozenset(f"cloudwatch:{operation}" for operation in operations)


def scheduler(*operations: str) -> frozenset[str]:
    """Return EventBridge Scheduler's actions of these names."""
    return frozenset(f"scheduler:{operation}" for operation in operations)


def s3(*actions: str) -> frozenset[str]:
    """Return actions on S3, which are written in full."""
    return frozenset(actions)


def together(*several: Grants) -> Grants:
    """Return what is allowed by any of them."""
    found: dict[Place, frozenset[str]] = {}
    for grants in several:
        for place, actions in grants.items():
            found[place] = found.get(place, frozenset()) | actions
    return found


def statements_of(grants: Grants, scope: Scope) -> tuple[Statement, ...]:
    """Return a statement for each place that *scope* has."""
    found = []
    for place, actions in grants.items():
        resources = tuple(dict.fromkeys(place.resources(scope)))
        if resources:
            found.append(Statement(place.sid, tuple(sorted(actions)), resources, place.condition(scope)))
    return tuple(found)


def actions_in(grants: Grants) -> frozenset[str]:
    """Return the actions of all places."""
    return frozenset().union(*grants.values())
