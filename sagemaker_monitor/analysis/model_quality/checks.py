"""Which constraints of model quality a model leaves, in the order and the words of the hosted analyzer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents import jackson
from sagemaker_monitor.analysis.documents.model_constraints import SUGGESTED, Constraint, ModelConstraints
from sagemaker_monitor.analysis.documents.model_statistics import BINARY, MULTICLASS
from sagemaker_monitor.analysis.documents.violations import REPORTED_NAMES, ModelViolation
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker_monitor.analysis.documents.model_statistics import Metric, ModelStatistics

# The hosted analyzer keeps constraints in a hash map: the order is that of Scala's for these names. Four
# entries, those of regression, stay as they stand.
_ORDER: dict[str, Sequence[str]] = {
    BINARY: (
        "auc",
        "precision",
        "true_positive_rate",
        "f1",
        "accuracy",
        "false_positive_rate",
        "true_negative_rate",
        "false_negative_rate",
        "recall",
        "f2",
    ),
    MULTICLASS: (
        "weighted_f2",
        "weighted_f0_5",
        "accuracy",
        "weighted_recall",
        "weighted_precision",
        "weighted_f1",
    ),
}
_NEVER_REPORTED = {(BINARY, "f0_5")}
"""It has a constraint, which no recorded run reports, though all of them violate it."""


def suggest(statistics: ModelStatistics) -> ModelConstraints:
    """Return constraints that *statistics* just meets; a metric without a finite value has none."""
    return ModelConstraints(
        statistics.problem_type,
        {
            name: Constraint(statistics.metrics[name].value, operator)
            for name, operator in SUGGESTED[statistics.problem_type].items()
            if name in statistics.metrics and math.isfinite(statistics.metrics[name].value)
        },
    )


def violations(statistics: ModelStatistics, required: ModelConstraints) -> tuple[ModelViolation, ...]:
    """Return the violations; deviations are told and decide nothing.

    Raises AnalysisError for constraints of another problem type, or on a metric that was not computed.
    """
    if required.problem_type != statistics.problem_type:
        raise AnalysisError(
            f"the baseline's constraints are those of {required.problem_type}, problem_type is "
            f"{statistics.problem_type}; give the baseline of the same problem type"
        )
    for name in required.constraints:
        if name not in statistics.metrics:
            raise AnalysisError(_not_computed(name, statistics))
    order = _ORDER.get(statistics.problem_type, ())
    names = [name for name in order if name in required.constraints]
    names += [name for name in required.constraints if name not in order]
    return tuple(
        _violation(name, statistics.metrics[name], required.constraints[name])
        for name in names
        if (statistics.problem_type, name) not in _NEVER_REPORTED
        and required.constraints[name].violated_by(statistics.metrics[name].value)
    )


def _violation(name: str, metric: Metric, constraint: Constraint) -> ModelViolation:
    reported = REPORTED_NAMES.get(name, name)
    deviation = metric.standard_deviation
    spread = f" +/- {jackson.double(deviation)}" if math.isfinite(deviation) else ""
    operator, threshold = constraint.comparison_operator, jackson.double(constraint.threshold)
    return ModelViolation(
        constraint_check_type=operator,
        description=(
            f"Metric {reported} with {jackson.double(metric.value)}{spread} was {operator} '{threshold}'"
        ),
        metric_name=reported,
    )


def _not_computed(name: str, statistics: ModelStatistics) -> str:
    if name == "auc":
        return (
            "the baseline's constraints have 'auc', which needs scores: set probability_attribute, or remove "
            "this constraint"
        )
    return (
        f"the baseline's constraints have {name[:60]!r}, which is no metric of {statistics.problem_type}; "
        f"remove it, or use one of {', '.join(statistics.metrics)}"
    )
