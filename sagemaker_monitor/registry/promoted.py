"""The links of a promoted version: whether its record, its files and where it comes from agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.registry.bound import read_bound_verdict
from sagemaker_monitor.registry.chain import SHOWN, Link, Origin
from sagemaker_monitor.registry.lineage import KEYS, RECORD, Lineage, Record, lineage_of, read_record
from sagemaker_monitor.registry.versions import Version, describe

MOST_RENEWALS = 50
"""How many times a version's baselines may have been renewed since it was promoted."""


@dataclass(frozen=True)
class Promoted:
    """What the chain of a promoted version goes on with: its lineage, and the record where it is whole."""

    lineage: Lineage | None
    record: Record | None
    link: Link


def read_promotion(aws: Aws, version: Version, origin: Origin) -> Promoted | None:
    """Return what binds *version* to where it was promoted from; None where it does not say it was."""
    if not any(key in version.metadata for key in KEYS):
        return None
    lineage = lineage_of(version)
    if lineage is None:
        missing = [key for key in KEYS if not version.metadata.get(key)]
        said = f"it lacks {', '.join(missing)}" if missing else "its metadata cannot be read"
        return Promoted(None, None, Link("promotion", False, f"{said}: only `promote` writes them"))
    record, problem = _record(aws, lineage, origin)
    problem = problem or (_disagreement(version, lineage, record, origin) if record else "")
    if problem:
        return Promoted(lineage, None, Link("promotion", False, problem))
    required = origin.promoted_from
    if required not in (None, lineage.environment):
        detail = f"it was promoted from {lineage.environment!r}, not from {required!r}"
        return Promoted(lineage, record, Link("promotion", False, detail))
    return Promoted(lineage, record, Link("promotion", True, _told(lineage)))


def _told(lineage: Lineage) -> str:
    first = "" if lineage.registered_in == lineage.environment else f", registered in {lineage.registered_in}"
    return (
        f"{lineage.version_arn} of {lineage.environment}{first}, by {lineage.promoted_by} at "
        f"{lineage.promoted_at} (record {lineage.sha256[:SHOWN]}…)"
    )


def _record(aws: Aws, lineage: Lineage, origin: Origin) -> tuple[Record | None, str]:
    """Return the record of the promotion, or what is wrong with it."""
    uri = f"{origin.promotion_folder(lineage.sha256)}/{RECORD}"
    try:
        content = read(aws, uri)
    except NotFoundError:
        return None, f"{uri}, the promotion's record, does not exist; promote again"
    found = hashlib.sha256(content).hexdigest()
    if found != lineage.sha256:
        return None, f"{uri} was altered: its SHA-256 is {found[:SHOWN]}…, its address says otherwise"
    try:
        return read_record(content), ""
    except ValueError as error:
        return None, f"{uri} is no record of a promotion: {error}"


def _disagreement(version: Version, lineage: Lineage, record: Record, origin: Origin) -> str:
    """Return where the version and the record of its promotion differ; empty where they agree."""
    metadata, said = version.metadata, lineage.metadata()
    wanted = {
        "model": (origin.model, record.model),
        "environment": (lineage.environment, record.environment),
        "version": (lineage.version_arn, record.version_arn),
        "first environment": (lineage.registered_in, record.registered_in),
        "registration": (said["RegisteredAt"], record.registered_at),
        "execution": (metadata.get("PipelineExecutionArn", ""), record.execution_arn),
        "bundle": (metadata.get("BundleSha256", ""), record.bundle_sha256),
    }
    for what, (ours, theirs) in wanted.items():
        if ours != theirs:
            return f"the version and the record of its promotion differ in the {what}: {ours}, {theirs}"
    folder = origin.promotion_folder(lineage.sha256)
    digests = {f"{folder}/{each.path}": each.sha256 for each in record.files}
    verdict = {metadata.get("VerdictUri", ""): metadata.get("VerdictSha256", "")}
    bound = {**verdict, **version.digests}
    for uri, sha256 in bound.items():
        if digests.get(uri) != sha256.lower():
            return f"the record of the promotion does not have {uri} with SHA-256 {sha256[:SHOWN]}…"
    if version.model_data_url != f"{folder}/{record.model_data}":
        return f"the version's artifact, {version.model_data_url}, is not the one that was promoted"
    return ""


def renewed_link(aws: Aws, version: Version, verdict: Verdict | None, origin: Origin) -> Link:
    """Return whether *version*, registered here, is a promoted one with renewed baselines.

    A monitoring run may register the version that it judged once more: the same artifact, with new
    baselines. Where only promoted versions are opened, that one still is the one that was promoted.
    """
    required, seen = origin.promoted_from, version
    none = Link("promotion", False, f"it was registered here, and only versions of {required!r} are opened")
    for _ in range(MOST_RENEWALS):
        if verdict is None or not verdict.model_package_arn:
            return none
        try:
            seen = describe(aws, verdict.model_package_arn)
        except NotFoundError:
            return Link("promotion", False, f"{verdict.model_package_arn}, which it renews, does not exist")
        if (seen.group, seen.model_data_url) != (version.group, version.model_data_url):
            detail = f"{seen.arn}, which its verdict is about, has another group or artifact"
            return Link("promotion", False, detail)
        promoted = read_promotion(aws, seen, origin)
        if promoted is not None:
            detail = f"renews version {seen.number}: {promoted.link.detail}"
            return Link("promotion", promoted.link.holds, detail)
        verdict = _verdict_of(aws, seen)
    return none


def _verdict_of(aws: Aws, version: Version) -> Verdict | None:
    """Return the verdict that a version was registered with; None where it is not the one that it says."""
    if not (version.metadata.get("VerdictUri") and version.metadata.get("VerdictSha256")):
        return None
    return read_bound_verdict(aws, version, version.metadata["VerdictUri"])[0]


def promotion_links(
    aws: Aws, version: Version, promoted: Promoted | None, verdict: Verdict | None, origin: Origin
) -> Iterator[Link]:
    """Yield whether the version comes from where it should; nothing where nobody asks or says."""
    if promoted is not None:
        yield promoted.link
    elif origin.promoted_from is not None:
        yield renewed_link(aws, version, verdict, origin)
