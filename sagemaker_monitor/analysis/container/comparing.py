"""What a Clarify analysis violates of its baseline: bias that grew, and feature rankings that drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias import drift as bias_drift
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability import drift as attribution_drift

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.documents.analysis import Analysis
    from sagemaker_monitor.analysis.documents.violations import AttributionViolation, BiasViolation


def violations(baseline: Analysis, current: Analysis) -> tuple[BiasViolation | AttributionViolation, ...]:
    """Return the violations of all sections that both have, bias first.

    Raises AnalysisError when attributions are all there is to compare and the baseline has none.
    """
    found = bias_drift.violations(baseline, current)
    if current.explanations is None:
        return found
    if baseline.explanations is not None:
        return (*found, *attribution_drift.violations(baseline.explanations, current.explanations))
    if not {stage for stage, _ in baseline.sections} & {stage for stage, _ in current.sections}:
        raise AnalysisError(
            "the baseline has no explanations.kernel_shap, so feature attributions cannot be compared with "
            "it; give the analysis.json of an explainability check"
        )
    return found
