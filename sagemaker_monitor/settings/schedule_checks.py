"""What a schedule may not say, alone and of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sagemaker_monitor.settings.endpoint_checks import LONGEST
from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.errors import Path, dotted, listed, quoted
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.schedules import GroundTruthSchedule, Schedule

MAX_NAME = 64
"""Characters of a schedule's or a schedule group's name."""
MAX_ARGUMENT = 256 - len("--batches-uri=")
"""Characters of a container argument, which data.batches becomes a part of."""
USUAL_LENGTH = timedelta(days=31)
"""Of a window that only data.ground_truth.expected_after says the end of."""
_HOUR = timedelta(hours=1)


def check_schedules(model: Model) -> Iterator[tuple[Path, str]]:
    """Return what is wrong with the schedules of *model*."""
    schedules = model.schedules
    if schedules.monitor_batch and not model.data.batches:
        yield (
            ("schedules", "monitor-batch"),
            "needs data.batches: the prefix below which a run finds its batch",
        )
    if schedules.monitor_endpoint and not model.endpoint:
        yield (
            ("schedules", "monitor-endpoint"),
            "needs an endpoint, and the model has none: add a section endpoint, or remove it",
        )
    if schedules.monitor_ground_truth:
        yield from _ground_truth(model, schedules.monitor_ground_truth)
    for name, _ in schedules.each():
        yield from _own(model, name)
        if model.pipelines is not None and name not in model.pipelines:
            yield ("schedules", name), "is not among the pipelines that are deployed: see pipelines"


def check_schedules_in(model: Model, environment: Environment) -> Iterator[tuple[Path, str]]:
    """Return what keeps the schedules of *model* from being deployed to *environment*."""
    scheduled = dict(schedules_in(model, environment))
    if not scheduled:
        return
    if environment.roles.scheduler is None:
        names = listed(dotted(("schedules", name)) for name in scheduled)
        yield (
            ("roles",),
            f"has no scheduler, the role that EventBridge Scheduler starts pipelines with, for {names} of "
            f"the model {model.model}: give it, or say schedules: disabled",
        )
    for name in scheduled:
        full = f"{model.model}-{name}-{environment.name}"
        if len(full) > MAX_NAME:
            yield (
                ("schedules",),
                f"makes {quoted(full)} of {name} of the model {model.model}: {len(full)} characters, and a "
                f"schedule's name has at most {MAX_NAME}; shorten the model's or the environment's name",
            )
    batches = model.data.batches
    if "monitor-batch" in scheduled and batches:
        length = len(environment.storage.resolve(batches))
        if length > MAX_ARGUMENT:
            yield (
                ("storage", "prefix"),
                f"makes data.batches of the model {model.model}, whose monitor-batch is scheduled, an S3 URI "
                f"of {length} characters, at most {MAX_ARGUMENT}",
            )


def check_scheduler(environment: Environment) -> Iterator[tuple[Path, str]]:
    """Return what is wrong with how *environment* schedules."""
    if len(environment.schedule_group) > MAX_NAME:
        yield (
            ("scheduler", "group"),
            f"gives {quoted(environment.schedule_group)}: {len(environment.schedule_group)} characters, at "
            f"most {MAX_NAME}",
        )
    queue = environment.scheduler.dead_letter_queue
    if queue and (region := queue.split(":")[3]) != environment.region:
        yield (
            ("scheduler", "dead_letter_queue"),
            f"is a queue in {region}, and EventBridge Scheduler takes one of its own region, "
            f"{environment.region}",
        )


def schedules_in(model: Model, environment: Environment) -> Iterator[tuple[str, Schedule]]:
    """Yield pipeline and schedule of what is deployed of *model* to *environment*."""
    if environment.schedules == "disabled":
        return
    watched = model.endpoint_in(environment.name) is not None
    for name, schedule in model.schedules.each():
        of_endpoint = name == "monitor-endpoint" or (
            name == "monitor-ground-truth" and model.late_captures == "endpoint"
        )
        if watched or not of_endpoint:
            yield name, schedule


def late_window(model: Model) -> tuple[timedelta, timedelta] | None:
    """Return the offsets of what a scheduled monitor-ground-truth judges; None where nothing says them."""
    schedule, ground_truth = model.schedules.monitor_ground_truth, model.data.ground_truth
    if schedule and schedule.window:
        return schedule.window.start, schedule.window.end
    if ground_truth and ground_truth.expected_after:
        end = -ground_truth.expected_after // _HOUR * _HOUR  # the whole hour before it
        return end - USUAL_LENGTH, end
    return None


def _own(model: Model, pipeline: str) -> Iterator[tuple[Path, str]]:
    """Return the checks by images of one's own in *pipeline*: those are told which baseline by run alone."""
    monitors = model.monitors
    wait = {"bias", "model_quality", *(name for name, each in monitors.of_teams.items() if each.needs_labels)}
    own = [name for name in monitors.own if pipeline != "monitor-ground-truth" or name in wait]
    if own:
        yield (
            ("schedules", pipeline),
            f"cannot run {listed(own)}: an image of your own calls no AWS service, and only run tells it "
            "which baseline to compare with; start the pipeline by run from a scheduled build, or remove it",
        )


def _ground_truth(model: Model, schedule: GroundTruthSchedule) -> Iterator[tuple[Path, str]]:
    path: Path = ("schedules", "monitor-ground-truth")
    if not model.monitors.need_labels:
        yield path, "waits for labels, and no monitor of the model needs any: remove it"
    ground_truth = model.data.ground_truth
    if ground_truth is None:
        yield path, "needs data.ground_truth: where the labels arrive"
        return
    window = late_window(model)
    if window is None:
        yield (
            path,
            "needs data.ground_truth.expected_after, how long labels take, such as P45D; or a window of its "
            "own",
        )
        return
    if schedule.window is None:
        return
    start, end = window
    path = (*path, "window")
    if start >= end:
        yield path, "leaves no hour: start must be before end, which is excluded"
    elif end - start > LONGEST:
        yield path, f"is longer than the {LONGEST.days} days that are collected at once"
    expected = ground_truth.expected_after
    if expected and end > -expected:
        yield (
            (*path, "end"),
            "looks at captures whose labels cannot have arrived: data.ground_truth.expected_after says that "
            f"they take {_told(expected)}; end the window at -{_told(expected)} or earlier",
        )


def _told(length: timedelta) -> str:
    """Return a length as it is written: P45D, PT6H."""
    hours = length // _HOUR
    if length % timedelta(days=1):
        return f"PT{hours}H" if not length % _HOUR else f"PT{length // timedelta(minutes=1)}M"
    return f"P{length.days}D"
