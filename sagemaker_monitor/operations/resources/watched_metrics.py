"""What CloudWatch calls what an alarm watches.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html and
clarify-model-monitor-bias-drift-cw.html beside it; what a verdict measured, decide names itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.documents import embedded_metrics
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.alarm_checks import stage_of
from sagemaker_monitor.settings.alarms import Alarm
from sagemaker_monitor.settings.monitoring_checks import monitoring_schedules_in
from sagemaker_monitor.settings.rules import group

NAMESPACES = {"data_quality": "data-metrics", "model_quality": "model-metrics", "bias": "bias-metrics"}


HOUR, DAY = 3600, 86400
"""Seconds; a day is the longest that CloudWatch evaluates."""


@dataclass(frozen=True)
class Metric:
    """A metric with the dimensions that it is published with, all of them.

    *period* is within how many seconds a value comes after the time that it is dated of.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    period: int = HOUR


def metric_of(alarm: Alarm, model: Model, environment: Environment) -> Metric | None:
    """Return the metric of *alarm*; None where the environment does not have its schedule."""
    if alarm.schedule is None:
        own = (environment.name, model.model, alarm.pipeline or "")
        named = tuple(zip(embedded_metrics.DIMENSIONS, own, strict=True))
        return Metric(embedded_metrics.NAMESPACE, alarm.match, named)
    schedule = monitoring_schedules_in(model, environment).get(alarm.schedule)
    if schedule is None:
        return None
    endpoint = model.endpoint_in(environment.name) if schedule.of == "endpoint" else None
    kind = NAMESPACES[schedule.monitor]
    namespace = f"aws/sagemaker/{'Endpoints' if endpoint else 'ModelMonitoring'}/{kind}"
    deployed = model.monitoring_schedule_name(alarm.schedule, environment.name)
    common = (*((("Endpoint", endpoint),) if endpoint else ()), ("MonitoringSchedule", deployed))
    name, further = _of_schedule(schedule.monitor, alarm.match, model)
    # A schedule dates its metrics with the beginning of the window that it looked at.
    reach = -int(schedule.offsets[0].total_seconds())
    return Metric(namespace, name, (*common, *further), min(max(reach, HOUR), DAY))


def _of_schedule(monitor: str, match: str, model: Model) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a schedule's name for what *match* selects, and the dimensions that it has of its own."""
    _, metric, *rest = match.split("/", 2)
    if monitor == "data_quality":
        return f"feature_baseline_drift_{rest[0]}", ()
    if monitor == "model_quality":
        return metric, ()
    assert model.monitors.bias is not None, "settings refuse an alarm of a monitor that there is not"
    facets = {facet.name: facet for facet in model.monitors.bias.facets}
    facet = facets.get(rest[0]) or facets[rest[0].rpartition("/")[0]]
    return f"bias_metric_{metric}", (
        ("BiasStage", stage_of(metric)),
        ("Label", model.data_schema.label),
        ("LabelValue", str(model.data_schema.favourable)),
        ("Facet", facet.name),
        ("FacetValue", group(facet)),
    )
