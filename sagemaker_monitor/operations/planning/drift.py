"""What somebody changed by hand: where what is deployed is not what the last upsert left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.difference import MISSING, Difference, value_differences
from sagemaker_monitor.operations.ledger import Done
from sagemaker_monitor.operations.planning.compare import compare
from sagemaker_monitor.operations.planning.masking import masked
from sagemaker_monitor.operations.planning.sides import deployed_side
from sagemaker_monitor.operations.resources.pipelines import DesiredPipeline, read_pipeline
from sagemaker_monitor.operations.resources.resource import Deployed, fingerprint
from sagemaker_monitor.operations.upsert import Outlook, Seen


@dataclass(frozen=True)
class Drift:
    """A resource that is not as it was left; *differences* go from how it was left to how it is."""

    kind: str
    name: str
    fields: tuple[str, ...]
    """Which fields changed; empty where the whole resource is gone."""
    differences: tuple[Difference, ...]
    modified: datetime | None = None
    modified_by: str = ""
    """Who changed it last, as far as AWS says."""


def find_drift(aws: Aws, outlook: Outlook) -> Iterator[Drift]:
    """Yield each resource of *outlook* that was changed since the ledger's entry. Raises AwsError.

    After an upsert that was stopped midway nobody can tell its doing from a hand's.
    """
    done = outlook.entry.done
    if done is None or outlook.entry.work is not None:
        return
    for each in outlook.seen:
        left = done.resources.get(each.key)
        if not left or each.resource.kind == "asset":
            continue  # a file that is gone or altered is told as that; what waits was not there
        if each.deployed is None:
            yield Drift(each.resource.kind, each.resource.name, (), ())
            continue
        now = fingerprint(each.deployed.fields)
        fields = tuple(name for name in {**left, **now} if left.get(name) != now.get(name))
        if fields:
            yield _drift(aws, each, each.deployed, done, fields)


def _drift(aws: Aws, seen: Seen, deployed: Deployed, done: Done, fields: tuple[str, ...]) -> Drift:
    resource = seen.resource
    left: Mapping[str, Any] = done.resources[seen.key]
    differences = []
    for name in fields:
        if name == "definition" and isinstance(resource, DesiredPipeline):
            differences += _in_definition(aws, resource, deployed, done.versions.get(resource.name))
        else:
            before, after = left.get(name, MISSING), fingerprint(deployed.fields).get(name, MISSING)
            differences += value_differences("resource", name, before, after)
    by = deployed.answer.get("LastModifiedBy") or {}
    who = (by.get("IamIdentity") or {}).get("Arn") or by.get("UserProfileName") or ""
    return Drift(
        resource.kind,
        resource.name,
        fields,
        tuple(masked(difference) for difference in differences),
        deployed.answer.get("LastModifiedTime"),
        who,
    )


def _in_definition(
    aws: Aws, desired: DesiredPipeline, deployed: Deployed, version: int | None
) -> list[Difference]:
    """Return what differs between the version that was left and the deployed one, where it is still kept."""
    left = None if version is None else read_pipeline(aws, desired.name, version)
    pipeline = desired.tags["sagemaker-monitor:pipeline"]
    if left is None:
        return [Difference("~", "resource", "definition", text="another one; the version left is unknown")]
    compared = ("definition", "tags")
    sides = [deployed_side(aws, each, compared) for each in (left, deployed)]
    found = compare(pipeline, *sides).content
    return found or [Difference("~", "resource", "definition", text="written differently, the same content")]
