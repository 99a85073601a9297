"""Regression: how far predictions are from the truth, added up as Spark adds it up.

A baseline of AWS's is held against the same data without a difference in the last digit, which would violate
it: r2 of the baseline's own rows must not be below its threshold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

IN_ORDER = 1 << 18
"""Rows that are added up one after the other. Spark reads larger files in parts, whose order is not known."""


def metrics(truth: Values, prediction: Values) -> dict[str, float]:
    """Return mean absolute and squared errors, the root of the latter, and r2 = 1 - SS_res / SS_tot.

    A truth that never varies leaves nothing to explain: r2 is then -Infinity, or NaN without any error.
    Source: Spark MLlib, RegressionMetrics and MultivariateOnlineSummarizer.
    """
    rows = len(truth)
    with np.errstate(over="ignore"):
        error = truth - prediction
        absolute, squared = _sum(np.abs(error)), _sum(error * error)
    # Spark takes the norm of the errors and squares it again.
    norm = math.sqrt(squared)
    squares = norm * norm
    total = _spread(truth)
    mse = squares / rows
    return {
        "mae": absolute / rows,
        "mse": mse,
        "rmse": math.sqrt(mse),
        "r2": 1.0 - squares / total if total else (-math.inf if squares else math.nan),
    }


def _sum(values: Values) -> float:
    """Return the sum of *values*, added in their order."""
    return float(np.add.accumulate(values)[-1])


def _spread(truth: Values) -> float:
    """Return the sum of squared distances from the mean, which grows row by row (Welford 1962)."""
    rows = len(truth)
    if rows > IN_ORDER:
        distances = truth - truth.mean()
        return float(distances @ distances)
    if rows < 2:
        return 0.0
    mean = moment = 0.0
    # Zeros are counted and not added: Spark passes over what a sparse vector leaves out.
    present = truth[truth != 0].tolist()
    for number, value in enumerate(present, 1):
        distance = value - mean
        mean += distance / number
        moment += (value - mean) * distance
    moment += mean * mean * len(present) * (rows - len(present)) / rows
    return moment / (rows - 1) * (rows - 1)
