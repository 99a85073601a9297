"""How far two columns of cells are apart, by Python alone: what computes may not be installed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """A column's numbers, ascending, where all of its cells are numbers; else the share of each text."""

    numbers: tuple[float, ...] | None
    shares: Mapping[str, float]

    @classmethod
    def of(cls, cells: Sequence[str]) -> Distribution:
        """Return that of *cells*; empty ones do not count."""
        present = [cell for cell in cells if cell]
        try:
            numbers = sorted(map(float, present))
        except ValueError:
            numbers = []
        if numbers and all(map(math.isfinite, numbers)):
            return cls(tuple(numbers), {})
        return cls(None, {text: count / len(present) for text, count in Counter(present).items()})

    def distance(self, other: Distribution) -> float:
        """Return a distance from 0 to 1.

        Of numbers it is the largest difference of the two cumulative distributions, that of Kolmogorov and
        Smirnov; of texts half of the summed differences of shares, the total variation; and 1 where one has
        numbers and one has not.
        """
        if self.numbers is not None and other.numbers is not None:
            return _largest_step(self.numbers, other.numbers)
        if self.numbers is not None or other.numbers is not None or not self.shares or not other.shares:
            return 1.0
        texts = {*self.shares, *other.shares}
        return sum(abs(self.shares.get(text, 0.0) - other.shares.get(text, 0.0)) for text in texts) / 2


def _largest_step(one: Sequence[float], other: Sequence[float]) -> float:
    largest, first, second = 0.0, 0, 0
    while first < len(one) and second < len(other):
        value = min(one[first], other[second])
        while first < len(one) and one[first] <= value:
            first += 1
        while second < len(other) and other[second] <= value:
            second += 1
        largest = max(largest, abs(first / len(one) - second / len(other)))
    return largest
