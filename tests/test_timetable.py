"""When schedules are due: AWS's documented expressions, clocks that change, and what is no expression."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from sagemaker_monitor.timetable import ExpressionError, parse_expression, zone_of

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def due(expression: str, count: int = 3, *, since: datetime = NEW_YEAR, zone: str = "UTC") -> list[str]:
    """Return the first times after *since*, in UTC, to the minute."""

    def times() -> list[str]:
        found, moment = parse_expression(expression), since
        while (moment := found.after(moment, zone_of(zone), since)) is not None:
            yield moment.strftime("%Y-%m-%d %H:%M")

    return list(islice(times(), count))


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        # Those of AWS's page of schedule types, and of its rules' page, with their meaning there.
        ("cron(0 10 * * ? *)", ["2026-01-01 10:00", "2026-01-02 10:00", "2026-01-03 10:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01 08:00", "2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45"]),
        ("cron(15 10 ? * 6L 2026-2027)", ["2026-01-30 10:15", "2026-02-27 10:15", "2026-03-27 10:15"]),
        ("cron(30 9 ? * 2#1 *)", ["2026-01-05 09:30", "2026-02-02 09:30", "2026-03-02 09:30"]),
        ("cron(0 6 L * ? *)", ["2026-01-31 06:00", "2026-02-28 06:00", "2026-03-31 06:00"]),
        # The 1st of February and of March 2026 are Sundays: the weekday near it is in the same month.
        ("cron(0 6 1W * ? *)", ["2026-01-01 06:00", "2026-02-02 06:00", "2026-03-02 06:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("cron(0 6 1 JAN,JUL ? 2026)", ["2026-01-01 06:00", "2026-07-01 06:00"]),
        ("rate(5 minutes)", ["2026-01-01 00:05", "2026-01-01 00:10", "2026-01-01 00:15"]),
        ("rate(7 days)", ["2026-01-08 00:00", "2026-01-15 00:00", "2026-01-22 00:00"]),
        ("at(2026-11-20T13:00:00)", ["2026-11-20 13:00"]),
        ("at(2025-11-20T13:00:00)", []),
        ("cron(0 6 30 2 ? *)", []),
    ],
)
def test_an_expression_is_due_when_aws_says(expression: str, times: list[str]) -> None:
    """Numbers, names, ranges, steps, the last day, the nearest weekday and the nth weekday of a month."""
    assert due(expression) == times


def test_a_clock_that_changes_skips_once_and_repeats_nothing() -> None:
    """Dublin skips 01:30 on 29 March 2026, and shows it twice on 25 October; both run as AWS documents it."""
    march, october = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)
    daily = "cron(30 1 * * ? *)"

    assert due(daily, since=march, zone="Europe/Dublin") == [
        "2026-03-28 01:30",
        "2026-03-30 00:30",
        "2026-03-31 00:30",
    ]
    assert due(daily, since=october, zone="Europe/Dublin") == [
        "2026-10-24 00:30",
        "2026-10-25 00:30",
        "2026-10-26 01:30",
    ]


def test_a_rate_begins_with_its_schedule() -> None:
    """It is due when the schedule began, and then every so often, whenever one looks."""
    found, began = parse_expression("rate(2 hours)"), datetime(2026, 1, 1, 9, 20, tzinfo=UTC)

    assert found.after(began - timedelta(minutes=1), zone_of("UTC"), began) == began
    assert found.after(began + timedelta(hours=5), zone_of("UTC"), began) == began + timedelta(hours=6)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("every monday", "is no schedule expression: cron(minutes hours"),
        ("cron(0 6 * * *)", "has 5 fields, and cron has six"),
        ("cron(0 6 * * MON *)", "needs ? in exactly one of day-of-month and day-of-week"),
        ("cron(0 6 ? * ? *)", "needs ? in exactly one of day-of-month and day-of-week"),
        ("cron(60 6 * * ? *)", "minutes '60': values are 0 to 59"),
        ("cron(0 6 ? * MUN *)", "day-of-week 'MUN': values are 1 to 7, or SUN to SAT"),
        ("cron(0 6 ? * FRI-MON *)", "day-of-week 'FRI-MON': a range goes upwards"),
        ("cron(0/0 6 * * ? *)", "minutes '0/0': after the '/' stands a number from 1 on"),
        ("cron(0 6 ? * MON/2 *)", "day-of-week has no steps ('MON/2')"),
        ("rate(0 minutes)", "is no rate: write a number and minutes, hours or days"),
        ("rate(7 weeks)", "is no rate: write a number and minutes, hours or days"),
        ("at(tomorrow)", "is no time: write at(2026-03-01T09:00:00)"),
    ],
)
def test_what_is_no_expression_is_answered_with_what_is_allowed(expression: str, said: str) -> None:
    """Each mistake has a message that leads to its correction."""
    with pytest.raises(ExpressionError) as told:
        parse_expression(expression)

    assert str(told.value).startswith(said)


def test_a_zone_that_there_is_not_has_the_nearest_beside_it() -> None:
    """A name is looked up in the IANA database, never as a path."""
    with pytest.raises(ExpressionError, match="did you mean 'Europe/Dublin'"):
        zone_of("Europe/Dubln")
    with pytest.raises(ExpressionError, match="is no time zone"):
        zone_of("../../etc/passwd")
