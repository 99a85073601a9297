"""Which versions of a model exist, and what each of them carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sagemaker_monitor.analysis.decision.baselines import NONE_ASKED
from sagemaker_monitor.analysis.decision.digests import registered_digests
from sagemaker_monitor.analysis.documents import custom
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.registry.errors import RegistryError

BASELINE_OF_CHECK: Mapping[str, tuple[str, str]] = {
    "DATA_QUALITY": ("ModelDataQuality", "Constraints"),
    "MODEL_QUALITY": ("ModelQuality", "Constraints"),
    "DATA_BIAS": ("Bias", "PreTrainingConstraints"),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints"),
    "MODEL_EXPLAINABILITY": ("Explainability", "Constraints"),
}
"""Where a version's DriftCheckBaselines hold the constraints of a check type."""
STATISTICS_OF_CHECK: Mapping[str, tuple[str, str]] = {
    "DATA_QUALITY": ("ModelDataQuality", "Statistics"),
    "MODEL_QUALITY": ("ModelQuality", "Statistics"),
}
"""Where they hold its statistics, for check types that have any."""


@dataclass(frozen=True)
class Version:
    """One model package version."""

    arn: str
    group: str
    number: int
    approval: str
    created: datetime
    modified: datetime | None = None
    approval_description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    baselines: Mapping[str, str] = field(default_factory=dict)
    """Check type to the S3 URI of the constraints that the version was registered with."""
    statistics: Mapping[str, str] = field(default_factory=dict)
    """Check type to the S3 URI of the statistics, for check types that have any."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """S3 URI of a baseline's document to its SHA-256 in hexadecimal, where the version carries one."""
    model_data_url: str = ""
    """The artifact that the version serves; empty when it names none."""

    @property
    def accept_reason(self) -> str:
        """Why a person accepted new baselines without comparing; empty where nobody did."""
        reason = self.metadata.get("AcceptReason", NONE_ASKED)
        return "" if reason == NONE_ASKED else reason


def group_of(aws: Aws, version: Version) -> str:
    """Return the group of *version* as requests name it: by ARN where it is another account's."""
    place = version.arn.split(":model-package/")[0]
    own = place.split(":")[4] == aws.environment.account
    return version.group if own else f"{place}:model-package-group/{version.group}"


def list_versions(aws: Aws, group: str, *, approval: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the summaries of a group's versions, newest first; nothing when there is no such group."""
    request: dict[str, Any] = {
        "ModelPackageGroupName": group,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
    }
    if approval is not None:
        request["ModelApprovalStatus"] = approval
    try:
        yield from aws.pages("sagemaker", "list_model_packages", "ModelPackageSummaryList", **request)
    except NotFoundError:
        return


def latest_approved(aws: Aws, group: str) -> Version | None:
    """Return the newest approved version: the one whose baselines SageMaker's checks fall back to."""
    for summary in list_versions(aws, group, approval="Approved"):
        return describe(aws, summary["ModelPackageArn"])
    return None


def find_version(aws: Aws, group: str, number: int | None) -> Version:
    """Return version *number* of *group*, or its newest when None; RegistryError names those there are."""
    known: list[int] = []
    for summary in list_versions(aws, group):
        if number is None or summary.get("ModelPackageVersion") == number:
            return describe(aws, summary["ModelPackageArn"])
        known.append(int(summary.get("ModelPackageVersion", 0)))
    if not known:
        raise RegistryError(
            f"no version of {group!r} is registered in {aws.environment.name!r}: run register first"
        )
    versions = ", ".join(map(str, sorted(known)[-10:]))
    raise RegistryError(f"{group!r} has no version {number} in {aws.environment.name!r}; it has {versions}")


def describe(aws: Aws, arn: str) -> Version:
    """Return the version whose ARN is *arn*; NotFoundError when there is none."""
    response = aws.call("sagemaker", "describe_model_package", ModelPackageName=arn)
    return Version(
        arn=response["ModelPackageArn"],
        group=response.get("ModelPackageGroupName", ""),
        number=int(response.get("ModelPackageVersion", 0)),
        approval=response.get("ModelApprovalStatus", "PendingManualApproval"),
        created=response["CreationTime"],
        modified=response.get("LastModifiedTime"),
        approval_description=response.get("ApprovalDescription", ""),
        metadata=response.get("CustomerMetadataProperties", {}),
        baselines={**_sources(response, BASELINE_OF_CHECK), **_of_teams(response, custom.CONSTRAINTS)},
        statistics={**_sources(response, STATISTICS_OF_CHECK), **_of_teams(response, custom.STATISTICS)},
        digests=registered_digests(response),
        model_data_url=_artifact(response),
    )


def _of_teams(response: Mapping[str, Any], document: str) -> dict[str, str]:
    """Return where the baselines of teams' own monitors have *document*, by check type."""
    folders = custom.baselines_of(response.get("CustomerMetadataProperties", {}))
    return {check_type: f"{folder}/{document}" for check_type, folder in folders.items()}


def _sources(response: Mapping[str, Any], places: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    baselines = response.get("DriftCheckBaselines", {})
    found = {kind: baselines.get(section, {}).get(part, {}) for kind, (section, part) in places.items()}
    return {kind: source["S3Uri"] for kind, source in found.items() if source.get("S3Uri")}


def _artifact(response: Mapping[str, Any]) -> str:
    containers = response.get("InferenceSpecification", {}).get("Containers", [])
    return str(containers[0].get("ModelDataUrl", "")) if containers else ""
