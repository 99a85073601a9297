"""What metrics of model quality follow from, whatever the problem type: rows, or counts of equal rows.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, Optional, Protocol, Tuple, TypeVar

import numpy as np

from sagemaker_monitor.analysis.decision import splits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Metrics = Dict[str, Array]
    Counts = Dict[Tuple[str, str], int]
    Splits = Iterator[Tuple[Metrics, Metrics]]


class Measured(Protocol):
    """Rows with labels and predictions, from which a problem type's metrics follow."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""

    @property
    def units(self) -> Mapping[str, float]:
        """Return what counts as 1 of each metric that is measured in units of the label."""

    def whole(self) -> Metrics:
        """Return each metric of all rows, shape (1,)."""

    def counts(self) -> Optional[Counts]:
        """Return the rows by observed and predicted class; None where there are no classes."""

    def splits(self, batch: Any, total: Optional[int], false_refusals: float, seed: int) -> Splits:
        """Yield the metrics of both sides of the true split from *batch*, then of random ones.

        There are *total* of them; where it is None, as many as there is time for.
        """

    def honest(self, rows: int, repeats: int, random: np.random.RandomState) -> Metrics:
        """Return the metrics of *repeats* samples of *rows*, drawn with replacement: (repeats,)."""


Self = TypeVar("Self", bound="Rows")


class Rows:
    """Rows that are split and drawn one by one."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        raise NotImplementedError

    @property
    def units(self) -> Mapping[str, float]:
        """Return what counts as 1 of each metric that is measured in units of the label."""
        return {}

    def pooled(self: Self, other: Self) -> Self:
        """Return these rows, then *other*'s."""
        raise NotImplementedError

    def at(self: Self, places: NDArray[np.int64]) -> Self:
        """Return the rows at *places*, in that order."""
        return type(self)(*(each[places] for each in vars(self).values()))

    def metrics(self, weights: Array) -> Metrics:
        """Return each metric of each sample; *weights*, (samples, rows), is how often a row is in it."""
        raise NotImplementedError

    def whole(self) -> Metrics:
        """Return each metric of all rows, shape (1,)."""
        return self.metrics(np.ones((1, self.rows)))

    def splits(self: Self, batch: Self, total: Optional[int], false_refusals: float, seed: int) -> Splits:
        """Yield the metrics of both sides of the true split from *batch*, then of random ones."""
        pool = self.pooled(batch)
        total = total or splits.total(pool.rows, false_refusals)
        for inside in splits.batches(self.rows, batch.rows, total, seed):
            yield pool.metrics(1 - inside), pool.metrics(inside)

    def honest(self, rows: int, repeats: int, random: np.random.RandomState) -> Metrics:
        """Return the metrics of *repeats* samples of *rows*, drawn with replacement: (repeats,)."""
        size = max(1, splits.CHUNK // max(self.rows, rows))
        parts = [
            self.metrics(splits.samples(random, self.rows, rows, min(size, repeats - start)))
            for start in range(0, repeats, size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


MOST_SPLIT = 100_000
"""Rows of a sample that are split; of more a random part is, whose limits are a little wider."""
THINNED = 19_400_101


def thinned(measured: Any) -> Any:
    """Return the rows that are split: all, or of very many a random part, the same every time."""
    if not isinstance(measured, Rows) or measured.rows <= MOST_SPLIT:
        return measured
    return measured.at(np.sort(np.random.RandomState(THINNED).permutation(measured.rows)[:MOST_SPLIT]))


def share(part: Array, whole: Array, *, none: float = 0.0) -> Array:
    """Return the quotients, *none* where *whole* is 0."""
    found = np.full(np.shape(whole), none)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def f_score(precision: Array, recall: Array, beta: float) -> Array:
    """Return the weighted harmonic mean, recall counting *beta* times as much (van Rijsbergen 1979)."""
    square = beta * beta
    return share((1.0 + square) * precision * recall, square * precision + recall)
