"""constraints.json of model quality: which value of a metric a baseline allows at worst.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.lenient import Node, load
from sagemaker_monitor.analysis.documents.model_statistics import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    only_section,
)

NAME = "constraints.json"
LESS, GREATER = "LessThanThreshold", "GreaterThanThreshold"
OPERATORS = (LESS, GREATER)
SECTIONS = {
    BINARY: "binary_classification_constraints",
    MULTICLASS: "multiclass_classification_constraints",
    REGRESSION: "regression_constraints",
}
SUGGESTED = {
    BINARY: {
        "recall": LESS,
        "precision": LESS,
        "accuracy": LESS,
        "true_positive_rate": LESS,
        "true_negative_rate": LESS,
        "false_positive_rate": GREATER,
        "false_negative_rate": GREATER,
        "auc": LESS,
        "f0_5": LESS,
        "f1": LESS,
        "f2": LESS,
    },
    MULTICLASS: {
        "accuracy": LESS,
        "weighted_recall": LESS,
        "weighted_precision": LESS,
        "weighted_f0_5": LESS,
        "weighted_f1": LESS,
        "weighted_f2": LESS,
    },
    REGRESSION: {"mae": GREATER, "mse": GREATER, "rmse": GREATER, "r2": LESS},
}
"""The metrics that a baseline constrains, in the document's order, and what violates each of them."""


@dataclass(frozen=True)
class Constraint:
    """A threshold, and the comparison with it that is a violation."""

    threshold: float
    comparison_operator: str

    def violated_by(self, value: float) -> bool:
        """Return whether *value* is beyond the threshold; NaN, a metric without a value, always is."""
        if self.comparison_operator == GREATER:
            return not value <= self.threshold
        return not value >= self.threshold


@dataclass(frozen=True)
class ModelConstraints:
    """The constraints by the metric's name in statistics.json, in the document's order."""

    problem_type: str
    constraints: Mapping[str, Constraint]
    version: float = 0.0

    def to_json(self) -> str:
        """Return the document as the analyzer suggests it."""
        section: Dict[str, Any] = {
            name: {"threshold": each.threshold, "comparison_operator": each.comparison_operator}
            for name, each in self.constraints.items()
        }
        return jackson.render({"version": self.version, SECTIONS[self.problem_type]: section})

    @classmethod
    def from_json(cls, text: str) -> ModelConstraints:
        """Read the document, also one that people edited: any metrics, further properties are left alone.

        Raises DocumentError, also for the constraints of data quality.
        """
        document = load(text, NAME)
        problem_type = only_section(document, SECTIONS, "constraints")
        section = document.child(SECTIONS[problem_type])
        constraints = {name: _read(section.child(name)) for name in list(section.left) if section.has(name)}
        version = document.double("version") if document.has("version") else 0.0
        return cls(problem_type, constraints, version)


def _read(node: Node) -> Constraint:
    return Constraint(node.number("threshold"), node.one_of("comparison_operator", OPERATORS))
