"""Model package groups: under which name the versions of a model are registered."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.paging import kept, matches
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags

_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageGroupArn",
    "ModelPackageGroupDescription",
    "CreationTime",
    "ModelPackageGroupStatus",
)


def create_model_package_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateModelPackageGroup."""
    arn = ensure_group(context, request["ModelPackageGroupName"], request, must_be_new=True)
    put_tags(context, arn, request.get("Tags"))
    return {"ModelPackageGroupArn": arn}


def ensure_group(context: Context, name: str, request: dict[str, Any], *, must_be_new: bool) -> str:
    """Make a group if there is none of that name; return its ARN. Raises ApiError when it *must_be_new*."""
    arn = context.arn("model-package-group", name)
    document: dict[str, Any] = {
        "ModelPackageGroupName": name,
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupDescription": request.get("ModelPackageGroupDescription"),
        "CreationTime": context.now(),
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
    }
    if not context.store.create("model-package-group", name, document) and must_be_new:
        raise ApiError("ValidationException", f"Model Package Group already exists: {arn}")
    return arn


def describe_model_package_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeModelPackageGroup, by name or ARN."""
    return find_group(context, request["ModelPackageGroupName"])


def list_model_package_groups(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListModelPackageGroups, the newest first."""
    elsewhere = request.get("CrossAccountFilterOption") == "CrossAccount"  # groups that others share
    groups, token = kept(
        context.store,
        "model-package-group",
        request,
        lambda group: not elsewhere and matches(group, request, "ModelPackageGroupName"),
        sort_fields={"Name": "ModelPackageGroupName", "CreationTime": "CreationTime"},
    )
    summaries = [{key: group.get(key) for key in _SUMMARY} for group in groups]
    return {"ModelPackageGroupSummaryList": summaries, "NextToken": token}


def delete_model_package_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteModelPackageGroup; one with versions stays."""
    group = find_group(context, request["ModelPackageGroupName"])
    name, arn = group["ModelPackageGroupName"], group["ModelPackageGroupArn"]
    versions = context.store.list("model-package", ModelPackageGroupName=name)
    if versions:
        text = (
            f"Model Package Group {arn} cannot be deleted: it still contains {len(versions)} model packages"
        )
        raise ApiError("ConflictException", text)
    context.store.delete("model-package-group", name)
    forget_tags(context, arn)
    return {}


def find_group(context: Context, name_or_arn: str) -> dict[str, Any]:
    """Return a group's document. Raises ApiError ValidationException when there is none, as AWS does."""
    name = group_name(context, name_or_arn)
    group = context.store.get("model-package-group", name)
    if group is None:
        arn = context.arn("model-package-group", name)
        raise ApiError("ValidationException", f"ModelPackageGroup {arn} does not exist.")
    return group


def group_name(context: Context, name_or_arn: str) -> str:
    """Return the name in a group's ARN; a name is itself. Raises ApiError for another account or region's."""
    name = name_or_arn.rsplit("/", 1)[-1]
    if name_or_arn not in (name, context.arn("model-package-group", name)):
        raise ApiError(
            "AccessDeniedException",
            f"{name_or_arn} is no group of account {context.account} in {context.region}, which is all that "
            "this emulator holds",
        )
    return name


OPERATIONS: dict[str, Handler] = {
    "CreateModelPackageGroup": create_model_package_group,
    "DescribeModelPackageGroup": describe_model_package_group,
    "ListModelPackageGroups": list_model_package_groups,
    "DeleteModelPackageGroup": delete_model_package_group,
}
