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

    Raises AnalysisError when the baseline has nothing of what is to be compared: a check of nothing would
    pass whatever the data is.
    """
    if current.explanations is None:
        _check_bias(baseline, current)
        return bias_drift.violations(baseline, current)
    found = bias_drift.violations(baseline, current)
    if baseline.explanations is not None:
        return (*found, *attribution_drift.violations(baseline.explanations, current.explanations))
    if not {stage for stage, _ in baseline.sections} & {stage for stage, _ in current.sections}:
        raise AnalysisError(
            "the baseline has no explanations.kernel_shap, so feature attributions cannot be compared with "
            "it; give the analysis.json of an explainability check"
        )
    return found


def _check_bias(baseline: Analysis, current: Analysis) -> None:
    """Refuse a baseline without a section of this analysis, or without a facet of these sections."""
    expected = dict(baseline.sections)
    both = [(expected[stage], section) for stage, section in current.sections if stage in expected]
    if not both:
        stages = " or ".join(f"{stage}_bias_metrics" for stage, _ in current.sections)
        raise AnalysisError(
            f"the baseline has no {stages}, so bias cannot be compared with it; "
            "give the analysis.json of the same check"
        )
    facets = [name for _, section in both for name in section.facets]
    if not any(name in before.facets for before, section in both for name in section.facets):
        known = sorted({name for before, _ in both for name in before.facets})
        raise AnalysisError(
            "the baseline has other facets than this analysis, so bias cannot be compared with it: "
            f"{', '.join(known[:5]) or 'none'} in the baseline; {', '.join(dict.fromkeys(facets))} now; "
            "make a new baseline with SkipCheck and RegisterNewBaseline"
        )
