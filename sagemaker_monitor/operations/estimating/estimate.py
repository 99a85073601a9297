"""Instance-hours of a model's monitoring, per run and per month, and their price where one is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.names import pipeline_name, pipelines_of
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.operations.estimating.hosting import EndpointHours, endpoint_hours
from sagemaker_monitor.operations.estimating.jobs import Instances, Use
from sagemaker_monitor.operations.estimating.monitoring import past_executions
from sagemaker_monitor.operations.estimating.month import Frequency, given, monitored, observed, scheduled
from sagemaker_monitor.operations.estimating.runs import PastRuns, Run, past_runs
from sagemaker_monitor.operations.estimating.spread import Spread, spread
from sagemaker_monitor.settings import Model
from sagemaker_monitor.settings.monitoring_checks import monitoring_schedules_in
from sagemaker_monitor.settings.schedule_checks import schedules_in


@dataclass(frozen=True)
class StepEstimate:
    """What one step uses, of the runs in which it ran a job with these instances."""

    step: str
    what: Instances
    count: int
    seconds: Spread
    """Of one instance."""


@dataclass(frozen=True)
class HoursEstimate:
    """Instance-hours of one kind and type."""

    what: Instances
    per_run: Spread
    per_month: float
    """The mean of a run, as often as it runs."""


@dataclass(frozen=True)
class PipelineEstimate:
    """What one pipeline uses."""

    pipeline: str
    name: str
    deployed: bool
    statuses: Mapping[str, int]
    """How the runs that were read ended."""
    first: datetime | None
    last: datetime | None
    steps: tuple[StepEstimate, ...]
    hours: tuple[HoursEstimate, ...]
    frequency: Frequency
    notes: tuple[str, ...]

    @property
    def runs(self) -> int:
        """How many runs were read."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class ModelEstimate:
    """What the monitoring of a model uses, and its endpoint apart from that."""

    model: str
    pipelines: tuple[PipelineEstimate, ...]
    schedules: tuple[PipelineEstimate, ...]
    """SageMaker's monitoring schedules, whose executions are like runs."""
    endpoint: EndpointHours | None

    @property
    def per_month(self) -> Mapping[Instances, float]:
        """Instance-hours of all pipelines and monitoring schedules in a month."""
        total: Counter[Instances] = Counter()
        for pipeline in (*self.pipelines, *self.schedules):
            for each in pipeline.hours:
                total[each.what] += each.per_month  # type: ignore[assignment]
        return total


def estimate(
    aws: Aws,
    model: Model,
    *,
    last: int,
    runs_per_month: Mapping[str, float] | None = None,
    now: datetime | None = None,
) -> ModelEstimate:
    """Return what *model* uses, from the *last* executions of each of its pipelines. Writes nothing.

    *runs_per_month* says by pipeline how often it runs, whatever its schedule is and was observed.
    Raises AwsError, WriteRefusedError when the credentials are another account's.
    """
    asking = DryRun(aws)
    asking.require_writable()
    moment, environment = now or datetime.now(UTC), aws.environment
    timed = dict(schedules_in(model, environment))

    def frequency_of(pipeline: str, recent: int) -> Frequency:
        asked = (runs_per_month or {}).get(pipeline)
        if asked is not None:
            return given(asked)
        schedule = timed.get(pipeline)
        return scheduled(schedule, moment.date()) if schedule else observed(recent)

    found = []
    for pipeline in pipelines_of(model, environment.name):
        name = pipeline_name(model.model, pipeline, environment.name)
        past = past_runs(asking, name, last, moment)
        found.append(of_runs(pipeline, name, past, frequency_of(pipeline, past.recent)))
    monitoring = []
    for key, schedule in monitoring_schedules_in(model, environment).items():
        name = model.monitoring_schedule_name(key, environment.name)
        past = past_executions(asking, name, last, moment, merges=schedule.merges)
        monitoring.append(of_runs(key, name, past, monitored(schedule)))
    endpoint = model.endpoint_in(environment.name)
    return ModelEstimate(
        model.model, tuple(found), tuple(monitoring), endpoint_hours(asking, endpoint) if endpoint else None
    )


def of_runs(pipeline: str, name: str, past: PastRuns, frequency: Frequency) -> PipelineEstimate:
    """Return what a pipeline uses that runs as often as *frequency* says and as *past* did."""
    starts = [run.started for run in past.runs]
    return PipelineEstimate(
        pipeline=pipeline,
        name=name,
        deployed=past.deployed,
        statuses=Counter(run.status for run in past.runs),
        first=min(starts, default=None),
        last=max(starts, default=None),
        steps=tuple(_steps(past.runs)),
        hours=tuple(_hours(past.runs, frequency)),
        frequency=frequency,
        notes=tuple(_notes(past)),
    )


def _steps(runs: Sequence[Run]) -> Iterable[StepEstimate]:
    seconds: dict[tuple[str, Instances, int], list[float]] = {}
    # From the oldest run on, in which steps come as they were started.
    for run in reversed(runs):
        for step in run.steps:
            for use in step.use.uses:
                seconds.setdefault((step.name, use.what, use.count), []).append(use.seconds)
    for (step_name, what, count), values in seconds.items():
        found = spread(values)
        if found is not None:
            yield StepEstimate(step_name, what, count, found)


def _hours(runs: Sequence[Run], frequency: Frequency) -> Iterable[HoursEstimate]:
    known = [
        _by_instances(use for step in run.steps for use in step.use.uses) for run in runs if run.is_known
    ]
    kinds = dict.fromkeys(what for run in reversed(known) for what in run)
    for what in sorted(kinds, key=lambda each: (each.at_most, each.kind, each.instance_type)):
        found = spread([run.get(what, 0.0) for run in known])
        if found is not None:
            yield HoursEstimate(what, found, found.mean * frequency.runs)


def _by_instances(uses: Iterable[Use]) -> Mapping[Instances, float]:
    hours: dict[Instances, float] = {}
    for use in uses:
        hours[use.what] = hours.get(use.what, 0.0) + use.hours
    return hours


def _notes(past: PastRuns) -> Iterable[str]:
    for status, count in past.left_out.items():
        yield f"{_runs(count)} left out: {status}"
    unknown = [step for run in past.runs for step in run.steps if step.problem]
    if unknown:
        incomplete = sum(not run.is_known for run in past.runs)
        first = unknown[0]
        more = f", and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        yield f"{_runs(incomplete)} not counted per run: {first.name}: {first.problem}{more}"
    for text in dict.fromkeys(step.use.unknown for run in past.runs for step in run.steps):
        if text:
            yield f"not counted: {text}"
    for step, types in _changed(past.runs).items():
        yield (
            f"the instances of {step} were changed meanwhile ({', '.join(types)}): "
            "read fewer runs with --last, so that only those since count"
        )


def _changed(runs: Sequence[Run]) -> Mapping[str, list[str]]:
    """Return the steps whose job had instances of several types or numbers, and which."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        for step in run.steps:
            of = [f"{use.count} × {use.what.instance_type}" for use in step.use.uses if not use.what.at_most]
            found.setdefault(step.name, {}).update(dict.fromkeys([" and ".join(of)] if of else []))
    return {name: list(types) for name, types in found.items() if len(types) > 1}


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"
