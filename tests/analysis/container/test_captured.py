"""A bias monitor reads captured and merged records: features, predictions and truth where the job says."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.datasets.captured import Attributes, read_captured

from .conftest import Container, Finished

HEADERS = ["age", "pay", "sex", "approve"]
ROWS: list[list[Any]] = [[20 + index % 50, (index * 37) % 101 / 8, index % 2] for index in range(240)]
TRUTH = [int(index % 3 > 0) for index in range(240)]
SCORES = [(index * 7919 % 1000) / 1000 for index in range(240)]
CONFIG = {
    "headers": HEADERS,
    "label": "approve",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
}
FORMAT = {"captureIndexNames": ["endpointOutput"], "originalDatasetFormat": None}
MERGE = {"dataset_format": json.dumps({"sagemakerMergeJson": FORMAT})}


def part(data: Any, content_type: str = "text/csv", *, encoded: bool = False) -> dict[str, str]:
    """Return one part of a record: CSV for a text, JSON for anything else."""
    if encoded:
        text = base64.b64encode(str(data).encode()).decode()
        return {"data": text, "encoding": "BASE64", "mode": "INPUT", "observedContentType": content_type}
    if isinstance(data, str):
        return {"data": data, "encoding": "CSV", "mode": "INPUT", "observedContentType": content_type}
    return {"data": json.dumps(data), "encoding": "JSON", "mode": "INPUT"}


def merged(captured: list[dict[str, Any]], truth: list[Any]) -> str:
    """Return merged records, one in each line."""
    records = [
        {
            "eventVersion": "0",
            "groundTruthData": part(label),
            "captureData": each,
            "eventMetadata": {"eventId": str(place)},
        }
        for place, (each, label) in enumerate(zip(captured, truth, strict=True))
    ]
    return "".join(f"{json.dumps(each)}\n" for each in records)


def csv_endpoint() -> str:
    """An endpoint that answers label and score in CSV."""
    return merged(
        [
            {
                "endpointInput": part(",".join(map(str, row))),
                "endpointOutput": part(f"{int(score > 0.5)},{score}\n"),
            }
            for row, score in zip(ROWS, SCORES, strict=True)
        ],
        [str(label) for label in TRUTH],
    )


def encoded_endpoint() -> str:
    """The same, kept as BASE64 because the capture was not told of the content type."""
    return merged(
        [
            {
                "endpointInput": part(",".join(map(str, row)), encoded=True),
                "endpointOutput": part(json.dumps({"p": score}), "application/json", encoded=True),
            }
            for row, score in zip(ROWS, SCORES, strict=True)
        ],
        [str(label) for label in TRUTH],
    )


def json_endpoint() -> str:
    """An endpoint that speaks JSON Lines, with truth in JSON."""
    return merged(
        [
            {
                "endpointInput": part({"x": row}),
                "endpointOutput": part({"label": int(score > 0.5), "p": score}),
            }
            for row, score in zip(ROWS, SCORES, strict=True)
        ],
        [{"truth": label} for label in TRUTH],
    )


def csv_batch() -> str:
    """Rows of a batch's joined output: features, then what the model answered."""
    return merged(
        [
            {"batchTransformOutput": part(",".join(map(str, [*row, int(score > 0.5), score])))}
            for row, score in zip(ROWS, SCORES, strict=True)
        ],
        [str(label) for label in TRUTH],
    )


def json_batch() -> str:
    """Records of a batch's joined output in JSON."""
    return merged(
        [
            {
                "batchTransformOutput": part(
                    {"SageMakerOutput": {"label": int(score > 0.5), "p": score}, "x": row}
                )
            }
            for row, score in zip(ROWS, SCORES, strict=True)
        ],
        [{"truth": label} for label in TRUTH],
    )


def run(
    container: Container, content: str, *, attributes: dict[str, str] | None = None, **changes: Any
) -> Finished:
    """Run a monitor over *content*; attributes are environment variables without their ending."""
    config = {key: each for key, each in {**CONFIG, **changes}.items() if each is not None}
    variables = MERGE | {f"{name}_attribute": value for name, value in (attributes or {}).items()}
    variables["dataset_source"] = "/opt/ml/processing/input/window"
    container.add("endpoint/AllTraffic/2024/03/18/13/part-0.jsonl", content, input_name="window")
    return container.run(config, variables=variables)


