"""The gate: a version gets the approval status its evidence deserves, and none without evidence."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.chain import Evidence
from sagemaker_monitor.registry.lineage import lineage_of
from sagemaker_monitor.registry.verdicts import applied_waivers

DESCRIPTION_LIMIT = 1024
"""Characters that UpdateModelPackage takes as ApprovalDescription."""


@dataclass(frozen=True)
class Opening:
    """What the gate did with a version."""

    status: str
    """The version's approval status now."""
    changed: bool
    opened: bool
    """Whether the evidence holds and the version has the status it deserves, or a better one."""
    message: str


def judge(evidence: Evidence) -> Opening:
    """Say whether the version is open, changing nothing: its evidence holds and it is approved."""
    version = evidence.version
    if not evidence.is_open:
        return Opening(version.approval, False, False, why_closed(evidence))
    if version.approval == "Approved":
        return Opening(
            version.approval,
            False,
            True,
            f"open: version {version.number} is Approved and its evidence holds",
        )
    message = f"the evidence holds, but version {version.number} is {version.approval}: not approved"
    return Opening(version.approval, False, False, message)


def apply(aws: Aws, evidence: Evidence, on_pass: str) -> Opening:
    """Give the version the status *on_pass* when its evidence holds; write nothing when it has it already.

    A version that a person rejected stays rejected. Raises AwsError.
    """
    version = evidence.version
    if not evidence.is_open:
        return Opening(version.approval, False, False, why_closed(evidence))
    if version.approval == "Rejected":
        message = f"version {version.number} was rejected by a person, and the gate does not overrule people"
        return Opening(version.approval, False, False, message)
    if version.approval in ("Approved", on_pass) and (
        version.approval_description or version.approval == "Approved"
    ):
        return Opening(
            version.approval,
            False,
            True,
            f"version {version.number} is {version.approval} already: unchanged",
        )
    aws.call(
        "sagemaker",
        "update_model_package",
        ModelPackageArn=version.arn,
        ModelApprovalStatus=on_pass,
        ApprovalDescription=describe_opening(evidence),
    )
    message = f"version {version.number} is now {on_pass}"
    if on_pass != "Approved":
        message += ", with its evidence noted; a person approves it"
    return Opening(on_pass, True, True, message)


def describe_opening(evidence: Evidence) -> str:
    """Return what the version's approval description says: the evidence, within the API's limit."""
    metadata, lineage = evidence.version.metadata, lineage_of(evidence.version)
    decision = evidence.verdict.decision if evidence.verdict else "no verdict"
    return description(
        f"sagemaker-monitor gate: {decision}",
        *((f"promoted from {lineage.environment}: {lineage.version_arn}",) if lineage else ()),
        f"verdict {metadata.get('VerdictUri')}",
        f"sha256 {metadata.get('VerdictSha256')}",
        f"execution {metadata.get('PipelineExecutionArn')}",
        f"bundle {metadata.get('BundleSha256')}",
        *_waived(evidence),
    )


def _waived(evidence: Evidence) -> tuple[str, ...]:
    applied = applied_waivers(evidence.verdict) if evidence.verdict else ()
    return tuple(f"waived {each.match} through {each.expires} by {each.approved_by}" for each in applied)


def description(*parts: str) -> str:
    """Return *parts* as an ApprovalDescription: as many as fit the API's limit, each of them whole.

    Only a first part that is longer itself is cut, at a word.
    """
    first = " ".join(parts[0].split())
    if len(first) > DESCRIPTION_LIMIT:
        return first[: DESCRIPTION_LIMIT - 1].rpartition(" ")[0] + "…"
    text = first
    for part in parts[1:]:
        longer = f"{text}; {' '.join(part.split())}"
        if len(longer) <= DESCRIPTION_LIMIT:
            text = longer
    return text


def why_closed(evidence: Evidence) -> str:
    """Return which links do not hold, and what was found."""
    broken = [link for link in evidence.links if not link.holds]
    return "closed: " + "; ".join(f"{link.name}: {link.detail}" for link in broken)
