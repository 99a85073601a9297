"""How far a quantity varies from run to run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A quantity over *n* runs."""

    n: int
    median: float
    p90: float
    """By nearest rank, the least value that 9 of 10 runs do not exceed; of fewer than ten, the largest."""
    mean: float


def spread(values: Sequence[float]) -> Spread | None:
    """Return how *values* vary; None where there is none."""
    if not values:
        return None
    ordered = sorted(values)
    place = math.ceil(0.9 * len(ordered)) - 1
    return Spread(len(ordered), statistics.median(ordered), ordered[place], statistics.fmean(ordered))
