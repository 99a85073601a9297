"""Rejecting an approved version: which version becomes the source of baselines, and when none would."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.gate import description
from sagemaker_monitor.registry.versions import Version, describe, group_of, list_versions

APPROVED, REJECTED = "Approved", "Rejected"


@dataclass(frozen=True)
class Rejection:
    """What would become, or became, of a version that production data speaks against."""

    version: Version
    status: str
    """The version's approval status now."""
    changed: bool
    source: Version | None
    """The latest approved version without it, whose baselines checks fall back to; None when none is left."""
    possible: bool
    """Whether the version is approved, and another one remains or the rejection is forced."""
    message: str


def weigh(aws: Aws, version: Version, *, force: bool = False) -> Rejection:
    """Return what rejecting *version* would mean, writing nothing. Raises AwsError."""
    source = _source_without(aws, version)
    name = f"version {version.number}"
    if version.approval != APPROVED:
        message = f"{name} is {version.approval}: there is no approval to take back"
        return Rejection(version, version.approval, False, source, False, message)
    if source is None and not force:
        message = (
            f"{name} is the only approved version: without it nothing has a baseline to compare with, and "
            "monitor runs cannot start; register another one first, or say --force"
        )
        return Rejection(version, version.approval, False, None, False, message)
    message = f"{name} would be Rejected; {_consequence(version, source)}"
    return Rejection(version, version.approval, False, source, True, message)


def reject(aws: Aws, version: Version, reasons: tuple[str, ...], *, force: bool = False) -> Rejection:
    """Reject *version* for *reasons* if weigh() finds it possible; else write nothing. Raises AwsError."""
    weighed = weigh(aws, version, force=force)
    if not weighed.possible:
        return weighed
    aws.call(
        "sagemaker",
        "update_model_package",
        ModelPackageArn=version.arn,
        ModelApprovalStatus=REJECTED,
        ApprovalDescription=description(*reasons),
    )
    message = f"version {version.number} is now Rejected; {_consequence(version, weighed.source)}"
    return Rejection(version, REJECTED, True, weighed.source, True, message)


def _source_without(aws: Aws, version: Version) -> Version | None:
    for summary in list_versions(aws, group_of(aws, version), approval=APPROVED):
        if summary["ModelPackageArn"] != version.arn:
            return describe(aws, summary["ModelPackageArn"])
    return None


def _consequence(version: Version, source: Version | None) -> str:
    if source is None:
        return "no approved version is left: checks have no baseline to compare with, and runs cannot start"
    verb = "stays" if source.number > version.number else "becomes"
    text = f"version {source.number} {verb} the latest approved one, whose baselines checks compare with"
    lacks = sorted(set(version.baselines) - set(source.baselines))
    return f"{text}; it carries none of {', '.join(lacks)}" if lacks else text
