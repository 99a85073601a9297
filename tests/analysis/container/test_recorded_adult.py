"""The container gives what AWS's container gave for the adult model, group variable included."""

from __future__ import annotations

import io
import json
import random
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Container, ModelServer, serve

FEATURES = (
    *("Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"),
    *("Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"),
)
CONFIG = {
    "dataset_type": "text/csv",
    "headers": [*FEATURES, "Target"],
    "label": "Target",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "Sex", "value_or_threshold": [0]}],
    "group_variable": "Age",
    "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
    "predictor": {
        "model_name": "adult",
        "instance_type": "ml.m5.large",
        "initial_instance_count": 1,
        "label": 0,
    },
}


@pytest.fixture(scope="module")
def model(recorded_data: Path) -> Iterator[ModelServer]:
    """The linear model of the artifact, answering label and margin."""
    with tarfile.open(recorded_data / "adult" / "ll-adult-prediction-model.tar.gz") as archive:
        member = archive.extractfile("model_algo-1")
        assert member is not None
        parts = zipfile.ZipFile(io.BytesIO(member.read()))
    parameters = parts.read("mx-mod-0000.params")
    weights = struct.unpack_from("<14f", parameters, 0x40)
    (bias,) = struct.unpack_from("<f", parameters, 0xA0)

    def predict(rows: list[list[str]]) -> list[str]:
        margins = [sum(w * float(x) for w, x in zip(weights, row, strict=True)) + bias for row in rows]
        # The artifact's threshold on the probability, 0.46301859617233276, as a margin.
        return [f"{int(margin > -0.1481962463668662)},{margin!r}" for margin in margins]

    with serve(predict) as server:
        yield server


def metrics(document: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Return each metric's value, description and group by name."""
    return {
        metric["name"]: (metric["value"], metric["description"], result["value_or_threshold"])
        for key in ("pre_training_bias_metrics", "post_training_bias_metrics")
        for result in document[key]["facets"]["Sex"]
        for metric in result["metrics"]
    }


def records(recorded_data: Path, name: str) -> list[dict[str, Any]]:
    """Return the JSON Lines of an adult data set."""
    lines = (recorded_data / "adult" / name).read_text().splitlines()
    return [json.loads(line) for line in lines]


def table(rows: list[list[Any]]) -> str:
    """Return *rows* as CSV."""
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def recorded(recorded_data: Path, name: str) -> str:
    """Return a recorded document's text."""
    return (recorded_data / "recorded" / "adult_bias_endpoint_jsonl" / f"{name}.json").read_text()


def test_baseline_equals_the_recorded_one(
    container: Container, recorded_data: Path, model: ModelServer
) -> None:
    """All 21 metrics of the adult validation data are AWS's to 1e-15."""
    rows = [[*each["features"], each["label"]] for each in records(recorded_data, "validation-dataset.jsonl")]
    container.add("validation.csv", table(rows))

    done = container.run(CONFIG, endpoint=model.url, own_process=True)
    expected = metrics(json.loads(recorded(recorded_data, "baseline_analysis")))
    actual = metrics(done.document("analysis.json"))

    assert len(expected) == 21
    assert list(expected) == list(actual)
    for name, (value, *texts) in expected.items():
        assert actual[name][0] == pytest.approx(value, rel=0, abs=1e-15), name
        assert list(actual[name][1:]) == texts


def test_live_window_gives_the_recorded_violations(
    container: Container, recorded_data: Path, model: ModelServer
) -> None:
    """1,806 requests over 334 records, with labels drawn by inference id, violate as AWS reported."""
    features = [each["features"] for each in records(recorded_data, "test-dataset.jsonl")]
    truth = [int(random.Random(index).random() < 0.7) for index in range(len(features))]
    rounds = [index % len(features) for index in range(1806)]
    container.add("window.csv", table([[*features[index], truth[index]] for index in rounds]))

    done = container.run(
        CONFIG, endpoint=model.url, own_process=True, baseline=recorded(recorded_data, "baseline_analysis")
    )
    expected = json.loads(recorded(recorded_data, "constraint_violations"))

    assert done.code == 0, done.message
    assert expected == done.document("constraint_violations.json")
    assert len(expected["violations"]) == 9
