"""Which hours of captures are meant: whole hours of UTC, the last one excluded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.operations.errors import UsageError


@dataclass(frozen=True)
class Window:
    """The hours from *start* until before *end*; None is no bound."""

    start: datetime | None
    end: datetime | None

    def __contains__(self, hour: object) -> bool:
        """Return whether *hour* lies in the window."""
        if not isinstance(hour, datetime):
            return False
        return (self.start is None or hour >= self.start) and (self.end is None or hour < self.end)

    def __str__(self) -> str:
        """Return the window in words."""
        if self.start is None and self.end is None:
            return "at any hour"
        since = f"from {stamp(self.start)}" if self.start else "from the first hour"
        return f"{since} until {stamp(self.end)}" if self.end else since


def read_window(start: str | None, end: str | None) -> Window:
    """Return the window of two dates or times in ISO 8601, UTC where they say nothing else.

    Raises UsageError for one that is none, is not on the hour, or a window without an hour.
    """
    window = Window(
        None if start is None else _hour(start, "--from", upwards=False),
        None if end is None else _hour(end, "--to", upwards=True),
    )
    if window.start is not None and window.end is not None and window.end <= window.start:
        raise UsageError(
            f"there is no hour {window}: --to is excluded, and must be later than --from; "
            "a whole day goes from its date to the next"
        )
    return window


def read_time(text: str, option: str) -> datetime:
    """Return the moment that *text* names, UTC where it says nothing else. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{option} {text[:40]!r} is no date or time; write 2026-03-01 or 2026-03-01T09:00:00Z"
        ) from error


def _hour(text: str, option: str, *, upwards: bool) -> datetime:
    moment = read_time(text, option)
    hour = moment.replace(minute=0, second=0, microsecond=0)
    try:
        nearest = hour + timedelta(hours=1) if upwards else hour
    except OverflowError as error:
        raise UsageError(f"{option} {text[:40]!r} is no date that there is an hour after") from error
    if hour != moment:
        raise UsageError(
            f"{option} {text[:40]!r} is not on the hour, and captures are kept by the hour of UTC: "
            f"give {stamp(nearest)}"
        )
    return hour
