"""Which bias metrics drifted: Clarify's rule, current analysis against baseline analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.analysis import to_number
from sagemaker_monitor.analysis.documents.violations import BIAS_DRIFT_CHECK, BiasViolation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_monitor.analysis.documents.analysis import Analysis, FacetResult


def violations(baseline: Analysis, current: Analysis) -> tuple[BiasViolation, ...]:
    """Return the metrics whose magnitude grew, before training first, facets and metrics in report order.

    The rule knows neither tolerance nor direction, and measures DI from 0 too. Facets are matched by name and
    position, whatever their interval says; a metric without a value on either side is not compared.
    """
    expected = dict(baseline.sections)
    return tuple(
        violation
        for stage, section in current.sections
        if stage in expected
        for facet, results in section.facets.items()
        for before, now in zip(expected[stage].facets.get(facet, ()), results, strict=False)
        for violation in _grown(facet, before, now)
    )


def _grown(facet: str, before: FacetResult, now: FacetResult) -> Iterator[BiasViolation]:
    for metric in now.metrics:
        constraint = before.metric(metric.name)
        if constraint is None or constraint.value is None or metric.value is None:
            continue
        if abs(metric.value) > abs(constraint.value):
            value, then = to_number(metric.value), to_number(constraint.value)
            yield BiasViolation(
                facet=facet,
                facet_value=now.value_or_threshold,
                metric_name=metric.name,
                constraint_check_type=BIAS_DRIFT_CHECK,
                description=f"Metric value {value} doesn't meet the baseline constraint requirement {then}",
            )
