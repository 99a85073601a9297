"""What each flow has to find, whichever client it is written for: results that AWS's own containers gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.parity import comparing

Found = dict[str, Any]
TOLERANCE = 1e-15
ATTRIBUTION = 5e-4
"""Runs of AWS differ among themselves by 0.00023 here, exact Shapley values from them by 0.0011."""


def same(recorded: Any, found: Any) -> None:
    """Require every number within the tolerance, in texts too, and everything else equal."""
    comparing.close(recorded, found, tolerance=TOLERANCE, ordered=False, in_texts=True).require()


def document(data: Path, *parts: str) -> Any:
    """Return a recorded document."""
    return json.loads(data.joinpath("recorded", *parts).read_text())


def bias_batch(found: Found, data: Path) -> None:
    """The baseline and the seven violations: `baseline`, `constraint_violations`, `status` and `log`."""
    case = "churn_bias_batch_csv"
    same(document(data, case, "baseline_analysis.json"), found["baseline"])
    same(document(data, case, "constraint_violations.json"), found["constraint_violations"])
    assert len(found["constraint_violations"]["violations"]) == 7
    assert found["status"] == "CompletedWithViolations"
    assert any("CompletedWithViolations" in line for line in found["log"]), found["log"]


def explainability_endpoint(found: Found, data: Path) -> None:
    """The answers and the attributions of the income model: `answers`, `captured`, `baseline`, `analysis`."""
    recorded = document(data, "ll_predictions", "recorded.json")
    assert found["answers"] == [each["jsonlines"] for each in recorded[:2]]
    (first,) = found["captured"]
    assert first["captureData"]["endpointInput"]["encoding"] == "JSON"
    baseline = shap(document(data, "adult_shap_endpoint_jsonl", "baseline_analysis.json"))
    near(baseline, shap(found["baseline"]), ATTRIBUTION)
    assert found["status"] == "Completed", found
    assert found["constraint_violations"] is None
    live = shap(found["analysis"])
    assert list(live["global_shap_values"]) == list(baseline["global_shap_values"])
    assert live["expected_value"] == baseline["expected_value"]
    assert any("Completed: " in line for line in found["log"]), found["log"]


def shap(analysis: Found) -> Found:
    """Return an analysis's attributions."""
    label: Found = analysis["explanations"]["kernel_shap"]["label0"]
    return label


def near(recorded: Found, found: Found, tolerance: float) -> None:
    """Require attributions of the same features in the same order, each within *tolerance* of AWS's."""
    wanted, got = recorded["global_shap_values"], found["global_shap_values"]
    assert list(wanted) == list(got)
    assert max(abs(wanted[name] - got[name]) for name in wanted) < tolerance
    assert abs(recorded["expected_value"] - found["expected_value"]) < 1e-7


BY_FLOW: dict[str, Callable[[Found, Path], None]] = {
    "bias_batch": bias_batch,
    "explainability_endpoint": explainability_endpoint,
}
