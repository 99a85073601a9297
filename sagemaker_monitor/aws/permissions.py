"""Which IAM statement would allow a call that was refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagemaker_monitor.settings import Environment

_SAID = re.compile(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: \"?([^\s\"]+))?")
_CALLER = re.compile(r"User: (arn:[^\s]+) is not authorized")
_SESSION = re.compile(r"^arn:(aws[\w-]*):sts::(\d{12}):assumed-role/([^/]+)/")
_S3_ACTIONS = {
    "HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "GetObject": ("s3:GetObject", "s3:ListBucket"),
    "DownloadFile": ("s3:GetObject", "s3:ListBucket"),
    **dict.fromkeys(("UploadFile", "UploadFileobj"), ("s3:PutObject",)),
    "HeadBucket": ("s3:ListBucket",),
    "ListObjectsV2": ("s3:ListBucket",),
    "GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
}
"""Which permissions S3 asks for, where it is not one of the operation's name: without ListBucket it
answers that what is missing may not be read."""
DENIED_EXPLICITLY = (
    "a policy denies it explicitly, which no permission overrides: ask whoever keeps that policy"
)
_OF_BUCKETS = frozenset({"s3:ListBucket", "s3:GetEncryptionConfiguration"})


def permission_hint(action: str, said: str, environment: Environment, bucket: str, key: str = "") -> str:
    """Return what lets the caller do *action*, such as `sagemaker:CreatePipeline`, that AWS *said* no to.

    What AWS names in its answer is believed before what the operation is called.
    """
    if "explicit deny" in said:
        return DENIED_EXPLICITLY
    match = _SAID.search(said)
    actions: tuple[str, ...]
    if match is not None:
        actions, resource = (match[1],), match[2] or "*"
    else:
        service, _, operation = action.partition(":")
        actions = _S3_ACTIONS.get(operation, (action,)) if service == "s3" else (action,)
        resource = _objects(environment, bucket, key or "*") if service == "s3" and bucket else "*"
    allowed = [_allowed(each, resource, environment) for each in actions]
    statements = ", ".join(json.dumps(statement) for statement, _ in allowed)
    kms_key = environment.storage.kms_key
    if kms_key is not None and match is None and action.startswith("s3:"):
        statements += f", and kms:GenerateDataKey and kms:Decrypt on {kms_key}"
    role = next((role for _, role in allowed if role), "")
    policy = f"; all that it needs: sagemaker-monitor policy --env {environment.name} --role {role}"
    return f"allow the role that runs this: {statements}{policy if role else ''}"


def trust_hint(said: str, environment: Environment) -> str:
    """Return why STS may have *said* no to assuming the environment's role, and which statements allow it."""
    role = environment.roles.deploy
    match = _CALLER.search(said)
    caller = match[1] if match else "the caller"
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": _principal(match[1]) if match else "<the caller's ARN>"},
        "Action": "sts:AssumeRole",
    }
    if environment.roles.external_id is not None:
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": environment.roles.external_id}}
    own = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    return (
        f"{caller} may not assume {role} (roles.deploy of {environment.name!r}), or there is no such role; "
        f"its trust policy needs {json.dumps(trust)}, and the caller {json.dumps(own)}"
    )


def _principal(arn: str) -> str:
    """Return who is trusted: of a session of a role, the role. Its path, if it has one, no session tells."""
    match = _SESSION.match(arn)
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else arn


def _allowed(action: str, resource: str, environment: Environment) -> tuple[dict[str, Any], str]:
    """Return a statement for an action on a resource, and for which role the policies have it, if any has."""
    # Its tables are the price of being refused.
    from sagemaker_monitor.aws.iam.allowing import allowed_by_policies

    resource = resource.partition("/")[0] if action in _OF_BUCKETS else resource
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    found = allowed_by_policies(environment, action, resource)
    if found is None:
        return statement, ""
    condition = {"Condition": found.statement.condition} if found.statement.condition else {}
    return {"Sid": found.statement.sid, **statement, **condition}, found.roles[0]


def _objects(environment: Environment, bucket: str, key: str) -> str:
    return f"arn:{environment.partition}:s3:::{bucket}/{key}"
