"""What a model quality check leaves: the metrics now, the baseline's, and which constraints they violate.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, Optional

from sagemaker_monitor.analysis.documents.model_constraints import GREATER, SUGGESTED, ModelConstraints
from sagemaker_monitor.analysis.documents.model_statistics import ModelStatistics
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import HIGHER, LOWER
from sagemaker_monitor.analysis.documents.violations import ModelViolations

NEVER_REPORTED = "f0_5"
"""It has a constraint, and SageMaker reports no violation of it."""


@dataclass(frozen=True)
class ModelReport:
    """The documents of one check; *baseline* and *constraints* are None where nothing was compared.

    *violated* are names as constraints have them.
    """

    statistics: ModelStatistics
    baseline: Optional[ModelStatistics] = None
    constraints: Optional[ModelConstraints] = None
    violated: FrozenSet[str] = frozenset()

    @property
    def directions(self) -> Dict[str, str]:
        """Return the metrics that can be judged, and for each the direction that is worse.

        The baseline's constraints say it; where they leave a metric out, those that SageMaker suggests.
        """
        known = dict(SUGGESTED[self.statistics.problem_type])
        if self.constraints is not None:
            known.update(
                (name, each.comparison_operator) for name, each in self.constraints.constraints.items()
            )
        return {name: HIGHER if operator == GREATER else LOWER for name, operator in known.items()}

    def flagged(self, name: str) -> bool:
        """Return whether the metric is beyond its constraint by SageMaker's own rule."""
        constraint = self.constraints.constraints.get(name) if self.constraints else None
        metric = self.statistics.metrics.get(name)
        if name == NEVER_REPORTED and constraint and metric:
            return constraint.violated_by(metric.value)
        return name in self.violated


def read_model_report(
    statistics: str,
    baseline: Optional[str] = None,
    constraints: Optional[str] = None,
    violations: Optional[str] = None,
) -> ModelReport:
    """Return what the documents of a model quality check say.

    Raises DocumentError, also where they are of different problem types.
    """
    report = ModelReport(
        ModelStatistics.from_json(statistics),
        None if baseline is None else ModelStatistics.from_json(baseline),
        None if constraints is None else ModelConstraints.from_json(constraints),
        frozenset(each.constraint for each in ModelViolations.from_json(violations).violations)
        if violations is not None
        else frozenset(),
    )
    for what, other in (("statistics", report.baseline), ("constraints", report.constraints)):
        if other is not None and other.problem_type != report.statistics.problem_type:
            raise DocumentError(
                f"the baseline's {what} are those of {other.problem_type}, the report's of "
                f"{report.statistics.problem_type}"
            )
    return report
