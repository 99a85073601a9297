"""How far queries lie from the boxes of leaves: which leaves each of them needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.bias.candidates import LEAST, UP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.leaves import Leaves, Positions

    Floats = NDArray[np.float32]

GROUP = 32
"""Leaves are left out for so many queries at first, and for each of them then."""


class Boxes:
    """The boxes of *leaves* and queries *at* some coordinates, (queries, columns), in single precision.

    Queries that follow one another should lie close together. Boxes are rounded outwards and what rounding
    takes from a query is added to how far it reaches, so that no leaf is left out that is needed.
    """

    def __init__(self, leaves: Leaves, at: NDArray[np.float64]) -> None:
        # Of what is far from zero single precision loses most: columns are moved to their middle.
        middle = np.median(at[:: max(1, len(at) // 1000)], axis=0)
        self._queries, self._groups = len(at), -(-len(at) // GROUP)
        moved = at - middle
        self._lost = np.sqrt(np.square(moved).sum(axis=1)) * float(np.finfo(np.float32).eps)
        # The last group is filled up with the last query.
        moved = np.concatenate([moved, np.repeat(moved[-1:], self._groups * GROUP - len(at), axis=0)])
        self._at = np.ascontiguousarray(moved.T, dtype=np.float32).reshape(-1, self._groups, GROUP)
        infinity = np.float32(np.inf)
        self._lowest = np.nextafter((leaves.lowest.T - middle).astype(np.float32), -infinity)
        self._highest = np.nextafter((leaves.highest.T - middle).astype(np.float32), infinity)
        self._apart = self._of_groups()

    def _of_groups(self) -> Floats:
        """Return the squared distance of each leaf's box from that of each group, (leaves, groups)."""
        apart = np.zeros((len(self._lowest), self._groups), dtype=np.float32)
        ends = zip(self._lowest.T, self._highest.T, self._at.min(axis=2), self._at.max(axis=2), strict=True)
        for lowest, highest, least, most in ends:
            gap = np.maximum(lowest[:, None] - most, least - highest[:, None])
            apart += np.square(np.maximum(gap, 0.0, out=gap), out=gap)
        return apart

    def reach(self, limit: NDArray[np.float64]) -> Floats:
        """Return how far, squared, boxes may lie from each query whose points are needed within *limit*.

        What fills up the last group reaches nowhere.
        """
        reach = np.full(self._groups * GROUP, -1.0, dtype=np.float32)
        reach[: self._queries] = np.square(np.sqrt(limit) + self._lost) * UP * UP + LEAST
        return reach

    def needed(self, reach: Floats) -> float:
        """Return how many leaves a query needs, by an estimate that is too high."""
        return float(self._close(reach).sum()) / self._groups

    def needing(self, reach: Floats, before: Floats | None) -> Iterator[tuple[int, Positions]]:
        """Yield each leaf that queries need within their *reach*, but not within *before*, with them."""
        close, all_at = self._close(reach), self._at.reshape(len(self._at), -1)
        counts = close.sum(axis=1)
        places = np.arange(self._groups * GROUP)
        by_group = places.reshape(-1, GROUP)
        for leaf in np.flatnonzero(counts):
            asked: Positions | slice = slice(None)
            at = all_at
            # To look at all of them costs less than to gather most of them.
            if counts[leaf] < self._groups / 2:
                groups = np.flatnonzero(close[leaf])
                asked = by_group.take(groups, axis=0).reshape(-1)
                at = self._at.take(groups, axis=1).reshape(len(self._at), -1)
            apart = np.clip(at, self._lowest[leaf][:, None], self._highest[leaf][:, None])
            apart -= at
            apart *= apart
            away = apart.sum(axis=0)
            needed = away <= reach[asked]
            if before is not None:
                needed &= away > before[asked]
            if needed.any():
                yield int(leaf), places[asked][needed]

    def _close(self, reach: Floats) -> NDArray[np.bool_]:
        """Return which boxes the furthest reach of which groups gets to, (leaves, groups)."""
        close: NDArray[np.bool_] = self._apart <= reach.reshape(-1, GROUP).max(axis=1)
        return close
