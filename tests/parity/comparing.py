"""How far two documents agree: every number, every text, every place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any

BIT_FOR_BIT = "bit for bit"
_NUMBER = re.compile(r"(-?\d+\.\d+(?:[Ee][-+]?\d+)?)")
_SHOWN = 10


@dataclass
class Agreement:
    """What a comparison found: how many values, the largest difference, and the places that differ."""

    numbers: int = 0
    texts: int = 0
    largest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def values(self) -> str:
        """What was compared, counted."""
        parts = ((self.numbers, "number"), (self.texts, "text"))
        return ", ".join(f"{count:,} {word}{'s' * (count != 1)}" for count, word in parts if count)

    @property
    def words(self) -> str:
        """How far the numbers agree, rounded up, so that it reads the same on every machine."""
        if not self.numbers:
            return "equal"
        return f"within {_up(self.largest)}" if self.largest else BIT_FOR_BIT

    def require(self) -> Agreement:
        """Return self; raises AssertionError with the places that differ, if any does."""
        if self.wrong:
            more = len(self.wrong) - _SHOWN
            lines = [*self.wrong[:_SHOWN], *([f"… and {more} more"] if more > 0 else [])]
            raise AssertionError("not what AWS recorded:\n" + "\n".join(lines))
        return self


def equal(expected: Any, actual: Any, *, ordered: bool) -> Agreement:
    """Compare documents that must be equal, numbers in their JSON text; keys in order if *ordered*."""
    found = Agreement()
    for where, wanted, got in _leaves(expected, actual, ordered, found):
        _count(wanted, found)
        if json.dumps(wanted) != json.dumps(got):
            found.wrong.append(f"{where}: {wanted!r} recorded, {got!r} found")
    return found


def close(expected: Any, actual: Any, *, tolerance: float, ordered: bool, in_texts: bool) -> Agreement:
    """Compare documents whose fractions may differ by *tolerance* (absolute); *in_texts*: in texts too."""
    found = Agreement()
    for where, wanted, got in _leaves(expected, actual, ordered, found):
        _count(wanted, found)
        parts = _parts(wanted, got) if in_texts else [(wanted, got)]
        found.numbers += len(parts) // 2
        for part, other in parts:
            if not _is_close(part, other, tolerance, found):
                found.wrong.append(f"{where}: {wanted!r} recorded, {got!r} found")
                break
    return found


def printed(expected: Any, actual: Any, *, cut: bool) -> Agreement:
    """Compare with numbers of which a log shows fewer digits: rounded to as many decimals, or *cut* there."""
    found = Agreement()
    for where, wanted, got in _leaves(expected, actual, False, found):
        _count(wanted, found)
        same = wanted == got
        if _is_number(wanted) and _is_number(got) and math.isfinite(got):
            digits = Decimal(repr(wanted))
            shown = Decimal(repr(got)).quantize(digits, ROUND_DOWN if cut else ROUND_HALF_EVEN)
            same = shown == digits
        if not same:
            found.wrong.append(f"{where}: {wanted!r} printed, {got!r} found")
    return found


def _leaves(
    expected: Any, actual: Any, ordered: bool, found: Agreement, where: str = "document"
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the pairs of values at the same place; places of another shape go to *found*."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        keys, others = list(expected), list(actual)
        if (keys if ordered else sorted(keys)) != (others if ordered else sorted(others)):
            found.wrong.append(f"{where}: keys {keys[:_SHOWN]} recorded, {others[:_SHOWN]} found")
            return
        for key, value in expected.items():
            yield from _leaves(value, actual[key], ordered, found, f"{where}.{key}")
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        if len(expected) != len(actual):
            found.wrong.append(f"{where}: {len(expected)} items recorded, {len(actual)} found")
            return
        for number, (value, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _leaves(value, other, ordered, found, f"{where}[{number}]")
    else:
        yield where, expected, actual


def _count(value: Any, found: Agreement) -> None:
    if _is_number(value):
        found.numbers += 1
    else:
        found.texts += 1


def _parts(wanted: Any, got: Any) -> list[tuple[Any, Any]]:
    """Return the pieces of two texts, fractions as numbers, or the values themselves."""
    if not (isinstance(wanted, str) and isinstance(got, str)):
        return [(wanted, got)]
    ours, theirs = _NUMBER.split(wanted), _NUMBER.split(got)
    if len(ours) != len(theirs):
        return [(wanted, got)]
    return [
        (float(a), float(b)) if odd % 2 else (a, b)
        for odd, (a, b) in enumerate(zip(ours, theirs, strict=True))
    ]


def _is_close(wanted: Any, got: Any, tolerance: float, found: Agreement) -> bool:
    if not isinstance(wanted, float) or not _is_number(got):
        return json.dumps(wanted) == json.dumps(got)
    if wanted == got:
        return True
    difference = abs(wanted - got)
    if not difference <= tolerance:
        return False
    found.largest = max(found.largest, difference)
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _up(difference: float) -> str:
    """Return *difference* rounded up: rounding noise to a power of ten, what is larger to one digit."""
    exponent = math.floor(math.log10(difference))
    step = Decimal(1).scaleb(exponent)
    digit = math.ceil(Decimal(repr(difference)) / step)
    if digit == 10 or (digit > 1 and exponent < -12):
        digit, exponent = 1, exponent + 1
    return f"{digit}e{exponent}" if exponent < -4 else f"{Decimal(digit).scaleb(exponent):f}"
