"""What alarms may not say: what nothing measures, or what could never be deployed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagemaker_monitor.settings.alarms import Alarm, alarm_name
from sagemaker_monitor.settings.errors import Finding, choices, quoted
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.rules import CONDITIONAL, PRE_TRAINING, STAGES, reason_for_nothing, watched_by

KEY = "alarms"
DRIFT = "baseline_drift_check"
MAX_NAME = 255
"""Characters of an alarm's name."""


def check_alarms(model: Model, environments: Sequence[str] | None = None) -> Iterator[Finding]:
    """Yield what is wrong with *model*'s alarms; *environments* are those that there are, if known."""
    for name, alarm in model.alarms.items():
        longest = max((len(alarm_name(model.model, name, each)) for each in environments or ()), default=0)
        if longest > MAX_NAME:
            yield (KEY, name), f"makes a name of {longest} characters, at most {MAX_NAME}"
        problems = (
            *_one_of(alarm),
            *_what(alarm, model),
            *_of_schedule(alarm, model),
            *_of_pipeline(alarm, model),
        )
        for key, message in problems:
            yield (KEY, name, *key), message


def _one_of(alarm: Alarm) -> Iterator[Finding]:
    for first, second in (("schedule", "pipeline"), ("above", "below")):
        given = [key for key in (first, second) if getattr(alarm, key) is not None]
        if len(given) != 1:
            yield (), f"needs one of {first} and {second}, and has {'both' if given else 'neither'}"


def _what(alarm: Alarm, model: Model) -> Iterator[Finding]:
    known = watched_by(model)
    found = [each for name, of in known.items() for each in of.subjects(name) if alarm.match in each.names]
    grouped = bool(model.monitors.bias and model.monitors.bias.group_variable)
    if not found:
        why = (
            "an alarm is about one metric, so it takes no wildcard"
            if any(each in alarm.match for each in "*?[")
            else reason_for_nothing(alarm.match, known)
        )
        yield ("match",), f"{quoted(alarm.match)} is nothing to watch: {why}"
    elif not grouped and found[0].name in CONDITIONAL:
        yield ("match",), f"{quoted(alarm.match)}: CDDL and CDDPL need monitors.bias.group_variable"


def _of_schedule(alarm: Alarm, model: Model) -> Iterator[Finding]:
    if alarm.schedule is None:
        return
    schedule = model.monitoring_schedules.get(alarm.schedule)
    if schedule is None:
        known = tuple(model.monitoring_schedules)
        there = choices(alarm.schedule, known, "schedules") if known else ": the model has none"
        yield ("schedule",), f"is none of monitoring_schedules: {quoted(alarm.schedule)}{there}"
        return
    first = alarm.match.split("/")[0]
    monitor = "bias" if first in STAGES else first
    if schedule.monitor != monitor:
        yield ("match",), f"is of {monitor}, and the schedule {alarm.schedule} runs {schedule.monitor}"
    elif not schedule.publish_cloudwatch_metrics:
        yield ("schedule",), f"{alarm.schedule} has publish_cloudwatch_metrics: false, so there is no metric"
    elif monitor == "data_quality" and f"/{DRIFT}/" not in alarm.match:
        yield ("match",), f"a schedule publishes distances, of {DRIFT}, and no shares; or name a pipeline"
    elif monitor == "explainability":
        yield ("match",), "a schedule publishes attributions and no nDCG; name a pipeline"
    elif monitor == "bias":
        facets = model.monitors.bias.facets if model.monitors.bias else ()
        name = alarm.match.split("/")[2]
        if any(each.name == name and each.threshold is not None for each in facets):
            yield (
                ("match",),
                f"the group of {name} is above a threshold, and its metric's name has the largest value of"
                " the data; name a pipeline",
            )


def _of_pipeline(alarm: Alarm, model: Model) -> Iterator[Finding]:
    monitor = alarm.match.split("/")[0]
    if alarm.pipeline == "monitor-endpoint" and model.endpoint is None:
        yield ("pipeline",), "is monitor-endpoint, and the model has no endpoint"
    elif alarm.pipeline == "monitor-ground-truth" and monitor in ("data_quality", "explainability"):
        yield ("pipeline",), f"is monitor-ground-truth, which judges labels alone, and not {monitor}"


def stage_of(metric: str) -> str:
    """Return what the dimension BiasStage says of a bias metric."""
    return "Pre-training" if metric in PRE_TRAINING else "Post-Training"
