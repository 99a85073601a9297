"""The metrics of regression from rows of label and predicted number, for many samples of them at once.

Definitions are those of SageMaker's analyzer. Errors are measured in units of the label, r2 is not.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, Mapping, Optional

import numpy as np

from sagemaker_monitor.analysis.decision.measured import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.decision.measured import Counts, Metrics

    Array = NDArray[np.float64]

METRICS = ("mae", "mse", "rmse", "r2")
ERRORS = ("mae", "mse", "rmse")
CANCELLED = 1e-6
"""Where a difference of squares keeps less than this share of them, too few of its digits are right."""


@dataclass(frozen=True, eq=False)
class Residuals(Rows):
    """Rows with their label and the number that was predicted, both of shape (rows,) and finite."""

    labels: Array
    predictions: Array

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.labels)

    @property
    def units(self) -> Mapping[str, float]:
        """Return, for each error, the power of ten that it is next to; 1 where every prediction is right."""
        found: Dict[str, float] = {}
        for name, value in self.whole().items():
            size = float(value[0])
            if name in ERRORS and 0 < size < math.inf:
                found[name] = 10.0 ** math.floor(math.log10(size))
        return found

    def pooled(self, other: Residuals) -> Residuals:
        """Return these rows, then *other*'s."""
        return Residuals(
            np.concatenate([self.labels, other.labels]), np.concatenate([self.predictions, other.predictions])
        )

    def counts(self) -> Optional[Counts]:
        """Return None: numbers are no classes."""
        return None

    def metrics(self, weights: Array) -> Metrics:
        """Return each metric of each sample; *weights*, (samples, rows), is how often a row is in it.

        r2 is NaN where labels do not vary.
        """
        # About their median, which no outlier moves, so that the difference of squares keeps its digits.
        centred = self.labels - np.median(self.labels) if self.rows else self.labels
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            error = self.predictions - self.labels
            table = np.stack([np.abs(error), error * error, centred, centred * centred], axis=-1)
            rows = weights.sum(axis=-1)
            absolute, squared, sums, squares = np.moveaxis(weights @ table / rows[..., None], -1, 0)
            spread = squares - sums * sums
            for sample in zip(*np.nonzero(spread < CANCELLED * squares)):
                spread[sample] = _spread(centred, weights[sample])
            r2 = np.where(spread > 0, 1.0 - squared / np.where(spread > 0, spread, 1.0), np.nan)
        return {"mae": absolute, "mse": squared, "rmse": np.sqrt(squared), "r2": r2}


def _spread(labels: Array, weights: Array) -> float:
    """Return the variance of one sample's labels, from its own mean; 0 where they are all the same."""
    drawn = labels[weights > 0]
    if not len(drawn) or drawn.min() == drawn.max():
        return 0.0
    times = weights[weights > 0]
    mean = (times * drawn).sum() / times.sum()
    return float((times * (drawn - mean) ** 2).sum() / times.sum())
