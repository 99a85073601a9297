"""Regression: how far predictions are from the truth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


def metrics(truth: Values, prediction: Values) -> dict[str, float]:
    """Return mean absolute and squared errors, the root of the latter, and r2 = 1 - SS_res / SS_tot.

    A truth that never varies leaves nothing to explain: r2 is then -Infinity, or NaN without any error.
    """
    error = prediction - truth
    squares = float(error @ error)
    spread = truth - truth.mean()
    total = float(spread @ spread)
    mse = squares / len(truth)
    return {
        "mae": float(np.abs(error).mean()),
        "mse": mse,
        "rmse": math.sqrt(mse),
        "r2": 1.0 - squares / total if total else (-math.inf if squares else math.nan),
    }
