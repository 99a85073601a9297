"""The six fields of a cron expression: which values each may have, and which days two of them mean.

As EventBridge Scheduler documents them:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

IsDay = Callable[[date], bool]


class FieldError(ValueError):
    """A field says nothing that is allowed there; the message says what is."""


@dataclass(frozen=True)
class Field:
    """One field: its name, its bounds, and the names that its values have."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def values(self, text: str, *, steps: bool = True) -> tuple[int, ...]:
        """Return what *text* selects, in order: numbers, names, ranges, lists, `*`, and steps where allowed.

        Raises FieldError.
        """
        found: set[int] = set()
        for part in text.split(","):
            selected, slash, step = part.partition("/")
            if slash and not steps:
                raise FieldError(f"{self.name} has no steps ({part[:40]!r}): list the values")
            if slash and not (step.isdecimal() and int(step)):
                raise FieldError(f"{self.name} {part[:40]!r}: after the '/' stands a number from 1 on")
            first, last = self._range(selected, open_ended=bool(slash))
            found.update(range(first, last + 1, int(step) if slash else 1))
        return tuple(sorted(found))

    def number(self, text: str) -> int:
        """Return the value that *text* names. Raises FieldError."""
        name = text.upper()
        value = self.names.index(name) + self.low if name in self.names else None
        if value is None and text.isdecimal() and text.isascii():
            value = int(text)
        if value is None or not self.low <= value <= self.high:
            named = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise FieldError(f"{self.name} {text[:40]!r}: values are {self.low} to {self.high}{named}")
        return value

    def _range(self, text: str, *, open_ended: bool) -> tuple[int, int]:
        if text == "*":
            return self.low, self.high
        start, dash, end = text.partition("-")
        first = self.number(start)
        last = self.number(end) if dash else self.high if open_ended else first
        if first > last:
            raise FieldError(f"{self.name} {text[:40]!r}: a range goes upwards; list the values instead")
        return first, last


MINUTE = Field("minutes", 0, 59)
HOUR = Field("hours", 0, 23)
DAY_OF_MONTH = Field("day-of-month", 1, 31)
MONTH = Field("month", 1, 12, MONTHS)
DAY_OF_WEEK = Field("day-of-week", 1, 7, WEEKDAYS)
YEAR = Field("year", 1970, 2199)


def day_of_month(text: str) -> IsDay:
    """Return which days a day-of-month field means: also L, the last day, and 15W, a weekday near it.

    Raises FieldError.
    """
    if text.upper() == "L":
        return lambda day: day.day == _last(day)
    near = re.fullmatch(r"(\d{1,2})[wW]", text)
    if near:
        wanted = DAY_OF_MONTH.number(near[1])
        return lambda day: wanted <= _last(day) and day == _weekday_near(day.replace(day=wanted))
    days = frozenset(DAY_OF_MONTH.values(text))
    return lambda day: day.day in days


def day_of_week(text: str) -> IsDay:
    """Return which days a day-of-week field means: also 6L, the last Friday, and 3#2, the second Tuesday.

    Raises FieldError.
    """
    if text.upper() == "L":
        return lambda day: _number(day) == DAY_OF_WEEK.high
    last = re.fullmatch(r"(\w+)[lL]", text)
    if last:
        wanted = DAY_OF_WEEK.number(last[1])
        return lambda day: _number(day) == wanted and day.day + 7 > _last(day)
    nth = re.fullmatch(r"(\w+)#([1-5])", text)
    if nth:
        wanted, place = DAY_OF_WEEK.number(nth[1]), int(nth[2])
        return lambda day: _number(day) == wanted and (day.day - 1) // 7 + 1 == place
    days = frozenset(DAY_OF_WEEK.values(text, steps=False))
    return lambda day: _number(day) in days


def _number(day: date) -> int:
    """Return the weekday as AWS counts: Sunday is 1."""
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _weekday_near(day: date) -> date:
    """Return the nearest of Monday to Friday in the same month."""
    shift = {6: -1 if day.day > 1 else 2, 7: 1 if day.day < _last(day) else -2}.get(day.isoweekday(), 0)
    return day + timedelta(days=shift)
