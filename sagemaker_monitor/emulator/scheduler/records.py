"""Schedules and groups as they are kept: a schedule under its group's and its own name, in its region."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.timetable import Expression, parse_expression, zone_of

SCHEDULE, GROUP = "schedule", "schedule-group"
DEFAULT = "default"
"""The group that every account has."""
Record = dict[str, Any]
_TICK = timedelta(microseconds=1)


def arn_of(context: Context, kind: str, name: str) -> str:
    """Return the ARN of a schedule, by group and name, or of a group."""
    return f"arn:aws:scheduler:{context.region}:{context.account}:{kind}/{name}"


def require_group(context: Context, name: str) -> Record:
    """Return a group; raise ApiError when there is none."""
    found = context.store.get(GROUP, name)
    if found is None and name == DEFAULT:
        return {"Name": DEFAULT, "Arn": arn_of(context, GROUP, DEFAULT), "State": "ACTIVE"}
    if found is None:
        raise ApiError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)
    return found


def require_schedule(context: Context, request: Record) -> Record:
    """Return the schedule that a request names; raise ApiError when there is none."""
    name, group = request["Name"], request.get("GroupName", DEFAULT)
    found = context.store.get(SCHEDULE, f"{group}/{name}")
    if found is None:
        raise ApiError("ResourceNotFoundException", f"Schedule {name} does not exist.", 404)
    return found


def due_after(schedule: Record, moment: datetime) -> datetime | None:
    """Return when an enabled schedule runs next after *moment*; None where it does not any more."""
    if schedule["State"] != "ENABLED":
        return None
    expression: Expression = parse_expression(schedule["ScheduleExpression"])
    zone = zone_of(schedule["ScheduleExpressionTimezone"])
    first, last = (_time(schedule.get(key)) for key in ("StartDate", "EndDate"))
    began = first or _utc(schedule["CreationDate"])
    after = moment if first is None else max(moment, first - _TICK)
    due = expression.after(after, zone, began)
    return None if due is None or (last is not None and due > last) else due


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else _utc(seconds)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
