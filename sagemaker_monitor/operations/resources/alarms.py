"""CloudWatch alarms: on what a monitoring schedule publishes, and on what a pipeline's verdict measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.resources.resource import (
    Change,
    Deployed,
    Fields,
    Kind,
    differing,
)
from sagemaker_monitor.operations.resources.tags import (
    CLOUDWATCH,
    bears_mark,
    read_tags,
    resource_tags,
    retag,
    tag_list,
)
from sagemaker_monitor.operations.resources.watched_metrics import Metric, metric_of
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.alarms import Alarm, alarm_name

KIND = "alarm"


@dataclass(frozen=True)
class AlarmResource:
    """One alarm, which has the state of the last value that came: where none comes it stays as it is."""

    name: str
    metric: Metric
    alarm: Alarm
    actions: tuple[str, ...]
    description: str
    tags: Mapping[str, str]
    kind: str = KIND

    def wanted(self) -> Fields:
        """Return everything that is compared."""
        return {**_fields(self._request()), "tags": dict(self.tags)}

    def read(self, aws: Aws) -> Deployed | None:
        """Return the alarm of this name with its tags."""
        found = aws.call("cloudwatch", "describe_alarms", AlarmNames=[self.name]).get("MetricAlarms")
        if not found:
            return None
        arn = found[0]["AlarmArn"]
        return Deployed({**_fields(found[0]), "tags": read_tags(aws, arn, CLOUDWATCH)}, arn)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create it, or put it anew where it differs; its state stays."""
        if deployed is None:
            aws.call("cloudwatch", "put_metric_alarm", **self._request(), Tags=tag_list(self.tags))
            yield Change(self.kind, self.name, "created")
            return
        differs = [name for name in differing(self.wanted(), deployed.fields) if name != "tags"]
        if differs:
            aws.call("cloudwatch", "put_metric_alarm", **self._request())
            yield Change(self.kind, self.name, "updated", ", ".join(differs))
        current = deployed.fields["tags"]
        yield from retag(aws, self.kind, self.name, deployed.arn, self.tags, current, CLOUDWATCH)

    def _request(self) -> dict[str, Any]:
        above = self.alarm.above is not None
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "ActionsEnabled": True,
            "AlarmActions": list(self.actions),
            "Namespace": self.metric.namespace,
            "MetricName": self.metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.metric.dimensions],
            # Of several groups or runs within the period the worst one counts.
            "Statistic": "Maximum" if above else "Minimum",
            "Period": self.metric.period,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": self.alarm.above if above else self.alarm.below,
            "ComparisonOperator": "GreaterThanThreshold" if above else "LessThanThreshold",
            "TreatMissingData": "ignore",
        }


def _fields(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is compared of a request, or of an alarm as CloudWatch describes it."""
    dimensions = {each["Name"]: each["Value"] for each in request.get("Dimensions") or ()}
    return {
        "metric": {
            "namespace": request.get("Namespace"),
            "name": request.get("MetricName"),
            "dimensions": dict(sorted(dimensions.items())),
        },
        "statistic": request.get("Statistic"),
        "period": request.get("Period"),
        "periods": [request.get("DatapointsToAlarm"), request.get("EvaluationPeriods")],
        "comparison": request.get("ComparisonOperator"),
        "threshold": request.get("Threshold"),
        "missing data": request.get("TreatMissingData"),
        "actions": sorted(request.get("AlarmActions") or ()),
        "actions enabled": request.get("ActionsEnabled"),
        "description": request.get("AlarmDescription"),
    }


def _desired(bundle: Bundle, model: Model, environment: Environment) -> Iterator[AlarmResource]:
    deployed = {each.pipeline for each in bundle.pipelines}
    actions = (environment.notify.sns,) if environment.notify else ()
    for key, alarm in model.alarms.items():
        metric = metric_of(alarm, model, environment)
        if metric is None or (alarm.pipeline is not None and alarm.pipeline not in deployed):
            continue  # what measures it is not in this environment
        limit = f"above {alarm.above:g}" if alarm.above is not None else f"below {alarm.below:g}"
        where = f"schedule {alarm.schedule}" if alarm.schedule else alarm.pipeline
        yield AlarmResource(
            name=alarm_name(model.model, key, environment.name),
            metric=metric,
            alarm=alarm,
            actions=actions,
            description=f"{alarm.match} of {model.model} ({where}) is {limit}",
            tags=resource_tags(model, environment),
        )


def _owned(aws: Aws, model: str) -> Iterator[str]:
    end = f"-{aws.environment.name}"
    for each in aws.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{model}-"):
        if each["AlarmName"].endswith(end) and bears_mark(
            read_tags(aws, each["AlarmArn"], CLOUDWATCH), model, aws.environment
        ):
            yield each["AlarmName"]


def _delete(aws: Aws, name: str) -> Iterator[Change]:
    """Delete an alarm; CloudWatch takes it as done where there is none."""
    aws.call("cloudwatch", "delete_alarms", AlarmNames=[name])
    yield Change(KIND, name, "deleted")


ALARMS = Kind(KIND, _desired, _owned, _delete, "deleted last")
