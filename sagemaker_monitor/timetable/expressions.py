"""Schedule expressions of EventBridge Scheduler: cron, rate and at, and when they are due.

A cron or at expression is about the clock of a time zone. What falls into the hour that a clock skips in
spring does not run; what falls into the one that it shows twice in autumn runs the first time
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from sagemaker_monitor.timetable.fields import (
    HOUR,
    MINUTE,
    MONTH,
    YEAR,
    FieldError,
    IsDay,
    day_of_month,
    day_of_week,
)

FORMS = "cron(minutes hours day-of-month month day-of-week year), rate(value unit), at(yyyy-mm-ddThh:mm:ss)"
FARTHEST = 40 * 366
"""Days that are looked ahead: the 29th of February comes on each day of the week within 40 years."""
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_LONGEST_RATE = timedelta(days=36500)


class ExpressionError(ValueError):
    """An expression or a time zone that is none; the message says what is allowed."""


class Expression(Protocol):
    """When a schedule is due."""

    def after(self, moment: datetime, zone: ZoneInfo, began: datetime) -> datetime | None:
        """Return the first time, in UTC, that it is due after *moment*; None where there is none any more.

        *began* is when the schedule was made, or the first time that it was told to run.
        """


@dataclass(frozen=True)
class Cron:
    """Minutes of days."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    is_day: IsDay

    @classmethod
    def of(cls, fields: str) -> Cron:
        """Return what the text between the brackets says. Raises ExpressionError."""
        parts = fields.split()
        if len(parts) != 6:
            raise ExpressionError(
                f"has {len(parts)} fields, and cron has six: minutes hours day-of-month month day-of-week "
                "year, such as cron(0 6 ? * MON *)"
            )
        minute, hour, of_month, month, of_week, year = parts
        if (of_month == "?") == (of_week == "?"):
            raise ExpressionError(
                "needs ? in exactly one of day-of-month and day-of-week: the other one says which days, such "
                "as cron(0 6 ? * MON *) or cron(0 7 1 * ? *)"
            )
        try:
            return cls(
                MINUTE.values(minute),
                HOUR.values(hour),
                MONTH.values(month),
                YEAR.values(year),
                day_of_week(of_week) if of_month == "?" else day_of_month(of_month),
            )
        except FieldError as error:
            raise ExpressionError(str(error)) from error

    def after(self, moment: datetime, zone: ZoneInfo, began: datetime) -> datetime | None:
        """See Expression."""
        # A day before: what the clock of the zone shows twice may be due though it seems to be over.
        for day in self._days(moment.astimezone(zone).date() - timedelta(days=1)):
            for hour in self.hours:
                for minute in self.minutes:
                    due = _utc(datetime.combine(day, time(hour, minute)), zone)
                    if due is not None and due > moment:
                        return due
        return None

    def is_due_on(self, day: date) -> bool:
        """Whether it is one of its days, on which it is due at each of its hours and minutes."""
        return day.year in self.years and day.month in self.months and self.is_day(day)

    def _days(self, first: date) -> Iterator[date]:
        for number in range(FARTHEST):
            day = first + timedelta(days=number)
            if day.year > self.years[-1]:
                return
            if self.is_due_on(day):
                yield day


@dataclass(frozen=True)
class Rate:
    """Every so often, from when the schedule began."""

    every: timedelta

    @classmethod
    def of(cls, text: str) -> Rate:
        """Return what the text between the brackets says. Raises ExpressionError."""
        found = re.fullmatch(r"(\d{1,9}) +(minute|hour|day)s?", text.strip())
        if found is None or not int(found[1]):
            raise ExpressionError(
                "is no rate: write a number and minutes, hours or days, such as rate(7 days)"
            )
        every = int(found[1]) * _UNITS[found[2]]
        if every > _LONGEST_RATE:
            raise ExpressionError("is longer than a century")
        return cls(every)

    def after(self, moment: datetime, zone: ZoneInfo, began: datetime) -> datetime | None:
        """See Expression."""
        if moment < began:
            return began
        return began + ((moment - began) // self.every + 1) * self.every


@dataclass(frozen=True)
class At:
    """Once."""

    local: datetime
    """By the clock of the schedule's zone."""

    @classmethod
    def of(cls, text: str) -> At:
        """Return what the text between the brackets says. Raises ExpressionError."""
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text.strip()):
            raise ExpressionError("is no time: write at(2026-03-01T09:00:00)")
        try:
            return cls(datetime.fromisoformat(text.strip()))
        except ValueError as error:
            raise ExpressionError(f"is no time: {error}") from error

    def after(self, moment: datetime, zone: ZoneInfo, began: datetime) -> datetime | None:
        """See Expression."""
        due = _utc(self.local, zone)
        return due if due is not None and due > moment else None


_KINDS: dict[str, Callable[[str], Expression]] = {"cron": Cron.of, "rate": Rate.of, "at": At.of}


def parse_expression(text: str) -> Expression:
    """Return what an expression says. Raises ExpressionError, whose message goes on after the expression."""
    found = re.fullmatch(r"(cron|rate|at)\((.*)\)", text.strip())
    if found is None:
        raise ExpressionError(f"is no schedule expression: {FORMS}")
    kind, inside = found.groups()
    return _KINDS[kind](inside)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone *name* of the IANA database. Raises ExpressionError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = available_timezones()
        if not known:
            raise ExpressionError(
                "cannot be looked up: this machine has no time zone database; install the package tzdata"
            ) from error
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ", such as Europe/Dublin or UTC"
        raise ExpressionError(f"is no time zone of the IANA database{hint}") from error


def _utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Return a time of the zone's clock in UTC; None where the clock skips it."""
    due = local.replace(tzinfo=zone).astimezone(UTC)
    return due if due.astimezone(zone).replace(tzinfo=None) == local else None
