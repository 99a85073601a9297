"""What upsert would do, in upsert's words, and what that changes, in the words of the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.operations.desired import DesiredPipeline, desired_pipelines
from sagemaker_monitor.operations.difference import Difference
from sagemaker_monitor.operations.planning.anatomy import take_apart
from sagemaker_monitor.operations.planning.compare import Comparison, compare
from sagemaker_monitor.operations.planning.masking import masked
from sagemaker_monitor.operations.planning.merge import merge
from sagemaker_monitor.operations.planning.sides import Side, deployed_side, desired_side
from sagemaker_monitor.operations.upsert import Change, upsert
from sagemaker_monitor.settings import Model


@dataclass(frozen=True)
class Plan:
    """What upsert would do with one bundle."""

    model: str
    environment: str
    bundle: str
    """The hash of the bundle that would be deployed."""
    deployed: Mapping[str, str | None]
    """Name of each deployed pipeline to the hash of its bundle, None where it does not say one."""
    actions: tuple[Change, ...]
    """What upsert would do, unchanged things too."""
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    """What a reader should know and upsert does not change."""

    @property
    def pending(self) -> tuple[Change, ...]:
        """What upsert would write; differences are empty exactly when this is."""
        return tuple(action for action in self.actions if action.done != "unchanged")


def make_plan(aws: Aws, bundle: Bundle, model: Model) -> Plan:
    """Return what upsert of *bundle* would do now; nothing is written.

    Raises AwsError, WriteRefusedError when the credentials are another account's, UsageError.
    """
    dry = DryRun(aws)
    desired = desired_pipelines(bundle, model, aws.environment)
    # The very code that upserts, so that what is planned is what will be done.
    actions = tuple(upsert(dry, bundle, model))
    deployed = {pipeline.name: _deployed(dry, pipeline.name) for pipeline in desired}
    sides = {name: deployed_side(dry, response) for name, response in deployed.items() if response}
    reading = _Reading(bundle, desired, sides, actions)
    notes = [*_foreign(sides), *_parallel(deployed), *reading.altered_files(), *_bucket(dry, actions)]
    return Plan(
        model=bundle.model,
        environment=bundle.environment,
        bundle=bundle.sha256,
        deployed={name: side.bundle for name, side in sides.items()},
        actions=actions,
        differences=tuple(masked(difference) for difference in reading.differences()),
        notes=tuple(notes),
    )


class _Reading:
    """Everything that is known of both sides, and what differs between them."""

    def __init__(
        self,
        bundle: Bundle,
        desired: tuple[DesiredPipeline, ...],
        sides: Mapping[str, Side],
        actions: tuple[Change, ...],
    ) -> None:
        self.bundle, self.desired, self.sides = bundle, desired, sides
        self.pending = [action for action in actions if action.done != "unchanged"]

    def differences(self) -> list[Difference]:
        """Return what differs: what is new, what the configuration tells, and what nothing else explains."""
        comparisons = list(self._comparisons())
        told = {comparison.pipeline: comparison.told for comparison in comparisons}
        content = merge({each.pipeline: each.content for each in comparisons}, told)
        outside = merge({each.pipeline: each.outside for each in comparisons}, {})
        new = list(self._new())
        found = [*new, *content, *outside, *self._gone()]
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
        for action in self.pending:
            if action.done == "created" and action.kind == "model package group":
                yield Difference("+", "pipeline", f"model package group {action.name}")
        for desired in self.desired:
            if desired.name not in self.sides:
                anatomy = take_apart(json.loads(desired.definition))
                text = f"steps {', '.join(anatomy.steps)}"
                yield Difference("+", "pipeline", f"pipeline {desired.name}", text=text)

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
                if action.name == definition.name and action.done == "updated"
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


def _deployed(aws: Aws, name: str) -> dict[str, Any] | None:
    try:
        return aws.call("sagemaker", "describe_pipeline", PipelineName=name)
    except NotFoundError:
        return None


def _foreign(sides: Mapping[str, Side]) -> Iterator[str]:
    for name, side in sides.items():
        if side.bundle is None:
            yield (
                f"{name} does not say which bundle it is from: it was made or changed by hand, "
                "or by another version of this package; upsert replaces it"
            )


def _parallel(deployed: Mapping[str, Mapping[str, Any] | None]) -> Iterator[str]:
    for name, response in deployed.items():
        steps = ((response or {}).get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps")
        if steps is not None:
            yield f"{name} runs at most {steps} steps at a time: set outside this package, and left alone"


def _bucket(aws: Aws, actions: tuple[Change, ...]) -> Iterator[str]:
    bucket = aws.environment.storage.bucket
    if not any(action.done == "uploaded" for action in actions):
        return
    try:
        aws.call("s3", "head_bucket", Bucket=bucket)
    except NotFoundError:
        hint = "run sagemaker-monitor local up, which creates it" if aws.is_local else "create it first"
        yield f"the bucket {bucket} does not exist, and upsert does not create it: {hint}"
    except AwsError:
        return  # who may not ask may still be allowed to upload