@pytest.fixture
def expected(container: Container) -> Any:
    """The analysis of a CSV dataset with the same features, labels and predicted labels."""
    lines = [
        ",".join(map(str, [*row, label, int(score > 0.5)]))
        for row, label, score in zip(ROWS, TRUTH, SCORES, strict=True)
    ]
    plain = Container(container.root.parent / "plain").add("d.csv", "\n".join(lines))
    methods = {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}}
    config = {"dataset_type": "text/csv", "predicted_label": "guess", "methods": methods}
    return plain.run({**CONFIG, **config, "headers": [*HEADERS, "guess"]}).document("analysis.json")


LABEL, SCORE = {"inference": "0"}, {"probability": "1"}
FEATURES = {"features": "x"}


@pytest.mark.parametrize(
    ("content", "attributes", "changes"),
    [
        (csv_endpoint, LABEL, {}),
        (csv_endpoint, SCORE, {}),
        (csv_endpoint, SCORE | {"probability_threshold": "0.500000"}, {"probability_threshold": 0.9}),
        (csv_endpoint, SCORE, {"headers": ["approve", "age", "pay", "sex"]}),
        (encoded_endpoint, {"probability": "p"}, {}),
        (json_endpoint, FEATURES | {"inference": "label"}, {"label": "truth"}),
        (json_endpoint, FEATURES | {"probability": "p"}, {"label": "truth"}),
        (json_endpoint, FEATURES | {"inference": "p", "ground_truth": "truth"}, {}),
        (csv_batch, LABEL, {}),
        (csv_batch, SCORE, {}),
        (json_batch, FEATURES | {"inference": "SageMakerOutput.label"}, {"label": "truth"}),
    ],
)
def test_records_of_every_kind_give_the_same_analysis(
    container: Container, expected: Any, content: Any, attributes: dict[str, str], changes: dict[str, Any]
) -> None:
    """Indices count the model's own outputs, also after the features in a batch's row."""
    done = run(container, content(), attributes=attributes, **changes)

    assert done.code == 0, done.message
    assert expected == done.document("analysis.json")
    assert "report.html" in done.files


def test_a_single_output_needs_no_attribute(container: Container) -> None:
    """Where the model answers one score, it is the prediction; without headers columns have placeholders."""
    records = [
        {"endpointInput": part(",".join(map(str, row))), "endpointOutput": part(f"{score}\n")}
        for row, score in zip(ROWS, SCORES, strict=True)
    ]
    text = merged(records, [str(label) for label in TRUTH])
    done = run(
        container, text, headers=None, label=None, facet=[{"name_or_index": 2, "value_or_threshold": [1]}]
    )
    section = done.document("analysis.json")["post_training_bias_metrics"]

    assert (section["label"], list(section["facets"])) == ("label0", ["column_2"])


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("CSV", "1,2\n3,4\n"), ("JSON", '{"features": [1, 2]}\n{"features": [3, 4]}')],
)
def test_a_request_of_several_records_has_as_many_rows(tmp_path: Path, kind: str, payload: str) -> None:
    """Where no ground truth has to be matched with it: the endpoint was asked for all of them at once."""
    one = {"CSV": "5,6", "JSON": '{"features": [5, 6]}'}[kind]
    records = [
        {
            "captureData": {
                name: {"data": data, "encoding": kind} for name in ("endpointInput", "endpointOutput")
            }
        }
        for data in (payload, one)
    ]
    file = tmp_path / "captured.jsonl"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in records))

    found = read_captured([file], ["age", "pay"], None, Attributes(features="features"))

    assert found.dataset.cells.rows() == [(1, 2), (3, 4), (5, 6)]


def test_shadow_tests_are_no_traffic(container: Container, expected: Any) -> None:
    """Records that a shadow variant left do not count."""
    shadow = json.loads(csv_endpoint().splitlines()[0])
    shadow["eventMetadata"]["invocationSource"] = "ShadowExperiment"

    done = run(container, csv_endpoint() + json.dumps(shadow), attributes=LABEL)

    assert expected == done.document("analysis.json")


