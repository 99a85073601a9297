"""What starts a pipeline of others by itself: schedules of EventBridge Scheduler, rules of EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.piped import Pipeline
from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.text import flow

UNIVERSAL = ":aws-sdk:sagemaker:startPipelineExecution"
"""Ends the ARN of the universal target that starts pipelines; the request is in its Input."""


@dataclass(frozen=True)
class Trigger:
    """A schedule that starts a pipeline; *timezone* is empty for a rule, whose clock is UTC."""

    resource: str
    pipeline: str
    expression: str
    timezone: str = ""
    enabled: bool = True


def read_triggers(reader: Reader, pipelines: Iterable[Pipeline]) -> tuple[Trigger, ...]:
    """Return what starts each of *pipelines*. Raises AwsError."""
    pipelines = tuple(pipelines)
    if not pipelines:
        return ()
    rules = (found for pipeline in pipelines for found in _rules(reader, pipeline))
    return (*_schedules(reader, pipelines), *rules)


def _schedules(reader: Reader, pipelines: Iterable[Pipeline]) -> Iterator[Trigger]:
    by_arn = {pipeline.arn: pipeline.name for pipeline in pipelines}
    listed = reader.listed(
        "EventBridge Scheduler", "schedules", "scheduler", "list_schedules", "Schedules", MaxResults=100
    )
    for summary in listed:
        target = str((summary.get("Target") or {}).get("Arn", ""))
        if target not in by_arn and not target.endswith(UNIVERSAL):
            continue
        name, group = summary["Name"], summary.get("GroupName", "default")
        resource = f"EventBridge schedule {group}/{name}"
        found = reader.ask(
            resource, "schedule", "get_schedule", service="scheduler", Name=name, GroupName=group
        )
        if found is None:
            continue
        pipeline = by_arn.get(target) or _started(found["Target"], by_arn)
        if pipeline is not None:
            yield Trigger(
                resource,
                pipeline,
                found["ScheduleExpression"],
                found.get("ScheduleExpressionTimezone", "UTC"),
                found.get("State", "ENABLED") == "ENABLED",
            )


def _started(target: Mapping[str, Any], by_arn: Mapping[str, str]) -> str | None:
    """Return the pipeline that a universal target's request starts, by name or ARN, if it is one of ours."""
    try:
        said = str(json.loads(target.get("Input") or "{}").get("PipelineName", ""))
    except (ValueError, AttributeError):
        return None
    return by_arn.get(said) or (said if said in by_arn.values() else None)


def _rules(reader: Reader, pipeline: Pipeline) -> Iterator[Trigger]:
    names = reader.listed(
        pipeline.resource,
        "rules of EventBridge",
        "events",
        "list_rule_names_by_target",
        "RuleNames",
        TargetArn=pipeline.arn,
    )
    for name in names:
        resource = f"EventBridge rule {name}"
        rule = reader.ask(resource, "rule", "describe_rule", service="events", Name=str(name))
        if rule is not None and rule.get("ScheduleExpression"):
            yield Trigger(
                resource,
                pipeline.name,
                rule["ScheduleExpression"],
                enabled=rule.get("State", "ENABLED") == "ENABLED",
            )


def write_triggers(draft: Draft, triggers: Iterable[Trigger], pipelines: Iterable[Pipeline]) -> None:
    """Tell what starts pipelines, and write what would start ours, as comments: both would run otherwise."""
    registering = {pipeline.name for pipeline in pipelines if pipeline.groups}
    written = False
    for trigger in triggers:
        does = "runs" if trigger.enabled else "is disabled, and would run"
        draft.note(
            trigger.resource,
            "ScheduleExpression",
            " ".join(part for part in (trigger.expression, trigger.timezone) if part),
            f"it {does} pipeline {trigger.pipeline}, which stays",
            "schedule register by hand: it takes a candidate's artifact"
            if trigger.pipeline in registering
            else "disable it when schedules.monitor-batch, a comment at the file's end, takes its place",
        )
        if trigger.pipeline in registering or written:
            continue
        written = True
        said: dict[str, Any] = {"expression": trigger.expression}
        if trigger.timezone not in ("", "UTC"):
            said["timezone"] = trigger.timezone
        if not trigger.enabled:
            said["enabled"] = False
        draft.tail += [
            f"# schedules:    # as {trigger.resource} starts it",
            f"#   monitor-batch: {flow(said)}",
        ]
