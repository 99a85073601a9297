"""statistics.json of model quality: how well a model's predictions agree with the ground truth.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional

import numpy as np

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.lenient import Node, load
from sagemaker_monitor.analysis.documents.strict import DocumentError

NAME = "statistics.json"
BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
PROBLEM_TYPES = (REGRESSION, BINARY, MULTICLASS)
SECTIONS = {
    BINARY: "binary_classification_metrics",
    MULTICLASS: "multiclass_classification_metrics",
    REGRESSION: "regression_metrics",
}
CONFUSION_MATRIX = "confusion_matrix"
ROC_CURVE, PR_CURVE = "receiver_operating_characteristic_curve", "precision_recall_curve"
CONSTANT = "_best_constant_classifier"
_WEIGHTED = (
    "accuracy",
    "weighted_recall",
    "weighted_precision",
    "weighted_f0_5",
    "weighted_f1",
    "weighted_f2",
)
KEYS = {
    BINARY: (
        CONFUSION_MATRIX,
        "recall",
        "precision",
        "accuracy",
        f"recall{CONSTANT}",
        f"precision{CONSTANT}",
        f"accuracy{CONSTANT}",
        "true_positive_rate",
        "true_negative_rate",
        "false_positive_rate",
        "false_negative_rate",
        ROC_CURVE,
        PR_CURVE,
        "auc",
        "f0_5",
        "f1",
        "f2",
        f"f0_5{CONSTANT}",
        f"f1{CONSTANT}",
        f"f2{CONSTANT}",
    ),
    MULTICLASS: (CONFUSION_MATRIX, *_WEIGHTED, *(f"{name}{CONSTANT}" for name in _WEIGHTED)),
    REGRESSION: ("mae", "mse", "rmse", "r2"),
}
"""The keys of each section in the document's order."""

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A value, and its standard deviation over subsamples: NaN where there are too few rows for one."""

    value: float
    standard_deviation: float = math.nan


@dataclass(frozen=True, eq=False)
class Curves:
    """The points of the ROC curve and of the precision-recall curve, from the highest score down."""

    false_positive_rates: Points
    true_positive_rates: Points
    precisions: Points
    recalls: Points

    def to_dict(self) -> Dict[str, Any]:
        """Return the two JSON objects by their keys."""
        return {
            ROC_CURVE: {
                "false_positive_rates": self.false_positive_rates,
                "true_positive_rates": self.true_positive_rates,
            },
            PR_CURVE: {"precisions": self.precisions, "recalls": self.recalls},
        }


@dataclass(frozen=True)
class ModelStatistics:
    """The metrics of one problem type by name; classifications count rows by actual, then predicted class.

    Curves and auc are there when the model's scores are known.
    """

    problem_type: str
    item_count: int
    metrics: Mapping[str, Metric]
    confusion_matrix: Optional[Mapping[str, Mapping[str, int]]] = None
    curves: Optional[Curves] = None
    version: float = 0.0

    def to_json(self) -> str:
        """Return the document as the analyzer writes it."""
        given: Dict[str, Any] = {
            name: {"value": each.value, "standard_deviation": each.standard_deviation}
            for name, each in self.metrics.items()
        }
        if self.confusion_matrix is not None:
            given[CONFUSION_MATRIX] = self.confusion_matrix
        if self.curves is not None:
            given.update(self.curves.to_dict())
        known = KEYS[self.problem_type]
        order = [*(key for key in known if key in given), *(key for key in given if key not in known)]
        return jackson.render(
            {
                "version": self.version,
                "dataset": {"item_count": self.item_count},
                SECTIONS[self.problem_type]: {key: given[key] for key in order},
            }
        )

    @classmethod
    def from_json(cls, text: str) -> ModelStatistics:
        """Read the document; metrics that others add are kept, other additions left alone.

        Raises DocumentError, also for the statistics of data quality.
        """
        document = load(text, NAME)
        problem_type = only_section(document, SECTIONS, "statistics")
        section = document.child(SECTIONS[problem_type])
        metrics = {key: _read_metric(section, key) for key in list(section.left) if _is_metric(section, key)}
        return cls(
            problem_type=problem_type,
            item_count=document.child("dataset").integer("item_count"),
            metrics=metrics,
            confusion_matrix=_read_matrix(section),
            curves=_read_curves(section),
            version=document.double("version") if document.has("version") else 0.0,
        )


def only_section(document: Node, sections: Mapping[str, str], what: str) -> str:
    """Return the problem type whose section *document* has; raises DocumentError unless it is just one."""
    found = [problem_type for problem_type, key in sections.items() if document.has(key)]
    if len(found) == 1:
        return found[0]
    if document.has("features"):
        raise DocumentError(
            f"{document.where} has 'features': these are the {what} of a data quality baseline; "
            f"give those of a model quality baseline"
        )
    allowed = ", ".join(sections.values())
    raise DocumentError(
        f"{document.where} must have one of {allowed}; it has {'several' if found else 'none'}: "
        f"give the {what} of a model quality baseline"
    )


def _is_metric(section: Node, key: str) -> bool:
    value = section.left[key]
    return isinstance(value, dict) and "value" in value and key != CONFUSION_MATRIX


def _read_metric(section: Node, key: str) -> Metric:
    node = section.child(key)
    deviation = node.double("standard_deviation") if node.has("standard_deviation") else math.nan
    return Metric(node.double("value"), deviation)


def _read_matrix(section: Node) -> Optional[Dict[str, Dict[str, int]]]:
    if not section.has(CONFUSION_MATRIX):
        return None
    matrix = section.child(CONFUSION_MATRIX)
    result = {}
    for actual in list(matrix.left):
        row = matrix.child(actual)
        result[actual] = {predicted: row.integer(predicted) for predicted in list(row.left)}
    return result


def _read_curves(section: Node) -> Optional[Curves]:
    if not (section.has(ROC_CURVE) and section.has(PR_CURVE)):
        return None
    roc, recall = section.child(ROC_CURVE), section.child(PR_CURVE)
    return Curves(
        _points(roc, "false_positive_rates"),
        _points(roc, "true_positive_rates"),
        _points(recall, "precisions"),
        _points(recall, "recalls"),
    )


def _points(node: Node, key: str) -> Points:
    items = node.items(key)
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in items):
        raise DocumentError(f"{node.where}.{key} must be a list of numbers")
    return np.array(items, dtype=np.float64)