GOOD = csv_endpoint().splitlines()[0]


def broken(**changes: Any) -> str:
    """Return two records of which the second one's captureData has *changes*."""
    record = json.loads(GOOD)
    record["captureData"] |= changes
    return f"{GOOD}\n{json.dumps(record)}"


@pytest.mark.parametrize(
    ("content", "attributes", "changes", "text"),
    [
        ("", LABEL, {}, "the dataset is empty: no captured record in 1 file(s)"),
        (GOOD + "\n{", LABEL, {}, "'part-0.jsonl', line 2, is not JSON"),
        (f'{GOOD}\n\n{{"eventMetadata": []}}', LABEL, {}, "'part-0.jsonl', line 3, is no captured record"),
        (GOOD + '\n{"a":1}', LABEL, {}, "'part-0.jsonl', line 2, is no captured record"),
        (broken(endpointInput=None), LABEL, {}, "'part-0.jsonl', line 2, has no endpointInput; capture"),
        (broken(endpointInput=part("1,2,3\n4,5,6")), LABEL, {}, "line 2, has 2 rows in endpointInput"),
        (
            broken(endpointInput=part("1,2")),
            LABEL,
            {},
            "line 2, has 2 columns in endpointInput, the first record has 3",
        ),
        (broken(endpointInput=part([1])), LABEL, {}, "endpointInput in CSV and in JSON"),
        (
            broken(endpointInput={"data": "%", "encoding": "BASE64"}),
            LABEL,
            {},
            "endpointInput that is no BASE64",
        ),
        (broken(endpointInput={"data": "{", "encoding": "JSON"}), LABEL, {}, "endpointInput that is no JSON"),
        (
            broken(endpointInput={"data": "1", "encoding": "ION"}),
            LABEL,
            {},
            "encoding 'ION'; allowed: CSV, JSON",
        ),
        (GOOD, {}, {}, "give inference_attribute or probability_attribute"),
        (
            GOOD,
            {"inference": "2"},
            {},
            "inference_attribute is '2': the endpointOutput is CSV with 2 column(s)",
        ),
        (GOOD, SCORE | {"probability_threshold": "half"}, {}, "probability_threshold_attribute is 'half'"),
        (GOOD, SCORE | {"probability_threshold": "nan"}, {}, "probability_threshold_attribute is 'nan'"),
        (GOOD, LABEL, {"headers": ["a", "approve"]}, "Headers in config do not match"),
        (csv_batch(), LABEL, {"headers": None}, "give headers: in a batch's output rows"),
        (csv_batch(), {"inference": "2"}, {}, "the batchTransformOutput is CSV with 2 column(s) for it"),
        (json_endpoint(), {"inference": "label"}, {"label": "truth"}, "give features_attribute"),
        (json_endpoint(), {"features": "y"}, {"label": "truth"}, "features_attribute 'y' finds nothing"),
        (
            json_endpoint(),
            FEATURES | {"inference": "z"},
            {"label": "truth"},
            "inference_attribute 'z' finds nothing",
        ),
        (
            json_endpoint(),
            FEATURES | {"inference": "label"},
            {},
            "label 'approve' finds nothing in the groundTruthData",
        ),
        (GOOD.replace("groundTruthData", "truth"), LABEL, {}, "the records have no ground truth"),
        (GOOD, LABEL, {"facet": None}, "analysis_config.json.facet is missing"),
    ],
)
def test_records_that_cannot_be_read_are_refused(
    container: Container, content: str, attributes: dict[str, str], changes: dict[str, Any], text: str
) -> None:
    """The record and the attribute are named, and nothing is written."""
    done = run(container, content, attributes=attributes, **changes)

    assert text in done.message
    assert (done.code, done.files) == (1, []), done.log
    assert "Traceback" not in done.log


def test_unknown_format_is_refused(container: Container) -> None:
    """A format that the variable may not name is told."""
    done = container.add("d", GOOD).run(CONFIG, variables={"dataset_format": '{"avro":{}}'})

    assert "dataset_format 'avro' is not known" in done.message
