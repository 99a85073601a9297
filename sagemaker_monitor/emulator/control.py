"""What the emulator does that AWS does not: run a schedule now, whatever its hour."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.scheduler import records
from sagemaker_monitor.emulator.scheduler.clock import SchedulerClock, keep
from sagemaker_monitor.emulator.schedules import runner
from sagemaker_monitor.emulator.schedules.times import HOUR, stamp

FIRE = "/_sagemaker-monitor/fire"


class ControlError(Exception):
    """A request that cannot be done; the message says why."""


def fire(context: Context, clock: SchedulerClock, body: bytes) -> dict[str, Any]:
    """Run a schedule, of SageMaker's or of EventBridge Scheduler, as if it were due; return what was started.

    *body* is JSON: `schedule`, and `at`, an ISO 8601 time. Without it a monitoring schedule is due at the end
    of the present hour, so that what was captured in this hour is looked at; one that starts a pipeline is
    due now. Raises ControlError.
    """
    try:
        request = json.loads(body or b"{}")
        name, at = request["schedule"], request.get("at")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ControlError(
            'a request to fire is {"schedule": "name", "at": "2026-03-01T12:00:00Z"}'
        ) from error
    schedule = context.store.get(runner.KIND, str(name))
    if schedule is None:
        return _start(context, clock, str(name), at)
    scheduled = _time(at)
    context.schedules.fire(context, schedule, scheduled)
    return {"MonitoringScheduleName": schedule["MonitoringScheduleName"], "ScheduledTime": stamp(scheduled)}


def _start(context: Context, clock: SchedulerClock, name: str, at: object) -> dict[str, Any]:
    """Start what a schedule of EventBridge Scheduler starts, which is named alone or as group/name."""
    found = [
        each
        for each in context.store.list(records.SCHEDULE)
        if name in (each["Name"], f"{each['GroupName']}/{each['Name']}")
    ]
    if not found:
        raise ControlError(_unknown(context, name))
    if len(found) > 1:
        groups = ", ".join(each["GroupName"] for each in found)
        raise ControlError(f"there are schedules {name[:100]!r} in the groups {groups}: write group/name")
    scheduled = datetime.now(UTC).replace(microsecond=0) if at is None else _time(at)
    done = clock.invoke(context, found[0], scheduled, once=True)
    keep(context, found[0], done)
    if done.execution_arn is None:
        raise ControlError(f"schedule {name[:100]!r} could not start: {done.code}: {done.message}")
    return {
        "ScheduleArn": done.schedule_arn,
        "ScheduledTime": stamp(scheduled),
        "PipelineExecutionArn": done.execution_arn,
    }


def _unknown(context: Context, name: str) -> str:
    """Return what is said of a name that no schedule of the region has."""
    store = context.store
    elsewhere = [region for region in store.regions() if name in _names(context.in_region(region))]
    known = _names(context)
    if elsewhere:
        hint = f"it is in {', '.join(elsewhere)}: --region {elsewhere[0]}"
    else:
        hint = (
            f"there are: {', '.join(known)}"
            if known
            else "there is none: upsert makes those of models where the environment says schedules: enabled"
        )
    return f"there is no schedule {name[:100]!r} in {context.region}; {hint}"


def _names(context: Context) -> list[str]:
    """Return what the schedules of a region are called."""
    monitoring = [each["MonitoringScheduleName"] for each in context.store.list(runner.KIND)]
    return [*monitoring, *(each["Name"] for each in context.store.list(records.SCHEDULE))]


def _time(at: object) -> datetime:
    if at is None:
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    try:
        found = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise ControlError(f"{str(at)[:40]!r} is no time, such as 2026-03-01T12:00:00Z") from error
    found = found.replace(microsecond=0)  # whoever fired it waits for the time that he is told
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
