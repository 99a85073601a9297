"""Promote a version: look at its evidence, bring its files, register it, and let the gate there decide."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.names import pipeline_name, promotion_folder
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.copying import Copier
from sagemaker_monitor.aws.storage import head
from sagemaker_monitor.operations.errors import OperationError, UsageError
from sagemaker_monitor.operations.gating import evidence_of, origin_of
from sagemaker_monitor.operations.promotion.carried import Carried, Luggage, pack
from sagemaker_monitor.operations.promotion.package import Destination, image_for, metadata_of, request_of
from sagemaker_monitor.registry import gate
from sagemaker_monitor.registry.chain import Evidence, Link
from sagemaker_monitor.registry.gate import Opening
from sagemaker_monitor.registry.lineage import RECORD, Lineage, lineage_of, stamp
from sagemaker_monitor.registry.versions import Version, describe, list_versions
from sagemaker_monitor.settings import Environment, Model

_NOT_SAID = re.compile(r"[^\w\s.:/=+@-]")
"""Characters that SageMaker takes in no metadata."""
_CLOCKS = timedelta(minutes=5)
MOST_LOOKS, SECONDS = 60, 2.0
"""How often a version that is being made is looked at, and how long between."""

Tell = Callable[[str], None]


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


@dataclass(frozen=True)
class Packed:
    """What would be written: the files that come along, and the request that registers the version."""

    luggage: Luggage
    to: Destination
    request: dict[str, Any]


@dataclass(frozen=True)
class Promoted:
    """What came of it: the evidence as the gate of the target sees it, and what it did."""

    evidence: Evidence
    opening: Opening
    written: int
    """How many objects had to be written."""


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
    return Weighed(evidence, group, _existing(target, group, version))


def _existing(target: Aws, group: str, version: Version) -> Version | None:
    """Return the version that *version* was promoted to already; None where there is none."""
    before = lineage_of(version)
    registered = stamp(before.registered_at if before else version.created)
    since = version.created - _CLOCKS
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


def prepare(source: Aws, target: Aws, model: Model, weighed: Weighed) -> Packed:
    """Return what promoting it would write, reading all of its files. Raises OperationError, AwsError."""
    there, version = target.environment, weighed.evidence.version
    described = source.call("sagemaker", "describe_model_package", ModelPackageName=version.arn)
    containers = described["InferenceSpecification"]["Containers"]
    if len(containers) != 1:
        raise UsageError(f"version {version.number} has {len(containers)} containers; promote carries one")
    register = pipeline_name(model.model, "register", there.name)
    image = image_for(containers[0]["Image"], source.environment, target, register)
    luggage = pack(source, weighed.evidence, origin_of(version, model.model, source.environment), described)
    folder = promotion_folder(there.storage.root, model.model, luggage.record.sha256)
    to = Destination(there, weighed.group, folder)
    request = request_of(described, luggage, to, image)
    # What SageMaker would refuse is refused before anything is copied; times and ETags are as long as these.
    metadata_of(version.metadata, luggage, to, _lineage(target, luggage), "0" * 40)
    return Packed(luggage, to, request)


def promote(
    source: Aws, target: Aws, model: Model, weighed: Weighed, packed: Packed, *, tell: Tell
) -> Promoted:
    """Bring the files, then register the version, then let the target's gate open it as far as it may.

    Killed at any point and run again it goes on where it was: files are at addresses made of their content,
    and the version comes last, whole. Raises OperationError, AwsError.
    """
    copier, folder, written = Copier(source, target), packed.to.folder, 0
    for each in packed.luggage.carried:
        written += _bring(copier, each, f"{folder}/{each.file.path}", tell)
    written += copier.put(f"{folder}/{RECORD}", packed.luggage.record.content())
    artifact = head(target, f"{folder}/{packed.luggage.record.model_data}")
    if artifact is None:
        raise OperationError(
            f"{folder}/{packed.luggage.record.model_data} is gone again: somebody deletes there"
        )
    lineage = _lineage(target, packed.luggage)
    metadata = metadata_of(
        weighed.evidence.version.metadata, packed.luggage, packed.to, lineage, artifact.etag
    )
    arn = target.call(
        "sagemaker",
        "create_model_package",
        **packed.request,
        CustomerMetadataProperties=metadata,
        ClientToken=_token(target, packed),
    )["ModelPackageArn"]
    _settle(target, arn)
    opened = opening(target, model, describe(target, arn))
    return replace(opened, written=written)


def _settle(target: Aws, arn: str) -> None:
    """Wait until SageMaker has made the version, which takes a moment. Raises OperationError."""
    for _ in range(MOST_LOOKS):
        found = target.call("sagemaker", "describe_model_package", ModelPackageName=arn)
        if found["ModelPackageStatus"] not in ("Pending", "InProgress"):
            break
        time.sleep(SECONDS)
    if found["ModelPackageStatus"] != "Completed":
        why = found.get("ModelPackageStatusDetails", {}).get("ValidationStatuses", ())
        told = "; ".join(each["FailureReason"] for each in why if each.get("FailureReason"))
        raise OperationError(
            f"{arn} is {found['ModelPackageStatus']}, and no gate is asked{f': {told}' if told else ''}; "
            "promote again when SageMaker is done, or for another one where it failed"
        )


def opening(target: Aws, model: Model, version: Version, *, write: bool = True) -> Promoted:
    """Give a promoted version the status that its evidence deserves in the target; without *write* say it."""
    evidence = evidence_of(target, model, version.number)
    on_pass = target.environment.approval.on_pass
    return Promoted(evidence, gate.apply(target, evidence, on_pass) if write else gate.judge(evidence), 0)


def _bring(copier: Copier, each: Carried, uri: str, tell: Tell) -> bool:
    if each.content is not None:
        written = copier.put(uri, each.content)
    else:
        written = copier.copy(each.uri, uri, sha256=each.file.sha256, size=each.file.size)
    tell(f"{'copied' if written else 'there':>10}  {each.file.path} ({each.file.size} bytes)")
    return written


def _lineage(target: Aws, luggage: Luggage) -> Lineage:
    record = luggage.record
    return Lineage(
        sha256=record.sha256,
        environment=record.environment,
        version_arn=record.version_arn,
        registered_in=record.registered_in,
        registered_at=datetime.fromisoformat(record.registered_at),
        promoted_by=_NOT_SAID.sub("-", target.caller or "somebody")[:256],
        promoted_at=stamp(datetime.now(UTC)),
    )


def _token(target: Aws, packed: Packed) -> str:
    """Return what makes two promotions at once register one version; later ones find it registered."""
    newest = next((each["ModelPackageArn"] for each in list_versions(target, packed.to.group)), "")
    return hashlib.sha256(f"{packed.luggage.record.sha256} {newest}".encode()).hexdigest()[:36]
