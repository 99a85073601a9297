"""What each flow has to find, whichever client it is written for: results that AWS's own containers gave."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.parity import comparing

NOT_WHOLE = (
    "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
    "Observed: Only {}% of data is Integral."
)
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


def bias_endpoint(found: Found, data: Path) -> None:
    """The baseline and the nine violations of the income model's traffic, which was recorded too."""
    case = "adult_bias_endpoint_jsonl"
    same(document(data, case, "baseline_analysis.json"), found["baseline"])
    assert found["status"] == "CompletedWithViolations", found["reason"]
    same(document(data, case, "constraint_violations.json"), found["constraint_violations"])
    assert len(found["constraint_violations"]["violations"]) == 9


def explainability_endpoint(found: Found, data: Path) -> None:
    """The answers and the attributions of the income model: `answers`, `captured`, `baseline`, `analysis`."""
    recorded = document(data, "ll_predictions", "recorded.json")
    assert found["answers"] == [each["jsonlines"] for each in recorded[:2]]
    (first,) = found["captured"]
    assert first["captureData"]["endpointInput"]["encoding"] == "JSON"
    baseline = shap(document(data, "adult_shap_endpoint_jsonl", "baseline_analysis.json"))
    near(baseline, shap(found["baseline"]), ATTRIBUTION)
    assert found["status"] == "Completed", found
    assert found.get("constraint_violations") is None
    live = shap(found["analysis"])
    assert list(live["global_shap_values"]) == list(baseline["global_shap_values"])
    assert live["expected_value"] == baseline["expected_value"]
    assert any("Completed: " in line for line in found["log"]), found["log"]


def bias_facets(found: Found, data: Path) -> None:
    """Fifteen facets, counted here row by row: `facets`, `rows`, `answers`, `baseline`, `analysis`."""
    assert found["status"] == "CompletedWithViolations", found["reason"]
    assert len(found["facets"]) == 15
    baseline, live = metrics_of(found["baseline"]), metrics_of(found["analysis"])
    compared = 0
    for name, threshold in found["facets"]:
        column = found["headers"].index(name)
        group = [
            float(row[column]) > threshold or float(row[column]) == threshold == 1 for row in found["rows"]
        ]
        for metric, value in counted(group, found["rows"], found["answers"]).items():
            assert abs(live[name, metric] - value) < 1e-12, (name, metric)
            compared += 1
    assert compared == 15 * 5
    crossed = {key for key, value in live.items() if crosses(value, baseline[key])}
    violations = found["constraint_violations"]["violations"]
    assert {(each["facet"], each["metric_name"]) for each in violations} == crossed
    assert len(violations) == len(crossed)
    assert any(f"{len(crossed)} violations" in line for line in found["log"]), found["log"]
    assert any("validation-logloss" in line for line in found["training_log"])


def quality_endpoint(found: Found, data: Path) -> None:
    """Two monitors, `data` and `model`, and the `requests` of each; `odd` are those of a mangled row."""
    first, second = found["requests"]
    data_quality_endpoint({**found, **found["data"], "requests": first}, data)
    model_quality_endpoint({**found, **found["model"], "requests": second}, data)


def data_quality_endpoint(found: Found, data: Path) -> None:
    """The recorded baseline and the violations of its rule: `baseline`, `status`, `requests` and `odd`."""
    recorded = document(data, "churn_dq_baseline", "constraints.json")
    same(recorded, found["baseline"]["constraints"])
    partial = document(data, "churn_dq_baseline", "statistics_partial.json")["features"]
    whole = [each for each in partial if "__truncated_bytes__" not in json.dumps(each)]
    features = {each["name"]: each for each in found["baseline"]["statistics"]["features"]}
    assert len(whole) == 29
    assert whole == [features[each["name"]] for each in whole]
    assert found["status"] == "CompletedWithViolations"
    texts = sorted(each["description"] for each in found["constraint_violations"]["violations"])
    rows, odd = found["requests"], found["odd"]
    shares = [*[100.0 * (rows - odd) / rows] * 59, 0.0]
    assert texts == sorted(NOT_WHOLE.format(share) for share in shares)
    assert any("60 violations" in line for line in found["log"])


def data_quality_batch(found: Found, data: Path) -> None:
    """AWS's constraints of the features, and the violations of the batch's one mangled row."""
    recorded = document(data, "churn_dq_baseline", "constraints.json")["features"]
    constraints = {each["name"]: each for each in found["baseline"]["constraints"]["features"]}
    assert constraints == {each["name"]: each for each in recorded if each["name"] != "Churn"}
    assert found["status"] == "CompletedWithViolations", found["reason"]
    texts = [each["description"] for each in found["constraint_violations"]["violations"]]
    assert sorted(texts) == [NOT_WHOLE.format(100.0 * 333 / 334)] * 59
    prefix, name = found["captured"]["input"]
    assert (prefix["prefix"].rsplit("/", 2)[1:], name) == (
        ["transform-input", ""],
        "test-dataset-input-cols.csv",
    )
    assert any("59 violations" in line for line in found["log"])


