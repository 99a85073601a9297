"""Which time and which hours a scheduled run is about.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta, timezone
from typing import Sequence

from steps.scripts.collect import CollectError, Window, read_window


def window_of(options: argparse.Namespace, offsets: Sequence[int], now: datetime) -> Window:
    """Return the window that a run names, or else that of its scheduled time. Raises CollectError."""
    if options.window_start or options.window_end:
        return read_window(options.window_start, options.window_end)
    return scheduled_window(options.scheduled_time, offsets, now)


def scheduled_moment(scheduled: str, now: datetime) -> datetime:
    """Return the scheduled time in UTC; without one it is *now*. Raises CollectError."""
    try:
        # Python 3.8 does not know Z.
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", scheduled.strip())) if scheduled else now
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise CollectError(
            f"--scheduled-time {scheduled[:40]!r} is no time; write 2026-03-01T09:00:00Z"
        ) from error


def scheduled_window(scheduled: str, offsets: Sequence[int], now: datetime) -> Window:
    """Return the window that *offsets* in hours, of start and end, make of the hour of the scheduled time.

    Without a scheduled time that is *now*. Raises CollectError.
    """
    hour = scheduled_moment(scheduled, now).replace(minute=0, second=0, microsecond=0)
    start, end = (hour + timedelta(hours=offset) for offset in offsets)
    return Window(start, end)
