"""When schedules run and which hours an execution looks at; all of it in UTC.

Model Monitor knows four expressions: every hour, once a day, every so many hours of a day, and NOW
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOW = "NOW"
HOUR = timedelta(hours=1)
FORMS = "cron(0 * ? * * *), cron(0 <hour> ? * * *), cron(0 <hour>/<hours> ? * * *), NOW"
_CRON = re.compile(r"cron\(0 (?:\*|(\d{1,2})(?:/(\d{1,2}))?) \? \* \* \*\)")
_DURATION = re.compile(
    r"([+-]?)P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE
)


class TimeError(ValueError):
    """An expression or an offset is none; the message says what is allowed."""


@dataclass(frozen=True)
class Cron:
    """Whole hours of each day: the *first*, and *every* so many after it."""

    first: int
    every: int

    @classmethod
    def of(cls, expression: str) -> Cron | None:
        """Return what a schedule expression says, None for NOW. Raises TimeError."""
        if expression == NOW:
            return None
        found = _CRON.fullmatch(expression.strip())
        if found is None:
            raise TimeError(f"the schedule expression {expression[:100]!r} is not one of: {FORMS}")
        hour, hours = found.groups()
        first = int(hour or 0)
        every = int(hours) if hours else 24 if hour else 1
        if first > 23 or not 1 <= every <= 24:
            raise TimeError(f"the schedule expression {expression[:100]!r}: hours are 0 to 23, every 1 to 24")
        return cls(first, every)

    def after(self, moment: datetime) -> datetime:
        """Return the first time it runs after *moment*."""
        hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
        while hour.hour not in range(self.first, 24, self.every):
            hour += HOUR
        return hour


@dataclass(frozen=True)
class Window:
    """What an execution looks at: from *start* to *end*, which is outside."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> tuple[datetime, ...]:
        """The hours whose folders it reads; records are not told apart by minutes."""
        first = self.start.replace(minute=0, second=0, microsecond=0)
        count = -(-(self.end - first) // HOUR)
        return tuple(first + HOUR * number for number in range(count))


def offset(text: str) -> timedelta:
    """Return an ISO 8601 duration with its sign, such as -PT6H or -P8D. Raises TimeError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise TimeError(f"{text[:40]!r} is no ISO 8601 offset, such as -PT1H or -P1D")
    sign, *numbers = found.groups()
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in numbers)
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if sign == "-" else length


def window(scheduled: datetime, start_offset: str | None, end_offset: str | None) -> Window:
    """Return the window of the execution of *scheduled*: the hour before it, unless offsets say otherwise.

    Raises TimeError for offsets that are none, or that leave no time.
    """
    start = scheduled + (offset(start_offset) if start_offset else -HOUR)
    end = scheduled + (offset(end_offset) if end_offset else timedelta())
    if start >= end:
        given = f"{start_offset or '-PT1H'} to {end_offset or '-PT0H'}"
        raise TimeError(f"the offsets {given} leave no time: the start comes first")
    return Window(start, end)


def utc(moment: float) -> datetime:
    """Return seconds of the epoch as a time."""
    return datetime.fromtimestamp(moment, UTC)


def folder(hour: datetime) -> str:
    """Return the folder of an hour in S3: yyyy/mm/dd/hh."""
    return hour.strftime("%Y/%m/%d/%H")


def stamp(moment: datetime) -> str:
    """Return a time as monitoring jobs are told it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
