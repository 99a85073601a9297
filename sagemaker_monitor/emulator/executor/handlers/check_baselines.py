"""Where the previous baseline of a check comes from, and whether its job reported violations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError
from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.executor.task import Task
from sagemaker_monitor.emulator.s3.keys import S3Error

VIOLATIONS = "constraint_violations.json"
PUBLISH = "publish_cloudwatch_metrics"
_GROUP_LIMIT = 256


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What every check step can be told; texts that are empty are absent, as the samples of AWS use them."""

    check_type: str
    group: str | None
    skip: bool
    register: bool
    fail_on_violation: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> CheckOptions:
        """Return the options of a step; FailOnViolation is true unless it is said to be false."""
        return cls(
            check_type=options["CheckType"],
            group=options.get("ModelPackageGroupName") or None,
            skip=bool(options.get("SkipCheck", False)),
            register=bool(options.get("RegisterNewBaseline", False)),
            fail_on_violation=options.get("FailOnViolation") is not False,
        )

    @property
    def needs_previous(self) -> bool:
        """Return whether there must be a previous baseline: to compare with, or to be the step's property."""
        return not (self.skip and self.register)

    def metadata(self) -> dict[str, Any]:
        """Return what the step's record says from the start."""
        metadata: dict[str, Any] = {
            "CheckType": self.check_type,
            "SkipCheck": self.skip,
            "RegisterNewBaseline": self.register,
        }
        return metadata | ({"ModelPackageGroupName": self.group[:_GROUP_LIMIT]} if self.group else {})


def of_latest_approved(
    task: Task, group: str | None, section: str, parts: tuple[str, ...], supply: str
) -> list[str]:
    """Return the URIs of a baseline's *parts* on the latest approved version of *group*.

    *supply* names the options that could have given them instead. Raises StepFailed.
    """
    remedy = f"supply {supply}, or run with SkipCheck and RegisterNewBaseline to establish one"
    if group is None:
        raise StepFailed(f"ClientError: there is no previous baseline and no ModelPackageGroupName; {remedy}")
    newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    query = {"ModelPackageGroupName": group, "ModelApprovalStatus": "Approved", **newest}
    try:
        approved = task.try_call("ListModelPackages", query)["ModelPackageSummaryList"]
    except ApiError:  # the group itself does not exist yet
        approved = []
    if not approved:
        raise StepFailed(
            f"ClientError: model package group {group!r} has no approved version with a baseline; "
            f"approve one, {remedy}"
        )
    arn = approved[0]["ModelPackageArn"]
    baselines = task.call("DescribeModelPackage", {"ModelPackageName": arn}).get("DriftCheckBaselines") or {}
    sources = baselines.get(section) or {}
    for part in parts:
        if part not in sources:
            raise StepFailed(
                f"ClientError: the latest approved version {arn} "
                f"has no DriftCheckBaselines.{section}.{part}; {remedy}"
            )
    return [str(sources[part]["S3Uri"]) for part in parts]


def existing(task: Task, uri: str) -> str:
    """Return *uri*; raises StepFailed when there is no such object."""
    if not task.context.s3.exists(uri):
        raise StepFailed(f"ClientError: the previous baseline {uri} does not exist on S3")
    return uri


def as_input(name: str, uri: str, folder: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the job's input that brings the document at *uri*, and the variable *name* that leads to it."""
    source = {"S3Uri": uri, "LocalPath": folder, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    path = f"{folder}/{uri.rsplit('/', 1)[-1]}"
    return {"InputName": name, "S3Input": source}, {name: path}


def output_of(task: Task) -> str:
    """Return the URI below which the check's job writes."""
    outputs = task.arguments["ProcessingOutputConfig"]["Outputs"]
    return str(outputs[0]["S3Output"]["S3Uri"]).rstrip("/")


def written_since(task: Task, uri: str, job: Mapping[str, Any]) -> str | None:
    """Return *uri* when the job wrote it: a prefix used before may still hold another run's report."""
    try:
        written = task.context.s3.get(uri).modified
    except S3Error:
        return None
    return uri if written >= job["CreationTime"] else None


def unpublished(request: dict[str, Any]) -> dict[str, Any]:
    """Return the job's request so that it publishes no CloudWatch metrics: no check of a pipeline does."""
    environment = request.get("Environment", {})
    if environment.get(PUBLISH, "Disabled") == "Disabled":
        return request
    return {**request, "Environment": {**environment, PUBLISH: "Disabled"}}
