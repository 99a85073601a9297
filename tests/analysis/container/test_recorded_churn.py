"""The container gives the bias analysis and the violations that AWS's container gave for the churn model."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import Container, ModelServer, serve

TOLERANCE = 1e-15
FACET = {"name_or_index": "Account Length", "value_or_threshold": [100]}


@pytest.fixture(scope="module")
def model(recorded_data: Path) -> Iterator[ModelServer]:
    """The churn model behind /invocations."""
    xgboost = pytest.importorskip("xgboost")
    booster = xgboost.Booster()
    booster.load_model(recorded_data / "churn" / "xgb-churn.json")

    def predict(rows: list[list[str]]) -> list[float]:
        return booster.predict(xgboost.DMatrix(np.array(rows, dtype=float))).tolist()  # type: ignore[no-any-return]

    with serve(predict) as server:
        yield server


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> dict[str, Any]:
    """Recorded documents by name."""
    folder = recorded_data / "recorded" / "churn_bias_batch_csv"
    return {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}


def config(headers: list[str]) -> dict[str, Any]:
    """The analysis configuration of the recorded runs."""
    return {
        "dataset_type": "text/csv",
        "headers": headers,
        "label": "Churn",
        "label_values_or_threshold": [1],
        "facet": [FACET],
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
        },
        "predictor": {"model_name": "churn", "instance_type": "ml.m5.large", "initial_instance_count": 1},
        "probability_threshold": 0.8,
    }


def without_values(document: Any) -> Any:
    """Return the document with every metric's number replaced by a mark."""
    if isinstance(document, dict):
        return {key: "number" if key == "value" and isinstance(each, float) else without_values(each)
                for key, each in document.items()}  # fmt: skip
    return [without_values(each) for each in document] if isinstance(document, list) else document


def values(document: dict[str, Any]) -> dict[str, float | None]:
    """Return the metrics' numbers by name."""
    return {
        metric["name"]: metric["value"]
        for key in ("post_training_bias_metrics", "pre_training_bias_metrics")
        for result in document[key]["facets"]["Account Length"]
        for metric in result["metrics"]
    }


def headers(recorded_data: Path) -> list[str]:
    """The churn data's columns."""
    with (recorded_data / "churn" / "validation-dataset-with-header.csv").open() as file:
        return next(csv.reader(file))


def test_baseline_equals_the_recorded_one(
    container: Container, recorded_data: Path, model: ModelServer, recorded: dict[str, Any]
) -> None:
    """All 21 metrics of the validation data are AWS's to 1e-15, and everything else is AWS's text."""
    container.add(
        "validation.csv", (recorded_data / "churn" / "validation-dataset-with-header.csv").read_bytes()
    )

    done = container.run(config(headers(recorded_data)), endpoint=model.url, own_process=True)
    expected = recorded["baseline_analysis"]
    actual = done.document("analysis.json")

    assert (done.code, done.message) == (0, "Completed: SageMaker XAI Analyzer ran successfully"), done.log
    assert json.dumps(without_values(expected)) == json.dumps(without_values(actual))
    for name, value in values(expected).items():
        assert values(actual)[name] == (
            value if value is None else pytest.approx(value, rel=0, abs=TOLERANCE)
        ), name
    assert "constraint_violations.json" not in done.files


def test_live_window_gives_the_recorded_violations(
    container: Container, recorded_data: Path, model: ModelServer, recorded: dict[str, Any]
) -> None:
    """The live window violates the recorded baseline as AWS reported: same metrics, order and texts."""
    rows = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    truth = recorded["reconstructed_ground_truth"]["labels"]
    container.add("window.csv", "".join(f"{label},{row}\n" for label, row in zip(truth, rows, strict=True)))

    done = container.run(
        config(headers(recorded_data)),
        endpoint=model.url,
        own_process=True,
        baseline=json.dumps(recorded["baseline_analysis"]),
    )
    expected = recorded["constraint_violations"]["violations"]
    actual = done.document("constraint_violations.json")

    assert done.message == "CompletedWithViolations: Job completed successfully with 7 violations."
    assert done.code == 0
    assert list(actual) == ["version", "violations"]
    assert len(expected) == len(actual["violations"])
    for wanted, found in zip(expected, actual["violations"], strict=True):
        assert {**wanted, "description": ""} == {**found, "description": ""}
        assert _masked(wanted["description"]) == _masked(found["description"])
        assert _number(found["description"]) == pytest.approx(
            _number(wanted["description"]), rel=0, abs=TOLERANCE
        )


def _masked(description: str) -> str:
    return description.replace(description.split()[2], "x", 1)


def _number(description: str) -> float:
    return float(description.split()[2])
