"""Back to a version of a pipeline that was deployed before, as far as what it needs is still there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice

from pipelines.names import pipeline_name
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.difference import Difference
from sagemaker_monitor.operations.errors import OperationError, UsageError
from sagemaker_monitor.operations.ledger import Done, Entry, claim, read_entry, timestamp
from sagemaker_monitor.operations.planning.anatomy import take_apart
from sagemaker_monitor.operations.planning.compare import compare
from sagemaker_monitor.operations.planning.masking import masked
from sagemaker_monitor.operations.planning.sides import Side, deployed_side
from sagemaker_monitor.operations.resources.pipelines import (
    DesiredPipeline,
    description,
    location_of,
    read_pipeline,
)
from sagemaker_monitor.operations.resources.resource import Change, Deployed, fingerprint
from sagemaker_monitor.operations.resources.schedules import (
    SCHEDULED_TIME_PARAMETER,
    starts_pipeline,
)
from sagemaker_monitor.operations.resources.tags import bears_mark
from sagemaker_monitor.operations.resources.versions import latest_version, list_versions

MOST_LISTED = 10


@dataclass(frozen=True)
class Version:
    """A version of a pipeline: its number, when it was made, and the bundle that it says it is from."""

    number: int
    created: datetime
    bundle: str | None


@dataclass(frozen=True)
class Rollback:
    """What going back would do."""

    model: str
    pipeline: str
    desired: DesiredPipeline
    deployed: Deployed
    to: int
    current: int
    bundle: str
    """The bundle of the version, empty where it says none."""
    differences: tuple[Difference, ...]
    entry: Entry


def pipeline_versions(aws: Aws, model: str, pipeline: str) -> Iterator[Version]:
    """Yield the newest versions of a pipeline, the newest first. Raises AwsError, UsageError."""
    name, _ = _deployed(aws, model, pipeline)
    for number, created in islice(list_versions(aws, name).items(), MOST_LISTED):
        found = read_pipeline(aws, name, number)
        if found is not None:
            yield Version(number, created, take_apart(found.fields["definition"]).bundle)


def look_back(aws: Aws, model: str, pipeline: str, to: int) -> Rollback:
    """Return what going back to version *to* would change; by calls that read.

    Raises UsageError when it cannot be meant, OperationError when a file of that version is gone or
    was replaced, AwsError.
    """
    entry = read_entry(aws, model)
    name, deployed = _deployed(aws, model, pipeline)
    numbers = list(list_versions(aws, name))
    if to not in numbers:
        listed = ", ".join(str(number) for number in numbers[:MOST_LISTED])
        raise UsageError(f"pipeline {name!r} has no version {to}; the newest are {listed}")
    if to == numbers[0]:
        raise UsageError(f"version {to} of pipeline {name!r} is the one that is deployed")
    old = read_pipeline(aws, name, to)
    if old is None:
        raise UsageError(f"pipeline {name!r} has no version {to}")
    compared = ("definition", "tags")
    before, after = (deployed_side(aws, each, compared) for each in (deployed, old))
    _require_files(name, to, after)
    _require_startable(aws, name, to, old)
    text = str(old.answer["PipelineDefinition"])
    desired = DesiredPipeline(
        name=name,
        definition=text,
        role_arn=aws.environment.roles.execution,
        description=description(pipeline, model, after.bundle or "unknown"),
        tags=deployed.fields["tags"],
        location=location_of(name, text, aws.environment),
    )
    differences = compare(pipeline, before, after).content
    return Rollback(
        model=model,
        pipeline=pipeline,
        desired=desired,
        deployed=deployed,
        to=to,
        current=numbers[0],
        bundle=after.bundle or "",
        differences=tuple(masked(difference) for difference in differences),
        entry=entry,
    )


def roll_back(aws: Aws, rollback: Rollback) -> Iterator[Change]:
    """Make the version's definition the deployed one, as a new version, yielding what was done.

    Executions that run go on with the version that they began with. Raises AwsError, BusyError.
    """
    desired, entry = rollback.desired, rollback.entry
    with claim(aws, entry, "rollback") as held:
        changes = list(desired.write(aws, rollback.deployed))
        yield from changes or [Change(desired.kind, desired.name, "unchanged")]
        before = entry.done or Done("rollback", "", "", "", "")
        key = f"{desired.kind} {desired.name}"
        # Of what is not rolled back, what a hand did stays told.
        kept = before.resources.get(key) or fingerprint(rollback.deployed.fields)
        left = {**kept, **fingerprint({**desired.wanted(), "tags": None})}
        held.finish(
            replace(
                before,
                what="rollback",
                by=aws.caller,
                at=timestamp(),
                bundle=rollback.bundle,
                revision="",
                changes=tuple(asdict(change) for change in changes),
                resources={**before.resources, key: left},
                versions={**before.versions, desired.name: latest_version(aws, desired.name)},
                note=f"{rollback.pipeline} from version {rollback.current} to version {rollback.to}",
            )
        )


def _deployed(aws: Aws, model: str, pipeline: str) -> tuple[str, Deployed]:
    environment = aws.environment
    name = pipeline_name(model, pipeline, environment.name)
    deployed = read_pipeline(aws, name)
    if deployed is None:
        raise UsageError(
            f"pipeline {name!r} is not deployed to {environment.name!r}: "
            f"run sagemaker-monitor upsert --env {environment.name}"
        )
    if not bears_mark(deployed.fields["tags"], model, environment):
        raise UsageError(
            f"pipeline {name!r} does not bear the tags of upsert: somebody else made it, and rolls it back"
        )
    return name, deployed


def _require_startable(aws: Aws, name: str, to: int, old: Deployed) -> None:
    """Raise UsageError when the pipeline has a schedule that could not start the version."""
    if not starts_pipeline(aws, name):
        return
    definition = old.fields["definition"]
    declared = definition.get("Parameters", ()) if isinstance(definition, dict) else ()
    parameters = {each["Name"]: each for each in declared}
    needed = [key for key, each in parameters.items() if "DefaultValue" not in each]
    if SCHEDULED_TIME_PARAMETER in parameters and not needed:
        return
    missing = f"needs {', '.join(needed)}" if needed else f"takes no {SCHEDULED_TIME_PARAMETER}"
    raise UsageError(
        f"version {to} of pipeline {name!r} {missing}, and its schedule, which gives the scheduled time "
        "alone, could not start it; remove the schedule from the model's file and upsert before going back; "
        "nothing was changed"
    )


def _require_files(name: str, to: int, side: Side) -> None:
    problems = [
        f"{uri} {file.problem or 'was replaced by another'}"
        for uri, file in sorted(side.files.items())
        if file.content is None or file.is_altered(uri)
    ]
    if problems:
        raise OperationError(
            f"version {to} of pipeline {name!r} would not run: {'; '.join(problems[:3])}"
            f"{f' and {len(problems) - 3} more' if len(problems) > 3 else ''}; nothing was changed; "
            f"upsert of the revision that made bundle {(side.bundle or 'unknown')[:12]} brings them back"
        )
