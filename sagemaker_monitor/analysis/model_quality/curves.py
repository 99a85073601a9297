"""What scores say about two classes at every threshold: ROC and precision-recall curves, and the area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.model_statistics import Curves
from sagemaker_monitor.analysis.model_quality.ratios import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

BINS = 1000
"""Points per curve that Spark's BinaryClassificationMetrics aims at, and the least that is worth thinning."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows from the highest score down: whether each is positive, and where each distinct score ends."""

    order: NDArray[np.intp]
    positive: NDArray[np.bool_]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> Ranking:
        """Return the ranking of at least one row by its score, which is not NaN."""
        order = np.argsort(scores)[::-1]
        sorted_scores = scores[order]
        ends = np.append(np.flatnonzero(sorted_scores[1:] != sorted_scores[:-1]), len(scores) - 1)
        return cls(order, positive[order], ends)

    def counts(self, rows: NDArray[np.bool_] | None = None) -> Tally:
        """Return how many rows of each class score at least each threshold, among *rows* or all."""
        here = self.positive if rows is None else self.positive & rows[self.order]
        total = (
            np.arange(1, len(self.positive) + 1)
            if rows is None
            else np.cumsum(rows[self.order], dtype=np.int64)
        )
        true_positives = np.cumsum(here, dtype=np.int64)[self.ends]
        return Tally(true_positives, total[self.ends] - true_positives)


@dataclass(frozen=True, eq=False)
class Tally:
    """True and false positives at each threshold, thresholds going down; the last one takes in every row."""

    true_positives: Counts
    false_positives: Counts

    def area(self) -> float:
        """Return the area under the ROC curve by trapezoids, added up in order as Spark does."""
        x, y = self._roc()
        trapezoids = (x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.0
        # A plain sum would add in pairs, and differ in the last digit.
        return float(np.cumsum(trapezoids)[-1])

    def curves(self) -> Curves:
        """Return the points: ROC from (0, 0) to (1, 1), precision-recall from recall 0 on.

        The first precision is that at the highest score, where recall 0 itself has none. Spark MLlib,
        BinaryClassificationMetrics.
        """
        thinned = self._thinned()
        rates = thinned._roc()
        predicted = thinned.true_positives + thinned.false_positives
        precisions = shares(thinned.true_positives, predicted)
        return Curves(
            *rates,
            precisions=np.concatenate([precisions[:1], precisions]),
            recalls=rates[1][:-1],
        )

    def _roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        ends = np.zeros(1), np.ones(1)
        x, y = (shares(each, each[-1]) for each in (self.false_positives, self.true_positives))
        return np.concatenate([ends[0], x, ends[1]]), np.concatenate([ends[0], y, ends[1]])

    def _thinned(self) -> Tally:
        """Return one point for every so many that about BINS are left: fewer than twice as many, always."""
        step = len(self.true_positives) // BINS
        if step < 2:
            return self
        last = len(self.true_positives) - 1
        kept = np.append(np.arange(step - 1, last, step), last)
        return Tally(self.true_positives[kept], self.false_positives[kept])
