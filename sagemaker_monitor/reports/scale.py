"""Where value, baseline, limits and neutral lie on a line, for the small drawing of a crossed limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 44
MARGIN = 14
ROOM = 0.08


@dataclass(frozen=True)
class Scale:
    """Horizontal places in a drawing WIDTH wide; the allowed band always has both ends."""

    value: float
    baseline: float | None
    neutral: float | None
    band_start: float
    band_width: float
    low: float | None
    high: float | None


def scale(
    *,
    value: float | None,
    baseline: float | None,
    low: float | None,
    high: float | None,
    neutral: float | None,
) -> Scale | None:
    """Return the places of a finite *value* and its limits; None where there is nothing to draw."""
    if value is None or not math.isfinite(value):
        return None
    low, high, baseline = _finite(low), _finite(high), _finite(baseline)
    if low is None and high is None:
        return None
    marks = [mark for mark in (value, baseline, low, high, neutral) if mark is not None]
    first, last = min(marks), max(marks)
    # Halves, because the difference of two huge floats is infinite.
    half = last / 2 - first / 2
    if not half > 0:
        return None

    def place(mark: float) -> float:
        share = (mark / 2 - first / 2) / half
        inner = WIDTH - 2 * MARGIN
        return round(MARGIN + inner * (ROOM + (1 - 2 * ROOM) * share), 1)

    start = place(low) if low is not None else 0.0
    end = place(high) if high is not None else float(WIDTH)
    return Scale(
        value=place(value),
        baseline=place(baseline) if baseline is not None else None,
        neutral=place(neutral) if neutral is not None else None,
        band_start=start,
        band_width=round(max(0.0, end - start), 1),
        low=place(low) if low is not None else None,
        high=place(high) if high is not None else None,
    )


def _finite(mark: float | None) -> float | None:
    return mark if mark is not None and math.isfinite(mark) else None