def model_quality_endpoint(found: Found, data: Path) -> None:
    """The recorded thresholds, and the recorded run's violations or those of `answers` and `labels`."""
    model = document(data, "churn_model_quality", "baseline.json")
    constraints = found["baseline"]["constraints"]["binary_classification_constraints"]
    thresholds = {name: repr(constraints[name]["threshold"]) for name in model["full_precision_thresholds"]}
    assert thresholds == model["full_precision_thresholds"]
    assert {name: each["comparison_operator"] for name, each in constraints.items()} == model[
        "constraint_operators"
    ]
    assert found["status"] == "CompletedWithViolations"
    recorded = document(data, "churn_model_quality", "live_runs.json")["runs"]
    run = next((each for each in recorded if each["N_captured"] == found["requests"]), None)
    violations = [told(each) for each in found["constraint_violations"]["violations"]]
    if run is not None:
        same([told(each) for each in run["violations"]], violations)
        assert any(run["exit"] in line for line in found["log"])
    else:
        right = [
            (score > 0.5) == label for score, label in zip(found["answers"], found["labels"], strict=True)
        ]
        text = f"Metric accuracy with {sum(right) / len(right)} was LessThanThreshold '0.9402985074626866'"
        assert text in [each["description"] for each in violations]


def pipeline_checks(found: Found, data: Path) -> None:
    """Four executions: `first` with baselines that AWS recorded, `checked`, `violated` and `refused`."""
    case = document(data, "churn_bias_batch_csv", "baseline_analysis.json")
    baselines = {name: each["CalculatedBaselineConstraints"] for name, each in found["documents"].items()}
    assert set(baselines) == {"DataQualityCheck", "DataBiasCheck", "ModelQualityCheck", "ModelBiasCheck"}
    same(document(data, "churn_dq_baseline", "constraints.json"), baselines["DataQualityCheck"])
    for stage, step in (("pre", "DataBiasCheck"), ("post", "ModelBiasCheck")):
        key = f"{stage}_training_bias_metrics"
        same(case[key], baselines[step][key])
    thresholds = document(data, "churn_model_quality", "baseline.json")["full_precision_thresholds"]
    quality = baselines["ModelQualityCheck"]["binary_classification_constraints"]
    assert {name: repr(quality[name]["threshold"]) for name in thresholds} == thresholds

    for name in ("first", "checked"):
        assert found[name]["status"] == "Succeeded", found[name]
        assert {each["StepStatus"] for each in found[name]["steps"].values()} == {"Succeeded"}
        assert any(step.startswith("Register") for step in found[name]["steps"])
    registered = found["package"]["DriftCheckBaselines"]
    assert registered["Bias"]["PreTrainingConstraints"]["S3Uri"].endswith("/DataBiasCheck/analysis.json")
    assert found["package"]["ModelApprovalStatus"] == "Approved"
    used = found["checked"]["steps"]["DataQualityCheck"]["Metadata"]["QualityCheck"]
    assert (
        used["BaselineUsedForDriftCheckConstraints"] == registered["ModelDataQuality"]["Constraints"]["S3Uri"]
    )

    violated = found["violated"]["steps"]
    assert found["violated"]["status"] == "Failed"
    assert set(violated) == {"DataQualityCheck", "DataBiasCheck"}
    reason = "ClientError: Quality check failed. See violation report s3://"
    assert violated["DataQualityCheck"]["FailureReason"].startswith(reason)
    violations = found["violations"]["DataQualityCheck"]["ViolationReport"]["violations"]
    assert len(violations) == 59

    refused = found["refused"]["steps"]
    assert found["refused"]["status"] == "Failed"
    assert refused["NotGoodEnough"]["FailureReason"] == "The accuracy is not above 0.99"
    assert not any(step.startswith("Register") for step in refused)
    assert found["versions"] == 2
    assert any(line.startswith("accuracy 0.95") for line in found["log"]), found["log"]


def told(violation: Found) -> Found:
    """Return a violation without its standard deviation, which comes of subsamples drawn at random."""
    return {**violation, "description": re.sub(r" \+/- \S+", "", violation["description"])}


def metrics_of(analysis: Found) -> dict[tuple[str, str], Any]:
    """Return every bias metric of an analysis by facet and name; each facet has one group."""
    return {
        (facet, metric["name"]): metric["value"]
        for stage in ("pre_training_bias_metrics", "post_training_bias_metrics")
        for facet, (group,) in analysis[stage]["facets"].items()
        for metric in group["metrics"]
    }


def counted(group: list[bool], rows: list[list[str]], answers: list[float]) -> dict[str, float]:
    """Return metrics whose formulas are shares of rows; the good outcome is label 0, a score up to 0.5."""
    good = [row[0] == "0" for row in rows]
    predicted = [score <= 0.5 for score in answers]

    def share(of: list[bool], member: bool) -> float:
        chosen = [each for each, inside in zip(of, group, strict=True) if inside == member]
        return sum(chosen) / len(chosen)

    right = [observed == guessed for observed, guessed in zip(good, predicted, strict=True)]
    return {
        "CI": (len(group) - 2 * sum(group)) / len(group),
        "DPL": share(good, False) - share(good, True),
        "DPPL": share(predicted, False) - share(predicted, True),
        "DI": share(predicted, True) / share(predicted, False),
        "AD": share(right, False) - share(right, True),
    }


def crosses(value: Any, constraint: Any) -> bool:
    """Return whether AWS's rule flags a value: a larger magnitude than the baseline's."""
    return None not in (value, constraint) and abs(float(value)) > abs(float(constraint))


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
    "bias_endpoint": bias_endpoint,
    "bias_facets": bias_facets,
    "data_quality_batch": data_quality_batch,
    "data_quality_endpoint": data_quality_endpoint,
    "explainability_endpoint": explainability_endpoint,
    "model_quality_endpoint": model_quality_endpoint,
    "pipeline_checks": pipeline_checks,
    "quality_endpoint": quality_endpoint,
}
