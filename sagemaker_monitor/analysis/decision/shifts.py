"""Samples in which one metric differs from the baseline's by a declared amount, and as little else as can be.

Of all distributions over the baseline's rows in which a metric has moved in the direction of its influence
(how much one more row of a kind changes it), an exponential tilt is the one that differs least from the
baseline in Kullback and Leibler's sense (Csiszár 1975): the change that is hardest to see. What it may not
change, such as the share of a group, is kept by tilting within strata.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

FIRST, FARTHEST = 0.02, 80.0
"""Strengths of a tilt that are tried; the strongest leaves of some rows one in e to the 80th."""
HALVINGS = 50
FLAT = 1e-12


class UnreachableError(ValueError):
    """A metric that cannot be moved so far by weighing the baseline's rows; says why."""


def tilted(
    weights: Array, influence: Array, strata: Codes, value: Callable[[Array], float], target: float
) -> Array:
    """Return *weights* of kinds of rows, tilted until *value* of them is *target*; strata keep their weight.

    *weights*, *influence* and *strata* have shape (kinds,). Raises UnreachableError.
    """
    start = value(weights)
    direction = _centred(weights, influence, strata)
    if not np.isfinite(start) or not np.isfinite(direction).all() or np.abs(direction).max() < FLAT:
        raise UnreachableError("no weighing of the baseline's rows moves it")
    direction = direction / np.abs(direction).max()
    sign = 1.0 if target > start else -1.0

    def short(strength: float) -> bool:
        found = value(_tilt(weights, sign * direction, strata, strength))
        return not (sign * (found - target) >= 0)

    low, high = 0.0, FIRST
    while short(high):
        low, high = high, 2 * high
        if high > FARTHEST:
            raise UnreachableError(
                "the baseline's rows do not reach that far: too few of them are of the kind it takes"
            )
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if short(middle) else (low, middle)
    return _tilt(weights, sign * direction, strata, high)


def _centred(weights: Array, influence: Array, strata: Codes) -> Array:
    """Return influences less their stratum's mean; 0 for kinds of which there are none."""
    mass = np.bincount(strata, weights=weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(strata, weights=weights * np.where(weights > 0, influence, 0.0)) / mass
    found: Array = np.where(weights > 0, influence - mean[strata], 0.0)
    return found


def _tilt(weights: Array, direction: Array, strata: Codes, strength: float) -> Array:
    exponent = strength * direction
    largest = np.full(int(strata.max()) + 1, -np.inf)
    np.maximum.at(largest, strata, exponent)
    found = weights * np.exp(exponent - largest[strata])
    before, after = (np.bincount(strata, weights=each) for each in (weights, found))
    scale: Array = np.divide(before, after, out=np.zeros_like(before), where=after > 0)
    weighed: Array = found * scale[strata]
    return weighed


def typical(weights: Array, rows: int) -> Codes:
    """Return how many of *rows* are of each kind when every kind has its share of them, rounded."""
    edges = np.floor(np.cumsum(weights) / weights.sum() * rows + 0.5).astype(np.int64)
    edges[-1] = rows
    counts: Codes = np.diff(edges, prepend=0)
    return counts
