"""Which outputs' feature rankings drifted: Clarify's rule, current explanations against the baseline's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.violations import ATTRIBUTION_DRIFT_CHECK, AttributionViolation
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.documents.analysis import Explanation, Explanations

THRESHOLD = 0.9
"""An nDCG below it is drift. It stands in no file and cannot be changed."""

_AGAIN = "make a new baseline with SkipCheck and RegisterNewBaseline"


def violations(baseline: Explanations, current: Explanations) -> tuple[AttributionViolation, ...]:
    """Return the outputs of the model whose features rank differently now, in the baseline's order.

    The expected value is not compared. Raises AnalysisError when the two do not explain the same features of
    the same outputs, or the baseline has nothing to rank by.
    """
    _check_same("labels", baseline.kernel_shap, current.kernel_shap, "explanations.kernel_shap")
    found = []
    for label, before in baseline.kernel_shap.items():
        score = ndcg_of(label, before, current.kernel_shap[label])
        if score < THRESHOLD:
            text = f"Feature attribution drift {score} exceeds threshold {THRESHOLD}"
            found.append(AttributionViolation(label, "shap", ATTRIBUTION_DRIFT_CHECK, text))
    return tuple(found)


def ndcg_of(label: str, before: Explanation, now: Explanation) -> float:
    """Return the nDCG of *label*'s current ranking; raises AnalysisError when there is none."""
    where = f"explanations.kernel_shap.{label}"
    _check_same("features", before.global_shap_values, now.global_shap_values, where)
    names = list(before.global_shap_values)
    baseline = _magnitudes(before.global_shap_values, names, f"the baseline's {where}")
    current = _magnitudes(now.global_shap_values, names, f"the current {where}")
    if not baseline.any():
        raise AnalysisError(
            f"the baseline's {where} has no attribution other than 0: nothing can be ranked by it; {_AGAIN}"
        )
    return ndcg(baseline, current)


def ndcg(baseline: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """Return the normalized discounted cumulative gain of features in the order of *current*, 0 to 1.

    Gains are the *baseline*'s magnitudes; not all are 0. The ideal order is the baseline's own. Features of
    equal magnitude keep their order. Source: AWS, "Feature attribution drift for models in production",
    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
    """
    discounts = 1 / np.log2(np.arange(2, len(baseline) + 2))
    gain, ideal = (baseline[np.argsort(-each, kind="stable")] @ discounts for each in (current, baseline))
    return float(gain / ideal)


def _magnitudes(values: Mapping[str, float | None], names: Iterable[str], where: str) -> NDArray[np.float64]:
    missing = [name for name in names if values[name] is None]
    if missing:
        raise AnalysisError(
            f"{where} has no number for {missing[0]!r}: rankings need one for each feature; {_AGAIN}"
        )
    return np.abs(np.array([values[name] for name in names], dtype=np.float64))


def _check_same(what: str, before: Iterable[str], now: Iterable[str], where: str) -> None:
    ours, theirs = list(now), list(before)
    extra = [name for name in ours if name not in set(theirs)]
    gone = [name for name in theirs if name not in set(ours)]
    if extra or gone or not theirs:
        raise AnalysisError(
            f"the baseline explains other {what} than this analysis, so rankings cannot be compared: "
            f"{where} has {len(theirs)} in the baseline and {len(ours)} now; only in the baseline: "
            f"{', '.join(gone[:5]) or 'none'}; only now: {', '.join(extra[:5]) or 'none'}; {_AGAIN}"
        )
