"""Rows that may be among the nearest, and which of them are: by distance, and of equal ones by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.leaves import Columns, Positions

    Found = tuple[Positions, Positions, NDArray[np.float64], NDArray[np.float64]]

HELD = 1 << 21
"""So many candidates are held before those are let go that cannot be among the nearest."""
CELLS = 1 << 22
"""Coordinates that are held at a time."""
UP = 1.0 + 1e-6
"""Makes a number larger than rounding to single precision, and sums in double precision, make it smaller."""
LEAST = 1e-30
"""More than what is lost where squares are too small for single precision."""


class Candidates:
    """Candidates of *queries*, rows of *columns*: each with a rough squared distance and its error.

    A query is called by its place among *queries*. Rough distances are 2^*power* times those of the columns.
    """

    def __init__(self, columns: Columns, queries: Positions, k: int, power: int = 0) -> None:
        self._columns, self._queries, self._k, self._power = columns, queries, k, power
        self._parts: list[Found] = []
        self._held = 0

    def add(
        self, places: Positions, rows: Positions, rough: NDArray[np.float64], error: NDArray[np.float64]
    ) -> None:
        """Add *rows*, one for each of *places*."""
        self._parts.append((places, rows, rough, error))
        self._held += len(rows)

    @property
    def are_many(self) -> bool:
        """Whether it is time to narrow them down."""
        return self._held > HELD

    def narrow(self, limit: NDArray[np.float64]) -> None:
        """Lower the *limit* of each query to the most its k-th nearest is away; let go what lies beyond."""
        if not self._parts:
            return
        places, rows, rough, error = self._joined()
        most = np.maximum(rough + error, 0.0).astype(np.float32)
        # The bits of floats that are not negative ascend with them.
        order = np.argsort(places.astype(np.uint64) << np.uint64(32) | most.view(np.uint32))
        starts = np.searchsorted(places[order], np.arange(len(self._queries) + 1))
        enough = np.flatnonzero(np.diff(starts) >= self._k)
        last = most[order[starts[enough] + self._k - 1]].astype(np.float64) * UP + LEAST
        limit[enough] = np.minimum(limit[enough], last)
        kept = order[(rough - error <= limit[places])[order]]
        self._parts = [(places[kept], rows[kept], rough[kept], error[kept])]
        self._held = len(kept)
        if self._held > HELD // 2:
            self._decide(limit)

    def nearest(self, limit: NDArray[np.float64]) -> Positions:
        """Return the k nearest rows of each query, (queries, k), of all that lie within *limit*."""
        self.narrow(limit)
        self._decide(limit)
        places, rows = self._joined()[:2]
        return rows[np.argsort(places, kind="stable")].reshape(len(self._queries), self._k)

    def _joined(self) -> Found:
        places, rows, rough, error = (np.concatenate(each) for each in zip(*self._parts, strict=True))
        return places, rows, rough, error

    def _decide(self, limit: NDArray[np.float64]) -> None:
        """Keep of each query the k nearest candidates: by their exact distance and their position."""
        places, rows, rough, error = self._joined()
        # Where there are no more than k nothing is to be decided.
        many = (np.bincount(places, minlength=len(self._queries)) > self._k)[places]
        clear = (places[~many], rows[~many], rough[~many], error[~many])
        places, rows = places[many], rows[many]
        exact = self._exact(places, rows)
        order = np.lexsort((rows, exact, places))
        first = np.searchsorted(places[order], places[order])
        rank = np.arange(len(order)) - first
        kept = order[rank < self._k]
        last = order[rank == self._k - 1]
        rough = np.ldexp(exact, self._power)
        limit[places[last]] = np.minimum(limit[places[last]], rough[last] * UP + LEAST)
        decided = (places[kept], rows[kept], rough[kept], rough[kept] * (UP - 1.0) + LEAST)
        self._parts = [clear, decided]
        self._held = len(clear[0]) + len(kept)

    def _exact(self, places: Positions, rows: Positions) -> NDArray[np.float64]:
        exact = np.empty(len(rows))
        size = max(1, CELLS // len(self._columns))
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            apart = np.empty((len(rows[part]), len(self._columns)))
            for place, column in enumerate(self._columns):
                np.subtract(column[self._queries[places[part]]], column[rows[part]], out=apart[:, place])
            np.square(apart, out=apart).sum(axis=1, out=exact[part])
        return exact
