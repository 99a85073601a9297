"""Durations as definitions write them."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(
    r"P?(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.IGNORECASE,
)


def duration(text: str) -> timedelta:
    """Return an ISO 8601 duration, also one without its P as AWS writes it: 30d, T16m, PT1H.

    A year has 365 days and a month 30. Raises ValueError.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no ISO 8601 duration, such as P30D or PT1H")
    years, months, weeks, days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(
        weeks=weeks, days=days + 365 * years + 30 * months, hours=hours, minutes=minutes, seconds=seconds
    )
