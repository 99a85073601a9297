"""The container gives the metrics and violations that AWS's container gave for the churn model."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sagemaker_monitor.analysis.model_quality import binary
from sagemaker_monitor.analysis.model_quality.curves import Ranking
from sagemaker_monitor.analysis.model_quality.deviations import with_deviations
from tests.analysis.quality.conftest import Analyzer, Finished
from tests.parity.plugin import Parity

CASE = "churn_model_quality"
BASELINE = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "inference_attribute": "prediction",
    "probability_attribute": "probability",
    "ground_truth_attribute": "label",
}
LIVE = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "probability_attribute": "0",
    "probability_threshold_attribute": "0.500000",
    "dataset_format": '{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"]}}',
}


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> dict[str, Any]:
    """Recorded documents by name."""
    folder = recorded_data / "recorded" / CASE
    return {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}


@pytest.fixture
def baseline(analyzer: Analyzer, recorded_data: Path) -> Finished:
    """The baseline job's outcome."""
    data = (recorded_data / "churn" / "validation_with_predictions.csv").read_bytes()
    return analyzer.run(data, **BASELINE)


@pytest.fixture(scope="module")
def traffic(recorded_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """The model's scores of the 334 test rows, and the labels that the notebook gave them."""
    xgboost = pytest.importorskip("xgboost")
    booster = xgboost.Booster()
    booster.load_model(recorded_data / "churn" / "xgb-churn.json")
    lines = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    rows = np.array([line.split(",") for line in lines], dtype=float)
    return booster.predict(xgboost.DMatrix(rows)), np.array([label(row) for row in range(len(rows))])


def label(row: int) -> int:
    """Return the ground truth that the notebook made up for *row*."""
    return int(random.Random(row).random() < 0.7)


def window(traffic: tuple[Any, Any], requests: int) -> str:
    """Return the merged records of *requests* answers, the test rows sent round and round."""
    scores, labels = (each[np.arange(requests) % len(each)] for each in traffic)
    return "".join(
        json.dumps(
            {
                "eventVersion": "0",
                "groundTruthData": {"data": str(label), "encoding": "CSV"},
                "captureData": {
                    "endpointOutput": {
                        "data": f"{float(score)!r}\n",
                        "encoding": "CSV",
                        "mode": "OUTPUT",
                        "observedContentType": "text/csv; charset=utf-8",
                    }
                },
            }
        )
        + "\n"
        for score, label in zip(scores, labels, strict=True)
    )


def test_the_baseline_has_the_recorded_metrics(
    baseline: Finished, recorded: dict[str, Any], parity: Parity
) -> None:
    """All printed digits of every metric, and the counts."""
    metrics = baseline.document("statistics.json")["binary_classification_metrics"]
    printed = recorded["baseline"]["printed_6_digits"]
    values = {name: metrics[name]["value"] for name in printed}

    parity.equal(CASE, "confusion matrix of the baseline", recorded["baseline"]["confusion_matrix"],
                 metrics["confusion_matrix"])  # fmt: skip
    parity.printed(CASE, "metrics of the baseline, those of the best constant classifier included", printed,
                   values)  # fmt: skip


def test_the_baseline_suggests_the_recorded_constraints(
    baseline: Finished, recorded: dict[str, Any], parity: Parity
) -> None:
    """Operators in their order, and thresholds to the last digit."""
    constraints = baseline.document("constraints.json")["binary_classification_constraints"]
    thresholds = recorded["baseline"]["full_precision_thresholds"]
    operators = {name: each["comparison_operator"] for name, each in constraints.items()}
    found = {name: repr(constraints[name]["threshold"]) for name in thresholds}

    parity.equal(CASE, "operators of the suggested constraints", recorded["baseline"]["constraint_operators"],
                 operators, ordered=True)  # fmt: skip
    parity.equal(CASE, "thresholds of the suggested constraints", thresholds, found,
                 note="f0_5 was printed with six digits, which agree")  # fmt: skip


@pytest.mark.parametrize("run", [0, 1])
def test_live_windows_violate_as_recorded(
    analyzer: Analyzer,
    baseline: Finished,
    recorded: dict[str, Any],
    traffic: tuple[Any, Any],
    run: int,
    parity: Parity,
) -> None:
    """The same violations in the same order with the same numbers; deviations are random, and only there."""
    expected = recorded["live_runs"]["runs"][run]
    rows = window(traffic, expected["N_captured"])

    done = analyzer.run(rows, constraints=baseline.text("constraints.json"), **LIVE)

    assert done.message == expected["exit"]
    found = done.document("constraint_violations.json")["violations"]
    parity.close(
        CASE,
        f"violations of {expected['N_captured']:,} answers of an endpoint",
        [told(each) for each in expected["violations"]],
        [told(each) for each in found],
        tolerance=1e-15,
        note="deviations come from random subsamples and are compared in size; Spark adds the trapezoids of "
        "the area in parts, which can change its last digit",
    )


def told(violation: dict[str, str]) -> dict[str, Any]:
    """Return what a violation says: its words without numbers, its numbers without the deviation."""
    text = violation["description"]
    numbers = re.fullmatch(r"Metric \S+ with (\S+) \+/- \S+ was \S+ '(\S+)'", text)
    assert numbers, text
    words = re.sub(r"-?\d+\.\d+(E-?\d+)?", "…", text)
    return violation | {"description": words, "numbers": [float(each) for each in numbers.groups()]}


@pytest.mark.long
def test_recorded_deviations_are_of_the_size_of_ours(
    recorded: dict[str, Any], recorded_data: Path, traffic: tuple[Any, Any], parity: Parity
) -> None:
    """Each lies within the range of what 500 draws of five subsamples of 80 percent give."""
    columns = np.loadtxt(
        recorded_data / "churn" / "validation_with_predictions.csv", delimiter=",", skiprows=1
    ).T
    compared = 0
    for key in ("standard_deviation_run1(d843a36d44)", "standard_deviation_run2(3719df0093)"):
        compared += within_range(recorded["baseline"][key], columns[2], columns[1], columns[0])
    for run in recorded["live_runs"]["runs"][:2]:
        scores, labels = (each[np.arange(run["N_captured"]) % len(each)] for each in traffic)
        deviations = {
            name: float(re.findall(r"\+/- (\S+)", each["description"])[0])
            for each in run["violations"]
            if (name := each["metric_name"]) in ("auc", "precision", "recall", "accuracy", "f1", "f2")
        }
        compared += within_range(deviations, labels, scores > 0.5, scores)
    parity.add(CASE, "standard deviations of two baselines and two windows", values=f"{compared} numbers",
               agreement="in the range of 500 draws", tolerance="size only",
               note="five random subsamples of 80 percent, drawn anew by each run of AWS")  # fmt: skip


def within_range(
    recorded: dict[str, float], truth: np.ndarray, predicted: np.ndarray, scores: np.ndarray
) -> int:
    """Assert that our deviations, over many seeds, span the *recorded* ones; return how many these are."""
    codes, ranking = (truth * 2 + predicted).astype(int), Ranking.of(scores, truth == 1)

    def metrics(rows: np.ndarray | None) -> dict[str, float]:
        counts = np.bincount(codes if rows is None else codes[rows], minlength=4).reshape(2, 2)
        return binary.metrics(counts) | {"auc": ranking.counts(rows).area()}

    draws = [with_deviations(len(codes), metrics, seed) for seed in range(500)]
    for name, value in recorded.items():
        ours = [each[name].standard_deviation for each in draws]
        assert min(ours) <= value <= max(ours), f"{name}: {value} outside {min(ours)} to {max(ours)}"
    return len(recorded)
