"""The metrics of model quality from rows of observed class and score, for many samples of them at once.

Definitions are those of SageMaker's analyzer: a score above the threshold predicts the positive class, a
share of nothing is 0, and auc is the area below the ROC curve, ties counting half (Mann and Whitney 1947).

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

import numpy as np

from sagemaker_monitor.analysis.decision.measured import Rows, f_score, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.decision.measured import Counts, Metrics

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

METRICS = (
    *("recall", "precision", "accuracy", "true_positive_rate", "true_negative_rate"),
    *("false_positive_rate", "false_negative_rate", "auc", "f0_5", "f1", "f2"),
)
"""What follows from such rows."""
BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}


@dataclass(frozen=True, eq=False)
class Scored(Rows):
    """Rows with the class they were observed in, the one predicted, and the score; all of shape (rows,)."""

    positive: Flags
    predicted: Flags
    scores: Array

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.scores)

    def pooled(self, other: Scored) -> Scored:
        """Return these rows, then *other*'s."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("positive", "predicted", "scores"))
        return Scored(*(np.concatenate(pair) for pair in pairs))

    def cells(self, weights: Array) -> Array:
        """Return true positives, false negatives, false positives, true negatives: (..., 4)."""
        code = 2 * ~self.positive + 1 * ~self.predicted
        found: Array = weights @ np.eye(4)[code]
        return found

    def counts(self) -> Optional[Counts]:
        """Return the rows by observed and predicted class."""
        cells = self.cells(np.ones((1, self.rows)))[0].astype(int).tolist()
        order = (("1", "1"), ("1", "0"), ("0", "1"), ("0", "0"))
        return {key: count for key, count in zip(order, cells) if count}

    def area(self, weights: Array) -> Array:
        """Return the share of pairs of a positive and a negative that the scores order rightly.

        NaN where either class has no row. *weights* has shape (samples, rows).
        """
        negative = np.flatnonzero(~self.positive)
        negative = negative[np.argsort(self.scores[negative], kind="mergesort")]
        ordered = self.scores[negative]
        of_positives = self.scores[self.positive]
        below = np.zeros((len(weights), len(negative) + 1))
        np.cumsum(weights[:, negative], axis=1, out=below[:, 1:])
        twice = below[:, np.searchsorted(ordered, of_positives, side="left")]
        twice += below[:, np.searchsorted(ordered, of_positives, side="right")]
        positive = weights[:, self.positive]
        pairs = positive.sum(axis=1) * below[:, -1]
        right = np.einsum("ij,ij->i", positive, twice) / 2
        return share(right, pairs, none=np.nan)

    def metrics(self, weights: Array) -> Metrics:
        """Return each metric of each sample; *weights*, (samples, rows), is how often a row is in it."""
        hit, missed, false_alarm, passed = np.moveaxis(self.cells(weights), -1, 0)
        recall = share(hit, hit + missed)
        precision = share(hit, hit + false_alarm)
        false_positives = share(false_alarm, false_alarm + passed)
        return {
            "recall": recall,
            "precision": precision,
            "accuracy": share(hit + passed, hit + missed + false_alarm + passed),
            "true_positive_rate": recall,
            "true_negative_rate": 1.0 - false_positives,
            "false_positive_rate": false_positives,
            "false_negative_rate": 1.0 - recall,
            "auc": self.area(weights),
            **{name: f_score(precision, recall, beta) for name, beta in BETAS.items()},
        }
