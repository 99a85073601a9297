"""How far two distributions are apart, as Deequ measures it.

Runs under Python 3.8 with numpy; scipy only for ChiSquared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_monitor.analysis.documents.statistics import Sketch

C_ALPHA = 1.8
"""The critical value of the two-sample Kolmogorov-Smirnov test that Robust subtracts."""

FEWEST_EXPECTED = 5
SHARE_WITH_FEWER = 0.2
FEWEST_EXPECTED_OF_TWO = 10


def numerical(one: Sketch, other: Sketch) -> float:
    """Return the largest difference between the cumulative distributions of two sketches, from 0 to 1.

    Every item counts with its weight, so of sketches that still hold all values this is the two-sample
    Kolmogorov-Smirnov statistic.
    """
    (items, ranks), (other_items, other_ranks) = one.cumulative(), other.cumulative()
    at = np.concatenate([items, other_items])
    shares = np.append(0, ranks)[np.searchsorted(items, at, side="right")] / one.weight
    other_shares = np.append(0, other_ranks)[np.searchsorted(other_items, at, side="right")] / other.weight
    return float(np.abs(shares - other_shares).max())


def categorical(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the largest difference between the frequencies of a value, from 0 to 1."""
    rows, other_rows = sum(one.values()), sum(other.values())
    return max(abs(one.get(value, 0) / rows - other.get(value, 0) / other_rows) for value in {*one, *other})


def robust(distance: float, rows: int, other_rows: int) -> float:
    """Return what is left of *distance* after what samples of these sizes may differ by, at least 0."""
    return max(0.0, distance - C_ALPHA * math.sqrt((rows + other_rows) / (rows * other_rows)))


@dataclass(frozen=True)
class ChiSquared:
    """A test of goodness of fit."""

    statistic: float
    p_value: float


def chi_squared(observed: Mapping[str, int], baseline: Mapping[str, int]) -> ChiSquared | None:
    """Test whether *observed* fits the frequencies of *baseline*; None with fewer than two categories left.

    Values that the baseline does not know are left out. The rarest categories are merged into the next
    until at most 20 % of the expected counts are below 5; of two, none may be below 10.
    """
    known = {value: float(count) for value, count in observed.items() if value in baseline}
    rows, baseline_rows = sum(known.values()), sum(baseline.values())
    expected = {value: count / baseline_rows * rows for value, count in baseline.items()}
    _merge_rare(known, expected)
    if len(expected) < 2 or not rows:
        return None
    statistic = sum((known.get(value, 0.0) - count) ** 2 / count for value, count in expected.items())
    from scipy.special import chdtrc

    return ChiSquared(statistic, float(chdtrc(len(expected) - 1, statistic)))


def _merge_rare(observed: dict[str, float], expected: dict[str, float]) -> None:
    while len(expected) >= 2:
        few = FEWEST_EXPECTED if len(expected) > 2 else FEWEST_EXPECTED_OF_TWO
        allowed = int(SHARE_WITH_FEWER * len(expected)) if len(expected) > 2 else 0
        if sum(count < few for count in expected.values()) <= allowed:
            return
        rarest = min(expected, key=lambda value: expected[value])
        count, seen = expected.pop(rarest), observed.pop(rarest, 0.0)
        into = min(expected, key=lambda value: expected[value])
        expected[into] += count
        observed[into] = observed.get(into, 0.0) + seen
