"""What is done with the environment's KMS key.

IAM knows a key by its ARN; one that is configured by an alias is any key that bears it:
https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html.
"""

from __future__ import annotations

from sagemaker_monitor.aws.iam.commands import WRITE, Grants
from sagemaker_monitor.aws.iam.places import Place
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Condition

BY_ALIAS = "which key bears the alias is asked when the key is used: a condition keeps it to that one"


def _key(scope: Scope) -> tuple[str, ...]:
    key = scope.environment.storage.kms_key
    if key is None:
        return ()
    if key.startswith("arn:"):
        begin, _, name = key.partition(":alias/")
        return (f"{begin}:key/*" if name else key,)
    return (scope.arn("kms", "key/*" if key.startswith("alias/") else f"key/{key}"),)


def _alias(scope: Scope) -> Condition:
    key = scope.environment.storage.kms_key or ""
    _, found, name = key.rpartition("alias/")
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{name}"}} if found else {}


def _through_s3(scope: Scope) -> Condition:
    service = f"s3.{scope.environment.region}.{scope.domain}"
    return {"StringEquals": {"kms:ViaService": service}, **_alias(scope)}


def _for_volumes(scope: Scope) -> Condition:
    return {"Bool": {"kms:GrantIsForAWSResource": "true"}, **_alias(scope)}


STORAGE_KEY = Place("StorageKey", "the environment's key, used by S3", _key, _through_s3, BY_ALIAS)
OUTPUT_KEY = Place("JobKey", "the environment's key, named in jobs", _key, _alias, BY_ALIAS)
VOLUME_KEY = Place(
    "VolumeKey", "the environment's key, granted to volumes of jobs", _key, _for_volumes, BY_ALIAS
)


def key_grants(grants: Grants, *, jobs: bool) -> Grants:
    """Return what is done with the key by who is allowed *grants*, and whether for *jobs*."""
    writes = any(WRITE in actions for actions in grants.values())
    through_s3 = {"kms:Decrypt", *(("kms:GenerateDataKey",) if writes else ())}
    in_jobs: Grants = {
        OUTPUT_KEY: frozenset({"kms:DescribeKey", "kms:Encrypt"}),
        VOLUME_KEY: frozenset({"kms:CreateGrant"}),
    }
    return {STORAGE_KEY: frozenset(through_s3), **(in_jobs if jobs else {})}
