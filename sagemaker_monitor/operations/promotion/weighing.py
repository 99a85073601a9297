"""Whether a version may be promoted, and whether it was already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.copying import digest_of
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.gating import evidence_of, origin_of
from sagemaker_monitor.registry.chain import CLOCK_SKEW, SHOWN, Evidence, Link
from sagemaker_monitor.registry.lineage import lineage_of
from sagemaker_monitor.registry.promoted import read_promotion
from sagemaker_monitor.registry.versions import Version, describe, list_versions
from sagemaker_monitor.settings import Environment, Model

_SAME = ("PipelineExecutionArn", "BundleSha256", "VerdictSha256")


@dataclass(frozen=True)
class Weighed:
    """A version that is to be promoted: its evidence where it is, and itself where it goes, if there."""

    evidence: Evidence
    group: str
    existing: Version | None

    @property
    def is_open(self) -> bool:
        """Whether it may be promoted."""
        return self.evidence.is_open


def check_route(source: Environment, target: Environment, model: str) -> None:
    """Raise UsageError where versions of *source* do not belong in *target*, whatever their evidence."""
    required = target.approval.require_promotion_from
    if source.name == target.name:
        raise UsageError(
            f"--from and --to are both {source.name!r}: promote goes from one environment to another"
        )
    if required not in (None, source.name):
        raise UsageError(
            f"{target.name!r} takes versions from {required!r} only (approval.require_promotion_from), "
            f"not from {source.name!r}"
        )
    if source.is_local != target.is_local:
        raise UsageError(
            f"{source.name!r} and {target.name!r}: what the emulator found is a rehearsal and opens nothing "
            "in an account, and an account's versions stay in accounts"
        )
    if _group(source, model) == _group(target, model):
        raise UsageError(
            f"{source.name!r} and {target.name!r} share the model package group "
            f"{target.model_package_group_name(model)!r}: give each its own by registry.model_package_group"
        )


def _group(environment: Environment, model: str) -> tuple[str, ...]:
    owner = environment.registry.account or environment.account
    name = environment.model_package_group_name(model)
    return owner, environment.region, environment.endpoint_url or "", name


def weigh(
    source: Aws,
    target: Aws,
    model: Model,
    number: int | None,
    *,
    registered_by: str | None = None,
    now: datetime | None = None,
) -> Weighed:
    """Return whether version *number*, or the newest, may be promoted, and whether it was; writes nothing.

    Its evidence has to hold as the gate of the source sees it, and be young enough for the target. Where the
    target takes promoted versions only, it has to be approved. Raises UsageError, RegistryError, AwsError.
    """
    there = target.environment
    check_route(source.environment, there, model.model)
    evidence = evidence_of(source, model, number, registered_by=registered_by, now=now, opens=there)
    version = evidence.version
    if there.approval.require_promotion_from is not None:
        detail = f"{version.approval} in {source.environment.name}"
        link = Link("approval", version.approval == "Approved", detail)
        evidence = replace(evidence, links=(*evidence.links, link))
    elif version.approval == "Rejected":
        link = Link("approval", False, f"a person rejected it in {source.environment.name}")
        evidence = replace(evidence, links=(*evidence.links, link))
    group = there.model_package_group(model.model)
    try:
        target.call("sagemaker", "describe_model_package_group", ModelPackageGroupName=group)
    except NotFoundError as error:
        raise UsageError(
            f"there is no model package group {group!r} in {there.name!r}: run sagemaker-monitor upsert "
            f"--model {model.model} --env {there.name} first"
        ) from error
    return Weighed(evidence, group, find_promoted(target, group, version))


def find_promoted(target: Aws, group: str, version: Version) -> Version | None:
    """Return the version that *version* was promoted to already; None where there is none."""
    before = lineage_of(version)
    registered = stamp(before.registered_at if before else version.created)
    since = version.created - CLOCK_SKEW
    for summary in list_versions(target, group):
        if summary["CreationTime"] < since:
            break
        if summary.get("ModelPackageStatus") == "Failed":
            continue
        found = describe(target, summary["ModelPackageArn"])
        lineage = lineage_of(found)
        if lineage and (lineage.version_arn, stamp(lineage.registered_at)) == (version.arn, registered):
            return found
    return None


def source_link(source: Aws, target: Aws, model: Model, version: Version, existing: Version) -> Link:
    """Return whether what was promoted is what the source has: verdict, baselines and artifact, by digests.

    The target's gate cannot ask the source; who may read both can. Raises AwsError.
    """
    where = f"{version.arn} of {source.environment.name}"
    for key in _SAME:
        ours, theirs = version.metadata.get(key, ""), existing.metadata.get(key, "")
        if ours != theirs:
            return Link("source", False, f"{where} has the {key} {ours[:60]}, this version has {theirs[:60]}")
    if sorted(version.digests.values()) != sorted(existing.digests.values()):
        return Link("source", False, f"{where} carries other baselines, by their digests")
    promoted = read_promotion(target, existing, origin_of(existing, model.model, target.environment))
    if promoted is None or promoted.record is None:
        return Link("source", False, "the record of the promotion is not whole")
    came = {each.path: each.sha256 for each in promoted.record.files}[promoted.record.model_data]
    try:
        there, _ = digest_of(source, version.model_data_url, etag=version.metadata["ModelDataETag"])
    except AwsError as error:
        return Link("source", False, f"the artifact of {where} cannot be compared: {error}")
    if there != came:
        detail = f"the artifact of {where} has SHA-256 {there[:SHOWN]}…, this version's has {came[:SHOWN]}…"
        return Link("source", False, detail)
    return Link("source", True, f"{where} has the same verdict, baselines and artifact")
