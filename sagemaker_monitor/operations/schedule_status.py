"""How the schedules of a model's pipelines stand: when each is due next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.resources.schedules import owned_schedules, read_schedule
from sagemaker_monitor.timetable import ExpressionError, parse_expression, zone_of


@dataclass(frozen=True)
class ScheduleStatus:
    """A deployed schedule of a pipeline, called as it; *next* is when it is due, None where it is not."""

    name: str
    expression: str
    timezone: str
    enabled: bool
    next: datetime | None


def read_schedules(aws: Aws, model: str, now: datetime | None = None) -> tuple[ScheduleStatus, ...]:
    """Return the model's schedules in this environment, by name; *next* is after *now*. Raises AwsError."""
    now = now or datetime.now(UTC)
    return tuple(_status(aws, name, now) for name in sorted(owned_schedules(aws, model)))


def _status(aws: Aws, name: str, now: datetime) -> ScheduleStatus:
    group, _, alone = name.rpartition("/")
    found = read_schedule(aws, group or aws.environment.schedule_group, alone)
    assert found is not None, "it is owned"
    expression, zone = str(found.fields["expression"]), str(found.fields["timezone"] or "UTC")
    enabled = bool(found.fields["enabled"])
    due = None
    if enabled:
        try:
            due = parse_expression(expression).after(now, zone_of(zone), found.answer["CreationTime"])
        except ExpressionError:
            due = None  # a hand's, of a kind that is not known here
    return ScheduleStatus(name, expression, zone, enabled, due)
