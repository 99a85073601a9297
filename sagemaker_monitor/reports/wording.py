"""How numbers, times and names are written for people."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

MAX_TEXT = 600
NAMES = frozenset({"auc", "f1", "f2"})
FEWEST_DIGITS, MOST_DIGITS = 3, 9
SMALL, LARGE = 1e-3, 1e3
"""Below and above, decimals are counted from the largest value's first digit on."""

# Control characters, and those that turn the reading direction or cannot be seen.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def text(value: object, limit: int = MAX_TEXT) -> str:
    """Return *value* on one line of at most *limit* characters, without characters that cannot be seen."""
    line = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(str(value).split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def sentence(words: str) -> str:
    """Return *words* with a capital letter; names such as data_type_check, auc and nDCG stay as they are."""
    first = words.partition(" ")[0]
    is_name = "_" in first or first in NAMES or any(map(str.isupper, first[1:]))
    return words if is_name else words[:1].upper() + words[1:]


def digits(values: Iterable[float | None]) -> int:
    """Return how many decimals keep different *values* different on paper; 3 to 9 between 0.001 and 1,000."""
    known = sorted({value for value in values if value is not None and math.isfinite(value)})
    fewest = _fewest(max(map(abs, known), default=0.0))
    most = fewest + MOST_DIGITS - FEWEST_DIGITS
    for count in range(fewest, most):
        if len({f"{value:.{count}f}" for value in known}) == len(known):
            return count
    return most


def _fewest(largest: float) -> int:
    if SMALL <= largest < LARGE or not largest:
        return FEWEST_DIGITS
    return max(0, 2 - math.floor(math.log10(largest)) + (3 if largest >= LARGE else 0))


def number(value: float | None, decimals: int = FEWEST_DIGITS) -> str:
    """Return *value* with *decimals* and a true minus sign; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    written = f"{abs(value):,.{decimals}f}"
    return f"−{written}" if value < 0 and float(written.replace(",", "")) else written


def figure(value: float) -> str:
    """Return *value* with four significant digits."""
    return f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"


def count(value: int) -> str:
    """Return *value* with thousands apart."""
    return f"{value:,}"


def counted(value: int, singular: str, plural: str | None = None) -> str:
    """Return the number and its noun, such as `1 row` or `600 rows`."""
    return f"{count(value)} {singular if value == 1 else plural or singular + 's'}"


def percent(share: float) -> str:
    """Return *share* in per cent; one decimal below 10 %."""
    return f"{share * 100:.1f} %" if abs(share) < 0.1 else f"{share * 100:.0f} %"


def moment(value: object) -> datetime | None:
    """Return *value*, a datetime or ISO 8601 text, in UTC; None where it is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        return None


def clock(value: datetime) -> str:
    """Return *value* as a date and a time in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(start: datetime | None, end: datetime | None) -> str:
    """Return how long it took; a dash where that is not known."""
    if start is None or end is None or end < start:
        return "–"
    seconds = (end - start).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
