"""The container gives what AWS's container gave for the adult model: JSON Lines, group variable included."""

from __future__ import annotations

import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.models.linear_learner import LinearLearner
from sagemaker_monitor.emulator.models.linear_learner_artifact import load
from tests.parity.plugin import Parity

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

JSON_LINES = "application/jsonlines"
CASE = "adult_bias_endpoint_jsonl"


@pytest.fixture(scope="module")
def learner(recorded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> LinearLearner:
    """The model of the recorded runs, as the emulator serves it."""
    directory = tmp_path_factory.mktemp("adult")
    with tarfile.open(recorded_data / "adult" / "ll-adult-prediction-model.tar.gz") as archive:
        archive.extractall(directory, filter="data")
    return LinearLearner(load(directory))


@pytest.fixture(scope="module")
def model(learner: LinearLearner) -> Iterator[ModelServer]:
    """The model behind /invocations, in JSON Lines."""
    with respond(lambda body: learner.answer(JSON_LINES, JSON_LINES, body).body) as server:
        yield server


def records(recorded_data: Path, name: str) -> list[dict[str, Any]]:
    """Return the JSON Lines of an adult data set."""
    lines = (recorded_data / "adult" / name).read_text().splitlines()
    return [json.loads(line) for line in lines]


def recorded(recorded_data: Path, name: str) -> str:
    """Return a recorded document's text."""
    return (recorded_data / "recorded" / "adult_bias_endpoint_jsonl" / f"{name}.json").read_text()


def test_baseline_equals_the_recorded_one(
    container: Container, recorded_data: Path, model: ModelServer, parity: Parity
) -> None:
    """All 21 metrics of the adult validation data are AWS's to 1e-15, and every text is AWS's."""
    container.add("validation.jsonl", (recorded_data / "adult" / "validation-dataset.jsonl").read_bytes())

    done = container.run(CONFIG, endpoint=model.url, own_process=True)

    assert done.code == 0, done.message
    expected = json.loads(recorded(recorded_data, "baseline_analysis"))
    actual = done.document("analysis.json")
    parity.close(CASE, "analysis.json of the baseline", expected, actual, tolerance=1e-15, ordered=True)


def merged(recorded_data: Path, learner: LinearLearner) -> list[dict[str, Any]]:
    """Return the window as the merge wrote it: 1,806 requests, truth drawn by inference id."""
    last = json.loads(recorded(recorded_data, "merged_record_last"))
    requests = records(recorded_data, "test-dataset.jsonl")
    asked = [json.dumps({"features": each["features"]}) for each in requests]
    body = "\n".join(asked).encode()
    answers = learner.answer(JSON_LINES, JSON_LINES, body).body.decode().splitlines()
    window = []
    for number in range(1806):
        index = number % len(asked)
        record = json.loads(json.dumps(last))
        record["groundTruthData"]["data"] = json.dumps({"label": int(random.Random(index).random() < 0.7)})
        record["captureData"]["endpointInput"]["data"] = asked[index]
        record["captureData"]["endpointOutput"]["data"] = f"{answers[index]}\n"
        window.append(record)
    return window


def test_last_merged_record_is_the_recorded_one(recorded_data: Path, learner: LinearLearner) -> None:
    """The window is made of the requests that were sent: the last one, with its answer, is AWS's too."""
    expected = json.loads(recorded(recorded_data, "merged_record_last"))
    index = int(expected["eventMetadata"]["inferenceId"])
    window = merged(recorded_data, learner)

    same = [each for place, each in enumerate(window) if place % 334 == index]

    assert all(
        json.loads(each["captureData"][part]["data"]) == json.loads(expected["captureData"][part]["data"])
        for each in same
        for part in ("endpointInput", "endpointOutput")
    )
    assert json.loads(same[0]["groundTruthData"]["data"]) == json.loads(expected["groundTruthData"]["data"])


def test_live_window_gives_the_recorded_violations(
    container: Container, recorded_data: Path, learner: LinearLearner, parity: Parity
) -> None:
    """A monitor of the merged records finds the nine violations, with AWS's values and order."""
    text = "".join(f"{json.dumps(each)}\n" for each in merged(recorded_data, learner))
    container.add("hour/part-00000.jsonl", text)

    baseline = recorded(recorded_data, "baseline_analysis")
    done = container.run(MONITOR, own_process=True, baseline=baseline, variables=ATTRIBUTES)

    assert done.code == 0, done.message
    expected = json.loads(recorded(recorded_data, "constraint_violations"))
    actual = done.document("constraint_violations.json")
    assert len(expected["violations"]) == 9
    parity.close(
        CASE,
        "constraint_violations.json of the live window",
        expected,
        actual,
        tolerance=1e-15,
        in_texts=True,
        note="the notebook printed keys in order of the alphabet",
    )


def test_scoring_the_window_again_gives_the_same(
    container: Container, recorded_data: Path, learner: LinearLearner, model: ModelServer
) -> None:
    """A batch of the window's inputs and labels, scored by the shadow endpoint, violates likewise."""
    lines = [
        json.dumps(
            json.loads(each["captureData"]["endpointInput"]["data"])
            | json.loads(each["groundTruthData"]["data"])
        )
        for each in merged(recorded_data, learner)
    ]
    container.add("window.jsonl", "\n".join(lines))

    baseline = recorded(recorded_data, "baseline_analysis")
    done = container.run(CONFIG, endpoint=model.url, baseline=baseline)

    expected = json.loads(recorded(recorded_data, "constraint_violations"))
    assert done.code == 0, done.message
    assert expected == done.document("constraint_violations.json")
