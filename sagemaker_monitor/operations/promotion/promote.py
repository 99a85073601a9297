"""Promote a version: look at its evidence, bring its files, register it, and let the gate there decide."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipelines.names import pipeline_name, promotion_folder
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.copying import Copier
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.aws.storage import head
from sagemaker_monitor.operations.errors import OperationError, UsageError
from sagemaker_monitor.operations.gating import evidence_of, origin_of
from sagemaker_monitor.operations.promotion.carried import Carried, Luggage, pack
from sagemaker_monitor.operations.promotion.package import Destination, image_for, metadata_of, request_of
from sagemaker_monitor.operations.promotion.weighing import Weighed, find_promoted, source_link
from sagemaker_monitor.registry import gate
from sagemaker_monitor.registry.chain import Evidence, Link
from sagemaker_monitor.registry.gate import Opening
from sagemaker_monitor.registry.lineage import RECORD, Lineage
from sagemaker_monitor.registry.versions import Version, describe, list_versions
from sagemaker_monitor.settings import Model

_NOT_SAID = re.compile(r"[^\w\s.:/=+@-]")
"""Characters that SageMaker takes in no metadata."""
MOST_LOOKS, SECONDS = 60, 2.0
"""How often a version that is being made is looked at, and how long between."""

Tell = Callable[[str], None]


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
    arn = _register(target, {**packed.request, "CustomerMetadataProperties": metadata}, weighed, lineage)
    _settle(target, arn)
    opened = _open(target, model, describe(target, arn))
    return replace(opened, written=written)


def _register(target: Aws, request: dict[str, Any], weighed: Weighed, lineage: Lineage) -> str:
    """Register the version and return its ARN; of two promotions at once both get the same one.

    Who comes later finds the version; who sees the same group sends the same token.
    """
    newest = next((each["ModelPackageArn"] for each in list_versions(target, weighed.group)), "")
    found = find_promoted(target, weighed.group, weighed.evidence.version)
    if found is not None:
        return found.arn
    token = hashlib.sha256(f"{lineage.sha256} {newest}".encode()).hexdigest()[:36]
    response = target.call("sagemaker", "create_model_package", **request, ClientToken=token)
    return str(response["ModelPackageArn"])


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


def look_again(source: Aws, target: Aws, model: Model, weighed: Weighed, *, write: bool = True) -> Promoted:
    """Hold a version that was promoted already against the source, and give it the status that it deserves.

    Without *write* it is only said. Raises AwsError.
    """
    existing = weighed.existing
    assert existing is not None, "there is nothing to look at again"
    same = source_link(source, target, model, weighed.evidence.version, existing)
    return _open(target, model, existing, same, write=write)


def _open(target: Aws, model: Model, version: Version, *links: Link, write: bool = True) -> Promoted:
    found = evidence_of(target, model, version.number)
    evidence = replace(found, links=(*found.links, *links))
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
