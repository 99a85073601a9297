"""How often something runs in a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sagemaker_monitor.operations.estimating.runs import RECENT
from sagemaker_monitor.settings.monitoring import NOW, MonitoringSchedule
from sagemaker_monitor.settings.schedules import Schedule
from sagemaker_monitor.timetable import Cron, Rate, parse_expression

YEAR = 365
DAYS_A_MONTH = YEAR / 12
HOURS_A_MONTH = DAYS_A_MONTH * 24
"""730."""


@dataclass(frozen=True)
class Frequency:
    """Runs a month, and how that is known."""

    runs: float
    basis: Literal["given", "scheduled", "observed"]
    told: str


def given(runs: float) -> Frequency:
    """Return what the user said."""
    return Frequency(runs, "given", "as given")


def observed(recent: int) -> Frequency:
    """Return how often it runs when it goes on as of late: *recent* times in RECENT."""
    return Frequency(
        recent * DAYS_A_MONTH / RECENT.days,
        "observed",
        f"{recent} started in the last {RECENT.days} days",
    )


def monitored(schedule: MonitoringSchedule) -> Frequency:
    """Return how often a monitoring schedule runs: every so many hours of each day."""
    if schedule.expression == NOW:
        return Frequency(0.0, "scheduled", "NOW: once, when it is deployed or changed")
    return Frequency(len(schedule.hours) * DAYS_A_MONTH, "scheduled", f"scheduled: {schedule.expression}")


def scheduled(schedule: Schedule, today: date) -> Frequency:
    """Return how often EventBridge Scheduler starts a pipeline: a twelfth of the year that begins *today*.

    A year has every day of a week and of a month as often as it comes. Of a cron expression its days are
    counted one by one, each with all of its hours and minutes; what a clock that is put forward skips, an
    hour of a year, is counted in.
    """
    if not schedule.enabled:
        return Frequency(0.0, "scheduled", f"scheduled, but not enabled: {schedule.expression}")
    return Frequency(_due(schedule.expression, today) / 12, "scheduled", f"scheduled: {schedule.expression}")


def _due(expression: str, today: date) -> float:
    """Return how often an expression is due in the year that begins *today*."""
    found = parse_expression(expression)
    if isinstance(found, Rate):
        return timedelta(days=YEAR) / found.every
    assert isinstance(found, Cron), "settings take cron and rate alone"
    days = (today + timedelta(days=number) for number in range(YEAR))
    return sum(found.is_due_on(day) for day in days) * len(found.hours) * len(found.minutes)
