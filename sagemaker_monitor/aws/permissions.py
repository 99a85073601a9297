"""Which IAM statement would allow a call that was refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sagemaker_monitor.settings import Environment

_SAID = re.compile(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: \"?([^\s\"]+))?")
_S3_ACTIONS = {
    "HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "GetObject": ("s3:GetObject", "s3:ListBucket"),
    "DownloadFile": ("s3:GetObject", "s3:ListBucket"),
    "UploadFile": ("s3:PutObject",),
    "HeadBucket": ("s3:ListBucket",),
    "ListObjectsV2": ("s3:ListBucket",),
}
"""Which permissions S3 asks for, where it is not one of the operation's name: without ListBucket it
answers that what is missing may not be read."""


def permission_hint(action: str, said: str, environment: Environment, bucket: str) -> str:
    """Return what lets the caller do *action*, such as `sagemaker:CreatePipeline`, that AWS *said* no to.

    What AWS names in its answer is believed before what the operation is called.
    """
    if "explicit deny" in said:
        return "a policy denies it explicitly, which no permission overrides: ask whoever keeps that policy"
    match = _SAID.search(said)
    actions: tuple[str, ...]
    if match is not None:
        actions, resource = (match[1],), match[2] or "*"
    else:
        service, _, operation = action.partition(":")
        actions = _S3_ACTIONS.get(operation, (action,)) if service == "s3" else (action,)
        resource = _bucket_resource(actions, environment, bucket) if service == "s3" and bucket else "*"
    statements = ", ".join(json.dumps(_statement(each, resource)) for each in actions)
    key = environment.storage.kms_key
    if key is not None and match is None and action.startswith("s3:"):
        statements += f", and kms:GenerateDataKey and kms:Decrypt on {key}"
    return f"allow the role that runs this: {statements}"


def _statement(action: str, resource: str) -> dict[str, str]:
    is_bucket = action == "s3:ListBucket" and resource.endswith("/*")
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": resource.removesuffix("/*") if is_bucket else resource,
    }


def _bucket_resource(actions: tuple[str, ...], environment: Environment, bucket: str) -> str:
    begin = environment.region.partition("-")[0]
    partition = "aws-cn" if begin == "cn" else "aws-us-gov" if "-gov-" in environment.region else "aws"
    arn = f"arn:{partition}:s3:::{bucket}"
    return arn if actions == ("s3:ListBucket",) else f"{arn}/*"
