"""When schedules are due, and which hours an execution looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator.schedules.times import Cron, TimeError, offset, window

NOON = datetime(2026, 2, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "moment", "due"),
    [
        ("cron(0 * ? * * *)", "2026-02-28T12:00", "2026-02-28T13:00"),
        ("cron(0 * ? * * *)", "2026-02-28T23:59", "2026-03-01T00:00"),
        ("cron(0 6 ? * * *)", "2026-02-28T05:59", "2026-02-28T06:00"),
        ("cron(0 6 ? * * *)", "2026-02-28T06:00", "2026-03-01T06:00"),
        ("cron(0 2/6 ? * * *)", "2026-02-28T08:30", "2026-02-28T14:00"),
        ("cron(0 2/6 ? * * *)", "2026-02-28T20:00", "2026-03-01T02:00"),
    ],
)
def test_a_schedule_is_due_at_whole_hours_of_utc(expression: str, moment: str, due: str) -> None:
    """The next time is never the present one."""
    cron = Cron.of(expression)
    assert cron is not None
    after = cron.after(datetime.fromisoformat(moment).replace(tzinfo=UTC))

    assert after == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(st.integers(0, 23), st.integers(1, 24), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_a_daily_pattern_comes_back(first: int, every: int, moment: datetime) -> None:
    """What is due at an hour of one day is due at that hour of the next."""
    cron = Cron(first, every)
    due = cron.after(moment.replace(tzinfo=UTC))

    assert due > moment.replace(tzinfo=UTC)
    assert due.hour in range(first, 24, every)
    assert cron.after(due + timedelta(days=1) - timedelta(seconds=1)) == due + timedelta(days=1)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(5 * ? * * *)",
        "cron(0 24 ? * * *)",
        "cron(0 1/25 ? * * *)",
        "cron(0 1/0 ? * * *)",
        "rate(1 hour)",
        "",
    ],
)
def test_an_expression_that_model_monitor_does_not_know_is_refused(expression: str) -> None:
    """With those that it knows."""
    with pytest.raises(TimeError, match="schedule expression"):
        Cron.of(expression)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (None, None, ["11"]),
        ("-PT6H", "-PT0H", ["06", "07", "08", "09", "10", "11"]),
        ("-P1D", "-PT22H", ["12", "13"]),
        ("-PT90M", "-PT30M", ["10", "11"]),
    ],
)
def test_a_window_is_the_hours_before_unless_offsets_say_otherwise(
    start: str | None, end: str | None, hours: list[str]
) -> None:
    """Folders are hours, so a part of one is all of it."""
    assert [each.strftime("%H") for each in window(NOON, start, end).hours] == hours


def test_the_documented_example_of_offsets() -> None:
    """Run on 9 January at 13:00 with -P8D and -P1D: from the 1st at 13:00 to the 8th at 13:00."""
    found = window(datetime(2020, 1, 9, 13, tzinfo=UTC), "-P8D", "-P1D")

    assert (found.start, found.end) == (
        datetime(2020, 1, 1, 13, tzinfo=UTC),
        datetime(2020, 1, 8, 13, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", ["", "P", "PT", "-1H", "PT1", "P1DT", "one hour"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(TimeError, match="no ISO 8601 offset"):
        offset(text)


def test_a_window_without_time_is_refused() -> None:
    """The start comes before the end."""
    with pytest.raises(TimeError, match="-PT1H to -PT2H leave no time"):
        window(NOON, "-PT1H", "-PT2H")
