"""What monitoring_schedules may not say: what SageMaker would refuse, or what could only fail later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sagemaker_monitor.settings.endpoint import CSV
from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.errors import Finding, Path, choices, quoted
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.monitoring import DAY, HOUR, NOW, MonitoringSchedule
from sagemaker_monitor.settings.spark_names import RENAME, unfit_for_spark

KEY = "monitoring_schedules"
MAX_NAME = 63
"""Characters of a monitoring schedule's name."""
MAX_PREFIX = 512
"""Characters of the S3 URIs of captures, labels and reports in a job definition."""
_SCRIPTS = ("record_preprocessor", "post_analytics_processor")
_QUALITY = ("data_quality", "model_quality")


def check_monitoring(model: Model, environments: Sequence[str] | None = None) -> Iterator[Finding]:
    """Yield what is wrong with *model*'s schedules; *environments* are those that there are, if known."""
    yield from _twice(model)
    for name, schedule in model.monitoring_schedules.items():
        path: Path = (KEY, name)
        longest = max(
            (model.monitoring_schedule_name(name, each) for each in environments or ()), key=len, default=""
        )
        if len(longest) > MAX_NAME:
            yield path, f"is deployed as {quoted(longest)}: {len(longest)} characters, at most {MAX_NAME}"
        yield from _adopted(path, schedule, environments)
        for key, message in (*_monitor(name, schedule, model), *_times(schedule)):
            yield (*path, *key), message


def check_monitoring_in(model: Model, environment: Environment) -> Iterator[Finding]:
    """Yield what keeps schedules of *model* from being deployed to *environment*."""
    for name, schedule in monitoring_schedules_in(model, environment).items():
        truth = schedule.ground_truth or (model.data.ground_truth and model.data.ground_truth.uri)
        places = {"reports": f"{model.model}/monitoring", "labels": truth if schedule.merges else None}
        for what, uri in places.items():
            if uri and (length := len(environment.storage.resolve(uri))) > MAX_PREFIX:
                yield (
                    ("storage", "prefix"),
                    f"makes the {what} of {KEY}.{name} of the model {model.model} an S3 URI of {length} "
                    f"characters, at most {MAX_PREFIX}",
                )


def monitoring_schedules_in(model: Model, environment: Environment) -> Mapping[str, MonitoringSchedule]:
    """Return what is deployed of *model* to *environment*: nothing of an endpoint where none is watched.

    Where schedules are disabled it is those of others alone, which run whatever we do.
    """
    watched = model.endpoint_in(environment.name) is not None
    disabled = environment.schedules == "disabled"
    adopted = model.adopted_in(environment.name)
    return {
        name: schedule
        for name, schedule in model.monitoring_schedules.items()
        if (watched or schedule.of != "endpoint") and (name in adopted or not disabled)
    }


def _twice(model: Model) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for name, schedule in model.monitoring_schedules.items():
        for environment, adopted in schedule.adopted.items():
            other = seen.setdefault((environment, adopted.name), name)
            if other != name:
                yield (
                    (KEY, name, "adopted", environment, "name"),
                    f"is {quoted(adopted.name)}, which {other} is already: remove one",
                )


def _adopted(
    path: Path, schedule: MonitoringSchedule, environments: Sequence[str] | None
) -> Iterator[Finding]:
    for environment in schedule.adopted:
        if environments is not None and environment not in environments:
            yield (
                (*path, "adopted", environment),
                f"no environment {quoted(environment)}{choices(environment, environments, 'known')}",
            )


def _monitor(name: str, schedule: MonitoringSchedule, model: Model) -> Iterator[Finding]:
    monitor = schedule.monitor
    configured = [name for name in model.monitors.configured if name not in model.monitors.of_teams]
    if monitor not in configured:
        yield (
            ("monitor",),
            f"is {monitor}, which the model does not have{choices(monitor, configured, 'configured')}; add "
            f"monitors.{monitor}, whose baseline it compares with",
        )
    elif model.monitors.engine(monitor) == "own":
        yield (
            ("monitor",),
            f"is {monitor} with engine: own: schedules run SageMaker's own containers; remove one of the two",
        )
    if schedule.of == "endpoint" and model.endpoint is None:
        yield ("of",), "is endpoint, and the model has none: add a section endpoint, or say of: batches"
    if any(model.kept_definition(name, environment) for environment in schedule.adopted):
        return  # its job definition is there, and SageMaker took it
    yield from _labels(schedule, model)
    yield from _scripts(schedule, model)
    yield from _baseline(schedule)
    yield from _columns(schedule, model)


