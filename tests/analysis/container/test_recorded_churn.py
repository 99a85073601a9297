"""The container gives the bias analysis and the violations that AWS's container gave for the churn model."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.parity.plugin import Parity

from .conftest import Container, Finished, ModelServer, serve

TOLERANCE = 1e-15
CASE = "churn_bias_batch_csv"
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


def headers(recorded_data: Path) -> list[str]:
    """The churn data's columns."""
    with (recorded_data / "churn" / "validation-dataset-with-header.csv").open() as file:
        return next(csv.reader(file))


def test_baseline_equals_the_recorded_one(
    container: Container,
    recorded_data: Path,
    model: ModelServer,
    recorded: dict[str, Any],
    parity: Parity,
) -> None:
    """All 21 metrics of the validation data are AWS's to 1e-15, and everything else is AWS's text."""
    container.add(
        "validation.csv", (recorded_data / "churn" / "validation-dataset-with-header.csv").read_bytes()
    )

    done = container.run(config(headers(recorded_data)), endpoint=model.url, own_process=True)

    assert (done.code, done.message) == (0, "Completed: SageMaker XAI Analyzer ran successfully"), done.log
    assert "constraint_violations.json" not in done.files
    parity.close(
        CASE,
        "analysis.json of the baseline",
        recorded["baseline_analysis"],
        done.document("analysis.json"),
        tolerance=TOLERANCE,
        ordered=True,
    )


def test_live_window_gives_the_recorded_violations(
    container: Container,
    recorded_data: Path,
    model: ModelServer,
    recorded: dict[str, Any],
    parity: Parity,
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

    assert done.message == "CompletedWithViolations: Job completed successfully with 7 violations."
    assert done.code == 0
    _compare(parity, "constraint_violations.json of the live window, scored again", recorded, done)


def test_merged_records_give_the_recorded_violations(
    container: Container,
    recorded_data: Path,
    model: ModelServer,
    recorded: dict[str, Any],
    parity: Parity,
) -> None:
    """A monitor of the batch's merged rows, the probability behind the features, violates as AWS reported."""
    rows = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    truth = recorded["reconstructed_ground_truth"]["labels"]
    with closing(HTTPConnection(model.url.split("/")[2])) as connection:
        connection.request("POST", "/invocations", "\n".join(rows))
        scores = connection.getresponse().read().decode().split()
    lines = []
    for row, score, label in zip(rows, scores, truth, strict=True):
        record = json.loads(json.dumps(recorded["merged_record_0"]))
        record["captureData"]["batchTransformOutput"]["data"] = f"{row},{score}"
        record["groundTruthData"]["data"] = str(label)
        lines.append(json.dumps(record))
    container.add("2023/01/19/05/part-00000.jsonl", "\n".join(lines))
    asked = config(headers(recorded_data))
    monitor = {key: asked[key] for key in ("headers", "label", "label_values_or_threshold", "facet")}

    done = container.run(
        monitor,
        own_process=True,
        baseline=json.dumps(recorded["baseline_analysis"]),
        variables={
            "dataset_format": '{"sagemakerMergeJson":{"captureIndexNames":["batchTransformOutput"]}}',
            "probability_attribute": "0",
            "probability_threshold_attribute": "0.800000",
        },
    )

    assert done.message == "CompletedWithViolations: Job completed successfully with 7 violations."
    _compare(parity, "constraint_violations.json of the live window, from its merged records", recorded, done)


def _compare(parity: Parity, what: str, recorded: dict[str, Any], done: Finished) -> None:
    actual = done.document("constraint_violations.json")
    assert list(actual) == ["version", "violations"]
    assert len(recorded["constraint_violations"]["violations"]) == 7
    parity.close(
        CASE,
        what,
        recorded["constraint_violations"]["violations"],
        actual["violations"],
        tolerance=TOLERANCE,
        in_texts=True,
    )
