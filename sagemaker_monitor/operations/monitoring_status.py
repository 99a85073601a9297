"""How the monitoring schedules of a model stand: whether they run, against which version, how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.resources.monitoring_state import VERSION_TAG, marked_schedules


@dataclass(frozen=True)
class LastMonitoring:
    """The newest execution of a schedule."""

    status: str
    """The MonitoringExecutionStatus."""
    scheduled: datetime
    reason: str
    """Why it failed; empty otherwise."""


@dataclass(frozen=True)
class MonitoringStatus:
    """One monitoring schedule that upsert made, or that was adopted."""

    name: str
    monitor: str
    """The MonitoringType."""
    status: str
    expression: str
    baseline_version: int | None
    """The version whose baseline it compares with; None where it has documents of its own."""
    last: LastMonitoring | None


def read_monitoring(aws: Aws, model: str) -> tuple[MonitoringStatus, ...]:
    """Return how each monitoring schedule of *model* stands, by name. Raises AwsError."""
    found = []
    for name, tags in marked_schedules(aws, model):
        answer = aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)
        config = answer["MonitoringScheduleConfig"]
        version = tags.get(VERSION_TAG, "")
        found.append(
            MonitoringStatus(
                name=name,
                monitor=answer.get("MonitoringType") or config.get("MonitoringType") or "DataQuality",
                status=answer["MonitoringScheduleStatus"],
                expression=(config.get("ScheduleConfig") or {}).get("ScheduleExpression", ""),
                baseline_version=int(version) if version.isdecimal() else None,
                last=_last(answer.get("LastMonitoringExecutionSummary")),
            )
        )
    return tuple(sorted(found, key=lambda each: each.name))


def _last(summary: Mapping[str, Any] | None) -> LastMonitoring | None:
    if not summary:
        return None
    return LastMonitoring(
        summary["MonitoringExecutionStatus"], summary["ScheduledTime"], summary.get("FailureReason", "")
    )