def _labels(schedule: MonitoringSchedule, model: Model) -> Iterator[Finding]:
    if not schedule.merges:
        if schedule.ground_truth is not None:
            yield ("ground_truth",), f"is for model_quality and bias: {schedule.monitor} needs no labels"
    elif schedule.ground_truth is None and model.data.ground_truth is None:
        yield (
            ("monitor",),
            f"is {schedule.monitor}, which compares with labels: say where AWS's ground truth records are, "
            "by ground_truth here or data.ground_truth.uri",
        )


def _scripts(schedule: MonitoringSchedule, model: Model) -> Iterator[Finding]:
    if schedule.monitor not in _QUALITY:
        for key in _SCRIPTS:
            if getattr(schedule, key) is not None:
                yield (
                    (key,),
                    f"is for data_quality and model_quality: Clarify's container, which computes "
                    f"{schedule.monitor}, runs no scripts",
                )
    elif (
        schedule.monitor == "data_quality"
        and schedule.of == "endpoint"
        and schedule.record_preprocessor is None
        and model.endpoint is not None
        and model.endpoint.requests.content_type != CSV
    ):
        yield (
            ("of",),
            f"is an endpoint that is asked in {model.endpoint.requests.content_type}: give "
            "record_preprocessor, a script that makes a row of the features of each request, in the model's "
            "order; of text/csv ours does",
        )


def _baseline(schedule: MonitoringSchedule) -> Iterator[Finding]:
    if schedule.baseline and schedule.baseline.statistics and schedule.monitor != "data_quality":
        yield (
            ("baseline", "statistics"),
            f"is for data_quality: {schedule.monitor} compares with constraints alone",
        )


def _columns(schedule: MonitoringSchedule, model: Model) -> Iterator[Finding]:
    schema = model.data_schema
    if schedule.monitor == "data_quality":
        # Its container, which runs without a locale, writes other alphabets as ?.
        wrong = [*unfit_for_spark(schema.features), *(each for each in schema.features if not each.isascii())]
        if wrong:
            yield (
                ("monitor",),
                f"is data_quality, which Spark computes, and it cannot name the column {quoted(wrong[0])}: "
                f"{RENAME}",
            )
    bias = model.monitors.bias
    if schedule.monitor == "bias" and schedule.of == "endpoint" and bias is not None:
        asked = [facet.name for facet in bias.facets] + [bias.group_variable or schema.features[0]]
        missing = [name for name in asked if name not in schema.features]
        if missing:
            yield (
                ("of",),
                f"is endpoint, which is not sent the column {quoted(missing[0])}: SageMaker's monitor sees "
                "requests and answers only; watch bias by the pipeline monitor-endpoint, or of: batches",
            )


def _times(schedule: MonitoringSchedule) -> Iterator[Finding]:
    start, end = schedule.offsets
    if start >= end:
        yield ("window",), "leaves no hour in the window: start must be before end, which is excluded"
    elif schedule.expression == NOW:
        if schedule.window is None:
            yield ("expression",), "is NOW, which needs a window, such as {start: -PT6H, end: PT0H}"
        elif end - start > DAY:
            yield (
                ("window",),
                f"is {_hours(end - start)} hours long, and NOW looks at 24 at most: take a daily expression",
            )
    runtime = schedule.compute.max_runtime
    if runtime is not None and runtime > schedule.longest_runtime:
        half = " by two jobs, the first of which merges labels" if schedule.longest_runtime < HOUR else ""
        yield (
            ("compute", "max_runtime"),
            f"is {int(runtime.total_seconds())} seconds, and at most "
            f"{int(schedule.longest_runtime.total_seconds())} fit between two executions{half}",
        )


def _hours(length: timedelta) -> int:
    return int(length / HOUR)
