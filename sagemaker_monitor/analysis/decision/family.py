"""Limits that share one error rate: how far each may be crossed so that all together refuse rarely.

Splits are rows, the true one first; columns are statistics that grow with what is looked for. How
rare a statistic is may be told by its p-value (min-p of Westfall and Young 1993) or by any other
measure that treats the splits alike, such as the change in units of its own scatter: the true split
then is one of many equally likely ones, and at most a share of `false_refusals` of them is refused,
exactly and in finite samples.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def p_values(change: Array) -> Array:
    """Return, per column, the share of splits with at least as much change."""
    total = change.shape[0]
    shares = np.empty_like(change)
    for column in range(change.shape[1]):
        ordered = np.sort(change[:, column])
        shares[:, column] = (total - np.searchsorted(ordered, change[:, column], side="left")) / total
    return shares


UNIT = 0.95


def standardised(change: Array) -> Array:
    """Return the rarity of *change* in units of the 95 % quantile of its column.

    A column that hardly ever changes, being constant or nearly always missing, is never rare.
    """
    unit = units(change)
    rarity: Array = np.full(change.shape, np.inf)
    np.divide(-change, unit, out=rarity, where=np.broadcast_to(unit > 0, change.shape))
    return rarity


def units(change: Array) -> Array:
    """Return the 95 % quantile of each column."""
    found: Array = np.sort(change, axis=0)[min(int(UNIT * len(change)), len(change) - 1)]
    return found


def level(rarest: Array, false_refusals: float) -> float:
    """Return the largest rarity that at most a share *false_refusals* of splits reaches; -inf if none is."""
    allowed = int(np.floor(false_refusals * len(rarest) + 1e-9))
    below = np.sort(rarest)
    below = below[below < below[allowed]] if allowed < len(below) else below
    return float(below[-1]) if len(below) else -np.inf


def reach(change: Array, rarity: Array, false_refusals: float) -> Array:
    """Return, per column, the change beyond which a split is refused; at least 0.

    *rarity*, shaped as *change*, falls as its column's change grows, and is comparable between columns.
    """
    common = level(rarity.min(axis=1), false_refusals)
    limits: Array = np.maximum(np.where(rarity > common, change, -np.inf).max(axis=0), 0.0)
    return limits
