"""Tags of everything that has an ARN of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagemaker_monitor.emulator.api import paging
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler

_MONITORS = ("data-quality", "model-quality", "model-bias", "model-explainability")
ARN_FIELDS = {
    **{f"{kind}-job-definition": "JobDefinitionArn" for kind in _MONITORS},
    "monitoring-schedule": "MonitoringScheduleArn",
    "endpoint": "EndpointArn",
    "endpoint-config": "EndpointConfigArn",
    "pipeline": "PipelineArn",
    "model": "ModelArn",
    "model-package": "ModelPackageArn",
    "model-package-group": "ModelPackageGroupArn",
    "processing-job": "ProcessingJobArn",
    "training-job": "TrainingJobArn",
    "transform-job": "TransformJobArn",
}
_MOST_TAGS = 50


def put_tags(context: Context, arn: str, tags: Sequence[dict[str, str]] | None) -> list[dict[str, str]]:
    """Set tags of a resource, beside those with other keys, and return all; create handlers call this."""
    if not tags:
        return _tags(context, arn)
    merged = {tag["Key"]: tag for tag in [*_tags(context, arn), *tags]}
    if len(merged) > _MOST_TAGS:
        raise ApiError(
            "ResourceLimitExceeded", f"a resource has at most {_MOST_TAGS} tags, not {len(merged)}: {arn}"
        )
    context.store.put("tags", arn, {"Tags": list(merged.values())})
    return list(merged.values())


def forget_tags(context: Context, arn: str) -> None:
    """Drop the tags of a resource; delete handlers call this."""
    context.store.delete("tags", arn)


def add_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """AddTags."""
    _require(context, request["ResourceArn"])
    return {"Tags": put_tags(context, request["ResourceArn"], request["Tags"])}


def list_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTags; all fit on one page, so that no token is given."""
    if request.get("NextToken") is not None:
        raise paging.bad_token()
    _require(context, request["ResourceArn"])
    return {"Tags": _tags(context, request["ResourceArn"])}


def delete_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteTags; keys that are not there are no error."""
    arn = request["ResourceArn"]
    _require(context, arn)
    kept = [tag for tag in _tags(context, arn) if tag["Key"] not in request["TagKeys"]]
    context.store.put("tags", arn, {"Tags": kept})
    return {}


OPERATIONS: dict[str, Handler] = {"AddTags": add_tags, "ListTags": list_tags, "DeleteTags": delete_tags}


def _tags(context: Context, arn: str) -> list[dict[str, str]]:
    document = context.store.get("tags", arn) or {"Tags": []}
    tags: list[dict[str, str]] = document["Tags"]
    return tags


def _require(context: Context, arn: str) -> None:
    kind = arn.split(":", 5)[-1].split("/", 1)[0]
    field = ARN_FIELDS.get(kind)
    if field is None:
        known = ", ".join(sorted(ARN_FIELDS))
        raise ApiError(
            "ValidationException", f"Resource {arn} cannot be tagged here; kinds that can: {known}"
        )
    # Most are kept under the last part of their ARN; a search reads all of the kind.
    named = context.store.get(kind, arn.rsplit("/", 1)[-1])
    if (named or {}).get(field) != arn and not context.store.list(kind, **{field: arn}):
        raise ApiError("ResourceNotFound", f"Resource {arn} does not exist.")
