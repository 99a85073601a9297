"""Binary classification: every metric from the four counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.model_statistics import CONSTANT
from sagemaker_monitor.analysis.model_quality.ratios import share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.int64]

BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}


def metrics(matrix: Matrix) -> dict[str, float]:
    """Return the metrics of counts by actual, then predicted class (2 by 2, the positive class second).

    Nothing predicted or nothing there gives 0, as in Spark's MulticlassMetrics. The best constant classifier
    always answers the class that most rows have, the negative one when both have as many.
    """
    ((true_negatives, false_positives), (false_negatives, true_positives)) = matrix.tolist()
    negatives, positives = true_negatives + false_positives, false_negatives + true_positives
    recall = share(true_positives, positives)
    precision = share(true_positives, true_positives + false_positives)
    false_positive_rate = share(false_positives, negatives)
    constant = (1.0, share(positives, positives + negatives)) if positives > negatives else (0.0, 0.0)
    return {
        "recall": recall,
        "precision": precision,
        "accuracy": share(true_negatives + true_positives, negatives + positives),
        f"recall{CONSTANT}": constant[0],
        f"precision{CONSTANT}": constant[1],
        f"accuracy{CONSTANT}": share(max(positives, negatives), positives + negatives),
        "true_positive_rate": recall,
        # The analyzer subtracts: 1 - 69/518 differs from 449/518 in its last digit.
        "true_negative_rate": 1.0 - false_positive_rate,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": 1.0 - recall,
        **{name: f_score(precision, recall, beta) for name, beta in BETAS.items()},
        **{f"{name}{CONSTANT}": f_score(constant[1], constant[0], beta) for name, beta in BETAS.items()},
    }


def f_score(precision: float, recall: float, beta: float) -> float:
    """Return the weighted harmonic mean, recall counting *beta* times as much; 0 where both are 0."""
    if precision + recall == 0:
        return 0.0
    square = beta * beta
    return (1.0 + square) * precision * recall / (square * precision + recall)
