"""What upsert would do, in upsert's words, and what that changes, in the words of the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.operations.bucket import require_bucket_here
from sagemaker_monitor.operations.difference import Difference
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.ledger import Done
from sagemaker_monitor.operations.planning.drift import Drift, find_drift
from sagemaker_monitor.operations.planning.masking import masked
from sagemaker_monitor.operations.planning.reading import Reading
from sagemaker_monitor.operations.planning.sides import Side
from sagemaker_monitor.operations.resources.adopted_schedules import AdoptedSchedule
from sagemaker_monitor.operations.resources.monitoring_schedules import WaitingSchedule
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.resources.watched_metrics import metric_of
from sagemaker_monitor.operations.topic import topic_notes
from sagemaker_monitor.operations.upsert import Outlook, look
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.monitoring_checks import monitoring_schedules_in
from sagemaker_monitor.settings.schedule_checks import schedules_in


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
    drift: tuple[Drift, ...] = ()
    """What was changed by hand since the last upsert."""
    done: Done | None = None
    """The last upsert, as the ledger has it."""

    @property
    def pending(self) -> tuple[Change, ...]:
        """What upsert would write; differences are empty exactly when this is."""
        return tuple(action for action in self.actions if action.done != "unchanged")


def make_plan(aws: Aws, bundle: Bundle, model: Model) -> Plan:
    """Return what upsert of *bundle* would do now; nothing is written.

    Raises AwsError, WriteRefusedError when the credentials are another account's, UsageError.
    """
    return plan_of(aws, look_dry(aws, bundle, model))


def look_dry(aws: Aws, bundle: Bundle, model: Model) -> Outlook:
    """Return what is deployed, with credentials that must only be able to read; see make_plan()."""
    dry = DryRun(aws)
    dry.require_writable()
    return look(dry, bundle, model)


def plan_of(aws: Aws, outlook: Outlook) -> Plan:
    """Return the plan that follows from *outlook*. Raises AwsError."""
    dry = DryRun(aws)
    # The very code that upserts, so that what is planned is what will be done.
    actions = outlook.changes(dry)
    reading = Reading(dry, outlook, actions)
    parallel = [*_parallel(outlook)]
    notes = [
        *_foreign(reading.sides),
        *parallel,
        *reading.altered_files(),
        *_surplus(outlook),
        *_unseen(outlook),
        *_waiting(outlook),
        *_disabled(outlook, aws.environment),
        *_kept(outlook),
        *_interrupted(outlook),
        *_rolled_back(outlook),
        *_bucket(dry, actions),
        *_topic(dry, actions),
    ]
    return Plan(
        model=outlook.bundle.model,
        environment=outlook.bundle.environment,
        bundle=outlook.bundle.sha256,
        deployed={name: side.bundle for name, side in reading.sides.items()},
        actions=actions,
        differences=tuple(masked(difference) for difference in reading.differences()),
        notes=tuple(notes),
        drift=tuple(find_drift(dry, outlook)),
        done=outlook.entry.done,
    )


def _foreign(sides: Mapping[str, Side]) -> Iterator[str]:
    for name, side in sides.items():
        if side.bundle is None:
            yield (
                f"{name} does not say which bundle it is from: it was made or changed by hand, "
                "or by another version of this package; upsert replaces it"
            )


def _parallel(outlook: Outlook) -> Iterator[str]:
    for each in outlook.seen:
        steps = each.deployed.fields.get("parallel steps") if each.deployed else None
        if steps is not None and "parallel steps" not in each.resource.wanted():
            yield (
                f"{each.resource.name} runs at most {steps} steps at a time: set outside this package, and "
                "left alone; compute.max_parallel_steps configures it"
            )


def _surplus(outlook: Outlook) -> Iterator[str]:
    for kind, name in outlook.surplus:
        if kind.surplus == "kept":
            yield (
                f"{kind.name} {name} was deployed by upsert and is no longer configured: upsert leaves it; "
                f"destroy {outlook.bundle.model} --unconfigured removes it"
            )


def _waiting(outlook: Outlook) -> Iterator[str]:
    for each in outlook.seen:
        if isinstance(each.resource, WaitingSchedule):
            yield f"{each.resource.kind} {each.resource.name} waits {each.resource.waits}"


def _disabled(outlook: Outlook, environment: Environment) -> Iterator[str]:
    if environment.schedules != "disabled":
        return
    now = set(_scheduled(outlook.model, environment))
    enabled = environment.model_copy(update={"schedules": "enabled"})
    names = [name for name in _scheduled(outlook.model, enabled) if name not in now]
    if names:
        yield (
            f"{', '.join(names)}: not deployed, because environments/{environment.name}.yaml or base.yaml "
            "does not say schedules: enabled"
        )


def _scheduled(model: Model, environment: Environment) -> Iterator[str]:
    """Yield the keys of what an environment has by its schedules, alarms on what they publish too."""
    yield from (f"schedules.{name}" for name, _ in schedules_in(model, environment))
    yield from (f"monitoring_schedules.{name}" for name in monitoring_schedules_in(model, environment))
    for name, alarm in model.alarms.items():
        if alarm.schedule is not None and metric_of(alarm, model, environment) is not None:
            yield f"alarms.{name}"


def _kept(outlook: Outlook) -> Iterator[str]:
    kept = [each.resource for each in outlook.seen if isinstance(each.resource, AdoptedSchedule)]
    if kept:
        told = ", ".join(f"{each.key} ({each.definition})" for each in kept)
        yield f"monitoring_schedules keep job definitions that others made, as they are: {told}"


def _interrupted(outlook: Outlook) -> Iterator[str]:
    entry = outlook.entry
    if entry.work is None:
        return
    who = f"{entry.work.what} by {entry.work.by} since {entry.work.since}"
    if entry.is_busy:
        yield f"{who} is at work: what is deployed may change while you read this"
    else:
        yield f"{who} was stopped before it was finished; upsert completes what is missing"


def _rolled_back(outlook: Outlook) -> Iterator[str]:
    done = outlook.entry.done
    if done is not None and done.what == "rollback":
        yield f"{done.note} by {done.by} at {done.at}: rolled back, which upsert undoes where it differs"


def _bucket(aws: Aws, actions: tuple[Change, ...]) -> Iterator[str]:
    if not any(action.done == "uploaded" for action in actions):
        return
    try:
        require_bucket_here(aws)
    except UsageError as error:
        yield f"upsert would refuse: {error}"
    except AwsError:
        return  # a question that plan can do without


def _unseen(outlook: Outlook) -> Iterator[str]:
    for kind, error in outlook.unseen:
        yield f"none is configured, and whether there is a {kind.name} left over is not known: {error}"


def _topic(aws: Aws, actions: tuple[Change, ...]) -> Iterator[str]:
    try:
        yield from topic_notes(aws)
    except UsageError as error:
        if any(action.done != "unchanged" for action in actions):
            yield f"upsert would refuse: {error}"
        else:
            yield str(error)
    except AwsError:
        return  # a question that plan can do without
