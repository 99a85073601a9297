"""Classification into any number of classes: metrics weighted by how many rows each class has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.model_statistics import CONSTANT
from sagemaker_monitor.analysis.model_quality.binary import BETAS
from sagemaker_monitor.analysis.model_quality.ratios import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.int64]


def metrics(matrix: Matrix) -> dict[str, float]:
    """Return the metrics of counts by actual, then predicted class.

    The best constant classifier always answers the class that most rows have, the first of several.
    """
    actual = matrix.sum(axis=1)
    constant = np.zeros_like(matrix)
    constant[:, np.argmax(actual)] = actual
    return _weighted(matrix) | {f"{name}{CONSTANT}": value for name, value in _weighted(constant).items()}


def _weighted(matrix: Matrix) -> dict[str, float]:
    """Return accuracy and the weighted metrics; a class that is never predicted has precision 0.

    Spark MLlib, MulticlassMetrics: its order of operations gives AWS's documented values to the last digit.
    """
    right, actual, predicted = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    rows = max(int(actual.sum()), 1)
    recall, precision = shares(right, actual), shares(right, predicted)

    def weighted(values: NDArray[np.float64]) -> float:
        return float(np.add.accumulate(values * actual / rows)[-1])

    return {
        "accuracy": float(right.sum() / rows),
        "weighted_recall": weighted(recall),
        "weighted_precision": weighted(precision),
        **{f"weighted_{name}": weighted(_f_scores(precision, recall, beta)) for name, beta in BETAS.items()},
    }


def _f_scores(
    precision: NDArray[np.float64], recall: NDArray[np.float64], beta: float
) -> NDArray[np.float64]:
    square = beta * beta
    return shares((1.0 + square) * precision * recall, square * precision + recall)
