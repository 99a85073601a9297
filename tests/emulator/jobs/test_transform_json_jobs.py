"""Batch transform of JSON Lines and JSON, end to end without HTTP in front."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import Context
from tests.emulator.jobs.conftest import ROLE, pack, transform_request
from tests.emulator.jobs.test_transform_jobs import UUID, run
from tests.emulator.models.linear_learners import model_file
from tests.parity.plugin import Parity

LINEAR_LEARNER = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
LINES, DOCUMENT = "application/jsonlines", "application/json"
JOIN = {"JoinSource": "Input"}


@pytest.fixture
def linear(context: Context) -> str:
    """The name of a Linear Learner: the logistic function of the first feature less the second."""
    serve(context, pack(model_file([[1.0], [-1.0]], [0.0]), "model_algo-1"))
    return "tiny"


def serve(context: Context, artifact: bytes) -> None:
    """Make the model that transform requests name, of a Linear Learner's artifact."""
    context.s3.put_bytes("s3://data/model.tar.gz", artifact)
    container = {"Image": LINEAR_LEARNER, "ModelDataUrl": "s3://data/model.tar.gz"}
    model = {"ModelName": "tiny", "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
    context.store.put("model", "tiny", model)


def request(kind: str = LINES, accept: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return a request for *kind* in and *accept*, or the same, out."""
    given = {"ContentType": kind, **changes.pop("given", {})}
    output = {"Accept": accept or kind, **changes.pop("output", {})}
    return transform_request(given=given, output=output, **changes)


def output(context: Context, name: str = "a.jsonl") -> list[str]:
    """Return the lines of an output file."""
    return context.s3.read_bytes(f"s3://data/out/{name}.out").decode().splitlines()


def test_lines_become_lines(context: Context, linear: str) -> None:
    """Without data processing, the model's own lines are the output, one for each record."""
    context.s3.put_bytes("s3://data/in/a.jsonl", b'{"features":[3,3]}\n{"features":[1,0]}\n')

    job = run(context, request())

    assert job["TransformJobStatus"] == "Completed"
    assert output(context) == [
        '{"predicted_label":0,"score":0.5}',
        '{"predicted_label":1,"score":0.731058597564697}',
    ]


def test_joined_records_have_aws_keys_in_order(context: Context, linear: str) -> None:
    """As recorded: id, time and answer come first, then the record's keys, all sorted, without spaces."""
    context.s3.put_bytes("s3://data/in/a.jsonl", b'{"label": 1, "features": [3, 3], "key": "k\xc3\xa9"}\n')
    capture = {"DestinationS3Uri": "s3://data/capture", "GenerateInferenceId": True}

    job = run(context, request(DataProcessing=JOIN, DataCaptureConfig=capture))

    started = datetime.fromtimestamp(job["TransformStartTime"], UTC)
    (line,) = output(context)
    assert re.fullmatch(
        rf'{{"SageMakerInferenceId":"{UUID}","SageMakerInferenceTime":"{started:%Y-%m-%dT%H:%M:%SZ}",'
        r'"SageMakerOutput":\{"predicted_label":0,"score":0\.5\},"features":\[3,3\],"key":"ké","label":1\}',
        line,
    )


def test_ids_without_join_stand_beside_the_answer(context: Context, linear: str) -> None:
    """The answer's own object gains id and time."""
    context.s3.put_bytes("s3://data/in/a.jsonl", b'{"features":[3,3]}\n{"features":[3,3]}\n')
    capture = {"DestinationS3Uri": "s3://data/capture", "GenerateInferenceId": True}

    run(context, request(DataCaptureConfig=capture))

    records = [json.loads(line) for line in output(context)]
    assert [list(each) for each in records] == [
        ["SageMakerInferenceId", "SageMakerInferenceTime", "predicted_label", "score"]
    ] * 2
    assert records[0]["SageMakerInferenceId"] != records[1]["SageMakerInferenceId"]


def test_filters_select_what_is_sent_and_kept(context: Context, linear: str) -> None:
    """The input filter hides the rest of the record from the model, the output filter sees all of it."""
    context.s3.put_bytes("s3://data/in/a.jsonl", b'{"key":7,"row":{"features":[3,3]}}\n')
    processing = {**JOIN, "InputFilter": "$.row", "OutputFilter": "$['key','SageMakerOutput']"}

    run(context, request(DataProcessing=processing))

    assert output(context) == ['{"SageMakerOutput":{"predicted_label":0,"score":0.5},"key":7}']


def test_records_that_are_no_objects_are_joined_in_a_new_one(context: Context, linear: str) -> None:
    """A value that is no object becomes SageMakerInput of one."""
    context.s3.put_bytes("s3://data/in/a.jsonl", b'[{"features":[3,3]},"k"]\n')

    run(context, request(DataProcessing={**JOIN, "InputFilter": "$[0]"}))

    assert output(context) == [
        '{"SageMakerInput":[{"features":[3,3]},"k"],"SageMakerOutput":{"predicted_label":0,"score":0.5}}'
    ]


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_batching_does_not_change_the_output(context: Context, linear: str, strategy: str) -> None:
    """However records are put into requests, each gets its own answer, in order, in every file."""
    for name, rows in (("a.jsonl", range(30)), ("deep/b.jsonl", range(30, 50))):
        lines = "".join(f'{{"features":[{row},20]}}\n' for row in rows)
        context.s3.put_bytes(f"s3://data/in/{name}", lines.encode())

    run(context, request(BatchStrategy=strategy, DataProcessing=JOIN))

    records = [json.loads(line) for name in ("a.jsonl", "deep/b.jsonl") for line in output(context, name)]
    assert [each["features"][0] for each in records] == list(range(50))
    assert [each["SageMakerOutput"]["predicted_label"] for each in records] == [0] * 21 + [1] * 29


def test_a_json_file_is_one_record(context: Context, linear: str) -> None:
    """Without a split, a document is asked, joined and filtered as a whole, and gets one id."""
    document = b'{"instances": [{"features": [3, 3]}, {"features": [1, 0]}], "batch": "b"}\n'
    context.s3.put_bytes("s3://data/in/a.json", document)
    capture = {"DestinationS3Uri": "s3://data/capture", "GenerateInferenceId": True}
    whole = {"given": {"SplitType": "None"}, "output": {"AssembleWith": "None"}}

    run(context, request(DOCUMENT, DataProcessing=JOIN, DataCaptureConfig=capture, **whole))

    record = json.loads(context.s3.read_bytes("s3://data/out/a.json.out"))
    assert list(record) == [
        "SageMakerInferenceId",
        "SageMakerInferenceTime",
        "SageMakerOutput",
        "batch",
        "instances",
    ]
    assert [each["predicted_label"] for each in record["SageMakerOutput"]["predictions"]] == [0, 1]


def test_a_json_answer_for_each_line_needs_single_records(context: Context, linear: str) -> None:
    """One document for many lines cannot be taken apart: the reason says what to change, and that works."""
    context.s3.put_bytes("s3://data/in/a.jsonl", b'{"features":[3,3]}\n{"features":[1,0]}\n')

    job = run(context, request(accept=DOCUMENT, DataProcessing=JOIN))
    assert (
        "the model gave 1 answers for the 2 records from line 1; ask for one answer a line"
        in (job["FailureReason"])
    )

    single = request(accept=DOCUMENT, DataProcessing=JOIN, BatchStrategy="SingleRecord")
    run(context, {**single, "TransformJobName": "single"})
    assert json.loads(output(context)[1])["SageMakerOutput"] == {
        "predictions": [{"predicted_label": 1, "score": 0.7310585975646973}]
    }


@pytest.mark.parametrize(
    ("content", "changes", "reason"),
    [
        (b'{"features":[1,2]}\n{"features":[1,\n', {}, "s3://data/in/a.jsonl: line 2 is not JSON: Expecting"),
        (b'{"features":[1,2]}\n\n{"features":[1,2]}\n', {}, "line 2 is blank"),
        (b"", {}, "the file is empty"),
        (b'{"features":[1,NaN]}\n', {}, "line 1 is not JSON: NaN is no JSON number"),
        (
            b'{"features":[1,2]}\n{"features":[1]}\n',
            {},
            "the request of lines 1 to 2 failed: the model answered 400: unable to evaluate the payload",
        ),
        (
            b'{"features":[1,2]}\n',
            {"DataProcessing": {"InputFilter": "$.row"}},
            "line 1 has no 'row' for the filter '$.row'",
        ),
        (
            b'{"features":[1,2],"rows":[]}\n',
            {"DataProcessing": {**JOIN, "OutputFilter": "$.rows[*]"}},
            "line 1 has nothing that the filter '$.rows[*]' selects",
        ),
    ],
)
def test_a_bad_file_fails_the_job_and_has_no_output(
    context: Context, linear: str, content: bytes, changes: dict[str, Any], reason: str
) -> None:
    """The reason names the file, the line and what is wrong."""
    context.s3.put_bytes("s3://data/in/a.jsonl", content)

    job = run(context, request(**changes))

    assert job["TransformJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
    assert context.s3.list("s3://data/out") == []


def test_the_recorded_record_comes_out(context: Context, recorded_data: Path, parity: Parity) -> None:
    """The adult records through a join have the recorded features and answers, byte for byte."""
    serve(context, (recorded_data / "adult" / "ll-adult-prediction-model.tar.gz").read_bytes())
    content = (recorded_data / "adult" / "test-dataset.jsonl").read_bytes()
    context.s3.put_bytes("s3://data/in/a.jsonl", content)
    recorded = json.loads((recorded_data / "recorded" / "ll_predictions" / "recorded.json").read_text())

    run(context, request(DataProcessing=JOIN))

    lines = output(context)
    assert len(lines) == 334
    expected = []
    for each in recorded:
        features = json.dumps(each["features"], separators=(",", ":"))
        expected.append(f'{{"SageMakerOutput":{each["jsonlines"]},"features":{features}}}')
    found = [line for line in lines if line in expected]
    what = "records of a transform job that joins answers to inputs: every byte"
    parity.equal("ll_predictions", what, sorted(expected), sorted(found))


@pytest.mark.long
def test_a_hundred_thousand_lines_take_seconds(context: Context, linear: str) -> None:
    """With a join and ids, the whole job, its model's start included."""
    line = '{"features":[%d.5,20],"key":"record-%d","label":1}\n'
    content = "".join(line % (row % 40, row) for row in range(100_000))
    context.s3.put_bytes("s3://data/in/a.jsonl", content.encode())
    capture = {"DestinationS3Uri": "s3://data/capture", "GenerateInferenceId": True}

    began = time.monotonic()
    job = run(context, request(DataProcessing=JOIN, DataCaptureConfig=capture))
    elapsed = time.monotonic() - began

    assert job["TransformJobStatus"] == "Completed"
    assert len(output(context)) == 100_000
    assert elapsed < 30
