"""Model packages: registered versions, their evidence, their baselines, and who may be used."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.model_package_groups import ensure_group, group_name
from sagemaker_monitor.emulator.api.paging import kept, matches
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags

_KIND, _TOKEN = "model-package", "model-package-token"
_NOT_KEPT = frozenset({"Tags", "ClientToken"})
_SUMMARY = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)


def create_model_package(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateModelPackage: a new version of a group, made if need be, or a package of its own name.

    The same ClientToken again answers with the package that it made.
    """
    group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
    if bool(group) == bool(name):
        text = "Exactly one of ModelPackageGroupName and ModelPackageName must be given"
        raise ApiError("ValidationException", text)
    token = request.get("ClientToken")
    made = context.store.get(_TOKEN, token) if token else None
    if made is not None:
        return {"ModelPackageArn": made["Arn"]}
    if group:
        name, arn = _new_version(context, group_name(context, group))
    else:
        name, arn = str(name), context.arn(_KIND, str(name))
    document = {key: value for key, value in request.items() if key not in _NOT_KEPT}
    document |= {
        "ModelPackageArn": arn,
        "ModelPackageName": name,
        "CreationTime": context.now(),
        "CreatedBy": {},
    }
    if group:
        document |= {
            "ModelPackageGroupName": group_name(context, group),
            "ModelPackageVersion": int(arn.rsplit("/", 1)[-1]),
        }
        document.setdefault("ModelApprovalStatus", "PendingManualApproval")
    document |= {"ModelPackageStatus": "Completed", "ModelPackageStatusDetails": _status_details(name)}
    if not context.store.create(_KIND, arn, document):
        raise ApiError("ConflictException", f"Model Package already exists: {arn}")
    if token:
        context.store.put(_TOKEN, token, {"Arn": arn})
    put_tags(context, arn, request.get("Tags"))
    return {"ModelPackageArn": arn}


def _new_version(context: Context, group: str) -> tuple[str, str]:
    ensure_group(context, group, {}, must_be_new=False)
    version = context.store.next_number(f"model-package/{group}")
    return group, context.arn(_KIND, f"{group}/{version}")


def _status_details(name: str) -> dict[str, Any]:
    # Nothing is validated or scanned here, and AWS says so in the same way.
    return {
        "ValidationStatuses": [{"Name": name, "Status": "NotStarted"}],
        "ImageScanStatuses": [{"Name": name, "Status": "NotStarted"}],
    }


def describe_model_package(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeModelPackage, by ARN or, without a group, by name."""
    package = find_package(context, request["ModelPackageName"])
    if request.get("IncludedData") == "MetadataOnly" and "ModelCard" in package:
        raise ApiError(
            "ValidationException", "IncludedData: model cards are described whole here; ask for AllData"
        )
    return package


def list_model_packages(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListModelPackages: of a group, else those without one; by approval status; the newest first."""
    kind = request.get("ModelPackageType", "Both" if "ModelPackageGroupName" in request else "Unversioned")
    group = (
        group_name(context, request["ModelPackageGroupName"]) if "ModelPackageGroupName" in request else None
    )
    packages, token = kept(
        context.store,
        _KIND,
        request,
        lambda package: (
            (group is None or package.get("ModelPackageGroupName") == group)
            and kind in ("Both", "Versioned" if "ModelPackageVersion" in package else "Unversioned")
            and request.get("ModelApprovalStatus") in (None, package.get("ModelApprovalStatus"))
            and matches(package, request, "ModelPackageName")
        ),
        sort_fields={"Name": "ModelPackageName", "CreationTime": "CreationTime"},
    )
    summaries = [{key: package.get(key) for key in _SUMMARY} for package in packages]
    return {"ModelPackageSummaryList": summaries, "NextToken": token}


def update_model_package(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateModelPackage: approval, its description and the customer's metadata; the rest is immutable."""
    arn = find_package(context, request["ModelPackageArn"])["ModelPackageArn"]

    def change(package: dict[str, Any]) -> None:
        if "ModelApprovalStatus" in request and "ModelPackageVersion" not in package:
            raise ApiError(
                "ValidationException", f"{arn} is not a version of a group: it has no approval status"
            )
        for field in ("ModelApprovalStatus", "ApprovalDescription"):
            if field in request:
                package[field] = request[field]
        metadata = dict(package.get("CustomerMetadataProperties") or {})
        metadata |= request.get("CustomerMetadataProperties", {})
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            metadata.pop(key, None)
        if metadata:
            wire.check(wire.service_model().shape_for("CustomerMetadataMap"), metadata)
        package["CustomerMetadataProperties"] = metadata or None
        package["LastModifiedTime"] = context.now()
        package["LastModifiedBy"] = {}

    context.store.update(_KIND, arn, change)
    return {"ModelPackageArn": arn}


def delete_model_package(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteModelPackage; its number is never given again."""
    arn = find_package(context, request["ModelPackageName"])["ModelPackageArn"]
    context.store.delete(_KIND, arn)
    forget_tags(context, arn)
    return {}


def find_package(context: Context, name_or_arn: str) -> dict[str, Any]:
    """Return a package's document. Raises ApiError ValidationException when there is none, as AWS does."""
    arn = name_or_arn if name_or_arn.startswith("arn:") else context.arn(_KIND, name_or_arn)
    package = context.store.get(_KIND, arn)
    if package is None:
        raise ApiError("ValidationException", f"ModelPackage {arn} does not exist.")
    return package


def package_containers(context: Context, name_or_arn: str) -> list[dict[str, Any]]:
    """Return the containers of a package's InferenceSpecification. Raises ApiError ValidationException."""
    package = find_package(context, name_or_arn)
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    if not containers:
        arn = package["ModelPackageArn"]
        text = f"ModelPackage {arn} has no InferenceSpecification: nothing can be run from it"
        raise ApiError("ValidationException", text)
    return list(containers)


def latest_approved(context: Context, group: str) -> dict[str, Any] | None:
    """Return the newest approved version of a group (name or ARN), with which checks compare; or None.

    Newest by creation, so approving an older version after a newer one changes nothing, and rejecting the
    newest goes back to the one before.
    """
    name = group_name(context, group)
    approved = context.store.list(_KIND, ModelPackageGroupName=name, ModelApprovalStatus="Approved")
    return max(approved, key=lambda package: int(package["ModelPackageVersion"]), default=None)


OPERATIONS: dict[str, Handler] = {
    "CreateModelPackage": create_model_package,
    "DescribeModelPackage": describe_model_package,
    "ListModelPackages": list_model_packages,
    "UpdateModelPackage": update_model_package,
    "DeleteModelPackage": delete_model_package,
}
