"""What the emulator does that SageMaker does not: run a monitoring schedule now, whatever its hour."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.schedules import runner
from sagemaker_monitor.emulator.schedules.times import HOUR, stamp

FIRE = "/_sagemaker-monitor/fire"


class ControlError(Exception):
    """A request that cannot be done; the message says why."""


def fire(context: Context, body: bytes) -> dict[str, Any]:
    """Start an execution of a schedule as if it were due at a time; return which one.

    *body* is JSON: `schedule`, and `at`, an ISO 8601 time; by default the end of the present hour, so that
    what was captured in this hour is looked at. Raises ControlError.
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
        raise ControlError(_unknown(context, str(name)))
    scheduled = _time(at)
    context.schedules.fire(context, schedule, scheduled)
    return {"MonitoringScheduleName": schedule["MonitoringScheduleName"], "ScheduledTime": stamp(scheduled)}


def _unknown(context: Context, name: str) -> str:
    """Return what is said of a name that no schedule of the region has."""
    store = context.store
    elsewhere = [region for region in store.regions() if store.scoped(region).get(runner.KIND, name)]
    known = [each["MonitoringScheduleName"] for each in store.list(runner.KIND)]
    if elsewhere:
        hint = f"it is in {', '.join(elsewhere)}: --region {elsewhere[0]}"
    else:
        hint = f"there are: {', '.join(known)}" if known else "there is none"
    return f"there is no monitoring schedule {name[:100]!r} in {context.region}; {hint}"


def _time(at: object) -> datetime:
    if at is None:
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    try:
        found = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise ControlError(f"{str(at)[:40]!r} is no time, such as 2026-03-01T12:00:00Z") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
