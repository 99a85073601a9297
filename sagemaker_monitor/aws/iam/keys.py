"""What is done with the environment's KMS key, where it has one."""

from __future__ import annotations

from sagemaker_monitor.aws.iam.grants import WRITE, Grants
from sagemaker_monitor.aws.iam.places import BY_ALIAS, Place
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Condition


def _keys(scope: Scope) -> tuple[str, ...]:
    return scope.keys


def _through_s3(scope: Scope) -> Condition:
    service = f"s3.{scope.environment.region}.{scope.domain}"
    return {"StringEquals": {"kms:ViaService": service}, **scope.of_alias}


def _for_volumes(scope: Scope) -> Condition:
    return {"Bool": {"kms:GrantIsForAWSResource": "true"}, **scope.of_alias}


STORAGE_KEY = Place("StorageKey", "the environment's key, used by S3", _keys, _through_s3, BY_ALIAS)
OUTPUT_KEY = Place("JobKey", "the environment's key, named in jobs", _keys, lambda s: s.of_alias, BY_ALIAS)
VOLUME_KEY = Place(
    "VolumeKey", "the environment's key, granted to volumes of jobs", _keys, _for_volumes, BY_ALIAS
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
