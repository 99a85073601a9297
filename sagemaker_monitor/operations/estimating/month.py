"""How often something runs in a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sagemaker_monitor.operations.estimating.runs import RECENT
from sagemaker_monitor.settings.monitoring import NOW, MonitoringSchedule

DAYS_A_MONTH = 365 / 12
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
        f"{recent} were started in the last {RECENT.days} days",
    )


def monitored(schedule: MonitoringSchedule) -> Frequency:
    """Return how often a monitoring schedule runs: every so many hours of each day."""
    if schedule.expression == NOW:
        return Frequency(0.0, "scheduled", "NOW: once, when it is deployed or changed")
    return Frequency(len(schedule.hours) * DAYS_A_MONTH, "scheduled", f"scheduled: {schedule.expression}")
