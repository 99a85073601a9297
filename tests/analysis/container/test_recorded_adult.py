"""The container gives what AWS's container gave for the adult model: JSON Lines, group variable included."""

from __future__ import annotations

import io
import json
import math
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Container, ModelServer, respond

FEATURES = (
    *("Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"),
    *("Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"),
)
BIAS = {
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "Sex", "value_or_threshold": [0]}],
    "group_variable": "Age",
}
CONFIG = {
    "dataset_type": "application/jsonlines",
    "features": "features",
    "headers": [*FEATURES, "Target"],
    "label": "label",
    **BIAS,
    "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
    "predictor": {
        "model_name": "adult",
        "instance_type": "ml.m5.large",
        "initial_instance_count": 1,
        "content_type": "application/jsonlines",
        "accept_type": "application/jsonlines",
        "content_template": '{"features":$features}',
        "label": "predicted_label",
        "probability": "score",
    },
}
MONITOR = {"headers": [*FEATURES, "Target"], "label": "label", **BIAS}
ATTRIBUTES = {
    "dataset_format": '{"sagemakerMergeJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
    "features_attribute": "features",
    "inference_attribute": "predicted_label",
}

Predict = Callable[[list[Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def predict(recorded_data: Path) -> Predict:
    """The linear model of the artifact: a function from features to its answer."""
    with tarfile.open(recorded_data / "adult" / "ll-adult-prediction-model.tar.gz") as archive:
        member = archive.extractfile("model_algo-1")
        assert member is not None
        parts = zipfile.ZipFile(io.BytesIO(member.read()))
    parameters = parts.read("mx-mod-0000.params")
    weights = struct.unpack_from("<14f", parameters, 0x40)
    (bias,) = struct.unpack_from("<f", parameters, 0xA0)

    def answer(features: list[Any]) -> dict[str, Any]:
        margin = sum(w * float(x) for w, x in zip(weights, features, strict=True)) + bias
        score = 1 / (1 + math.exp(-margin))
        return {"predicted_label": int(score > 0.46301859617233276), "score": score}

    return answer


@pytest.fixture(scope="module")
def model(predict: Predict) -> Iterator[ModelServer]:
    """The model behind /invocations, in JSON Lines."""

    def respond_to(body: bytes) -> bytes:
        rows = [json.loads(line)["features"] for line in body.splitlines()]
        return "".join(f"{json.dumps(predict(row))}\n" for row in rows).encode()

    with respond(respond_to) as server:
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


def recorded(recorded_data: Path, name: str) -> str:
    """Return a recorded document's text."""
    return (recorded_data / "recorded" / "adult_bias_endpoint_jsonl" / f"{name}.json").read_text()


def test_baseline_equals_the_recorded_one(
    container: Container, recorded_data: Path, model: ModelServer
) -> None:
    """All 21 metrics of the adult validation data are AWS's to 1e-15."""
    container.add("validation.jsonl", (recorded_data / "adult" / "validation-dataset.jsonl").read_bytes())

    done = container.run(CONFIG, endpoint=model.url, own_process=True)
    assert done.code == 0, done.message
    expected = metrics(json.loads(recorded(recorded_data, "baseline_analysis")))
    actual = metrics(done.document("analysis.json"))

    assert len(expected) == 21
    assert list(expected) == list(actual)
    for name, (value, *texts) in expected.items():
        assert actual[name][0] == pytest.approx(value, rel=0, abs=1e-15), name
        assert list(actual[name][1:]) == texts
    document = done.document("analysis.json")
    assert {document[key]["label"] for key in document if key != "version"} == {"Target"}


def merged(recorded_data: Path, predict: Predict) -> list[dict[str, Any]]:
    """Return the window as the merge wrote it: 1,806 requests, truth drawn by inference id."""
    last = json.loads(
        (recorded_data / "recorded" / "adult_bias_endpoint_jsonl" / "merged_record_last.json").read_text()
    )
    features = [each["features"] for each in records(recorded_data, "test-dataset.jsonl")]
    window = []
    for number in range(1806):
        index = number % len(features)
        truth = int(random.Random(index).random() < 0.7)
        record = json.loads(json.dumps(last))
        record["groundTruthData"]["data"] = json.dumps({"label": truth})
        record["captureData"]["endpointInput"]["data"] = json.dumps({"features": features[index]})
        record["captureData"]["endpointOutput"]["data"] = json.dumps(predict(features[index])) + "\n"
        window.append(record)
    return window


@pytest.mark.parametrize("inputs", ["merged records", "a batch to score again"])
def test_live_window_gives_the_recorded_violations(
    container: Container, recorded_data: Path, model: ModelServer, predict: Predict, inputs: str
) -> None:
    """The nine violations, with AWS's values and order, by captured predictions and by the model's again."""
    window = merged(recorded_data, predict)
    baseline = recorded(recorded_data, "baseline_analysis")
    if inputs == "merged records":
        text = "".join(f"{json.dumps(each)}\n" for each in window)
        container.add("hour/part-00000.jsonl", text)
        done = container.run(MONITOR, own_process=True, baseline=baseline, variables=ATTRIBUTES)
    else:
        lines = [
            json.dumps(
                json.loads(each["captureData"]["endpointInput"]["data"])
                | json.loads(each["groundTruthData"]["data"])
            )
            for each in window
        ]
        container.add("window.jsonl", "\n".join(lines))
        done = container.run(CONFIG, endpoint=model.url, own_process=True, baseline=baseline)
    expected = json.loads(recorded(recorded_data, "constraint_violations"))

    assert done.code == 0, done.message
    assert expected == done.document("constraint_violations.json")
    assert len(expected["violations"]) == 9
