"""What differs between everything that is deployed of a model and everything that shall be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.difference import Difference, value_differences
from sagemaker_monitor.operations.difference import Kind as DifferenceKind
from sagemaker_monitor.operations.planning.anatomy import take_apart
from sagemaker_monitor.operations.planning.compare import Comparison, compare
from sagemaker_monitor.operations.planning.merge import merge
from sagemaker_monitor.operations.planning.sides import Side, deployed_side, desired_side
from sagemaker_monitor.operations.resources.adopted_schedules import AdoptedSchedule
from sagemaker_monitor.operations.resources.monitoring_schedules import (
    MonitoringScheduleResource,
    WaitingSchedule,
)
from sagemaker_monitor.operations.resources.pipelines import DesiredPipeline
from sagemaker_monitor.operations.resources.resource import Change, differing
from sagemaker_monitor.operations.resources.schedules import ScheduleResource
from sagemaker_monitor.operations.upsert import Outlook, Seen


class Reading:
    """Everything that is known of both sides, and what differs between them."""

    def __init__(self, aws: Aws, outlook: Outlook, actions: Sequence[Change]) -> None:
        """Read the files that deployed definitions name. Raises AwsError."""
        self.bundle, self.outlook = outlook.bundle, outlook
        self.desired = [each.resource for each in outlook.seen if isinstance(each.resource, DesiredPipeline)]
        self.sides: Mapping[str, Side] = {
            each.resource.name: deployed_side(aws, each.deployed, each.resource.wanted())
            for each in outlook.seen
            if isinstance(each.resource, DesiredPipeline) and each.deployed is not None
        }
        self.pending = [action for action in actions if action.done != "unchanged"]

    def differences(self) -> list[Difference]:
        """Return what differs: what is new, what the configuration tells, and what nothing else explains."""
        comparisons = list(self._comparisons())
        told = {comparison.pipeline: comparison.told for comparison in comparisons}
        content = merge({each.pipeline: each.content for each in comparisons}, told)
        outside = merge({each.pipeline: each.outside for each in comparisons}, {})
        new = list(self._new())
        found = [*new, *content, *outside]
        # A tag of the environment is told once, whatever bears it.
        told_keys = {(each.sign, each.subject, str(each.after)) for each in found}
        found += [each for each in self._others() if _as_key(each) not in told_keys]
        found += self._gone()
        return [*found, *self._only_by_hash(found, may_follow=bool(new or content))]

    def altered_files(self) -> Iterator[str]:
        """Yield a note for each deployed file whose content was replaced where upsert cannot see it."""
        uploaded = self._uploaded()
        for uri, file in sorted(
            {uri: file for side in self.sides.values() for uri, file in side.files.items()}.items()
        ):
            if file.is_altered(uri) and uri not in uploaded:
                yield (
                    f"{uri} is not what its address says: somebody replaced it; delete it, "
                    "so that upsert writes the right one"
                )

    def _comparisons(self) -> Iterator[Comparison]:
        for definition, desired in zip(self.bundle.pipelines, self.desired, strict=True):
            if desired.name in self.sides:
                after = desired_side(desired, self.bundle)
                yield compare(definition.pipeline, self.sides[desired.name], after)

    def _new(self) -> Iterator[Difference]:
        for each in self.outlook.seen:
            resource = each.resource
            if each.deployed is not None or resource.kind == "asset":
                continue
            if isinstance(resource, WaitingSchedule):
                continue
            text = ""
            kind: DifferenceKind = "resource"
            if isinstance(resource, DesiredPipeline):
                steps = ", ".join(take_apart(json.loads(resource.definition)).steps)
                text, kind = f"steps {steps}", "pipeline"
            elif isinstance(resource, MonitoringScheduleResource | AdoptedSchedule | ScheduleResource):
                text = resource.summary
            subject = f"{resource.kind} {resource.name}"
            yield Difference("+", kind, subject, text=text, resource=resource.kind)

    def _others(self) -> Iterator[Difference]:
        """Yield what differs in resources that are no pipelines, field by field, and those that go."""
        for each in self.outlook.seen:
            if each.deployed is not None and not isinstance(each.resource, DesiredPipeline):
                yield from (replace(found, resource=each.resource.kind) for found in _by_fields(each))
        for kind, name in self.outlook.surplus:
            if kind.surplus != "kept":
                subject = f"{kind.name} {name}"
                yield Difference("-", "resource", subject, text="no longer configured", resource=kind.name)

    def _gone(self) -> Iterator[Difference]:
        """Yield the files that deployed definitions name and that upsert would send again."""
        named = {uri for side in self.sides.values() for uri in side.anatomy.asset_uris}
        for uri in sorted(self._uploaded() & named):
            text = "the deployed one is gone from S3, or is not whole: executions fail until it is back"
            yield Difference("+", "file", uri.rpartition("/")[2], text=text)

    def _uploaded(self) -> set[str]:
        names = {action.name for action in self.pending if action.kind == "asset"}
        return {asset.uri for asset in self.bundle.assets if f"{asset.sha256[:12]}/{asset.name}" in names}

    def _only_by_hash(self, found: list[Difference], *, may_follow: bool) -> Iterator[Difference]:
        """Yield the pipelines that upsert would update although nothing that was found is in them.

        Where something else differs, the bundle's hash follows from it and is not told.
        """
        for definition in self.bundle.pipelines:
            updated = [
                action
                for action in self.pending
                if (action.kind, action.name, action.done) == ("pipeline", definition.name, "updated")
            ]
            if not updated or any(definition.pipeline in difference.pipelines for difference in found):
                continue
            deployed = self.sides[definition.name].bundle if definition.name in self.sides else None
            if deployed not in (None, self.bundle.sha256):
                if not may_follow:
                    yield Difference(
                        "~",
                        "pipeline",
                        "bundle",
                        deployed,
                        self.bundle.sha256,
                        pipelines=(definition.pipeline,),
                    )
                continue
            yield Difference(
                "~",
                "pipeline",
                f"pipeline {definition.name}",
                text=updated[0].detail,
                pipelines=(definition.pipeline,),
            )


def _as_key(difference: Difference) -> tuple[str, str, str]:
    return difference.sign, difference.subject.rpartition(": ")[2], str(difference.after)


def _by_fields(seen: Seen) -> Iterator[Difference]:
    resource, deployed = seen.resource, seen.deployed
    if deployed is None or resource.kind == "asset":
        return
    if isinstance(resource, MonitoringScheduleResource):
        yield from resource.differences(deployed)
        return
    wanted = resource.wanted()
    for name in differing(wanted, deployed.fields):
        subject = f"{resource.kind} {resource.name}: {name}"
        yield from value_differences("resource", subject, deployed.fields.get(name), wanted[name])
