"""Sum, mean, deviation and extremes of a column, in the arithmetic of Spark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """The values of a column so far."""

    count: float = 0.0
    sum: float = 0.0
    average: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    greatest: float = -math.inf

    @property
    def mean(self) -> float:
        """Return the mean: the sum over the count, which is not exactly the running average."""
        return self.sum / self.count

    @property
    def deviation(self) -> float:
        """Return the standard deviation of a population."""
        return math.sqrt(self.squares / self.count) if self.squares >= 0 else math.nan

    def with_values(self, values: Values, *, row_by_row: bool) -> Moments:
        """Return the moments with *values* appended.

        Spark adds up in row order, and so does this: sums are equal bit for bit. It updates the central
        moments row by row too, and merges those of partitions. *row_by_row* follows it and is equal bit for
        bit while the first block is all; otherwise the block is treated at once, as a partition would be.
        """
        if not len(values):
            return self
        with np.errstate(over="ignore", invalid="ignore"):
            running = np.empty(len(values) + 1)
            running[0], running[1:] = self.sum, values
            total = float(np.add.accumulate(running, out=running)[-1])
            state = (self.count, self.average, self.squares)
            central = _row_by_row(values, state) if row_by_row else _merged(state, _at_once(values))
        least, greatest = float(values.min()), float(values.max())
        return Moments(
            self.count + len(values), total, *central, min(self.least, least), max(self.greatest, greatest)
        )


def _row_by_row(values: Values, state: tuple[float, float, float]) -> tuple[float, float]:
    count, average, squares = state
    for value in values.tolist():
        count += 1.0
        distance = value - average
        step = distance / count
        average += step
        squares += distance * (distance - step)
    return average, squares


def _at_once(values: Values) -> tuple[float, float, float]:
    average = float(values.mean())
    distances = values - average
    return float(len(values)), average, float(np.square(distances, out=distances).sum())


def _merged(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float]:
    count = one[0] + other[0]
    distance = other[1] - one[1]
    step = distance / count
    return one[1] + step * other[0], one[2] + other[2] + distance * step * one[0] * other[0]
