"""Batch transform, end to end without HTTP in front."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.transform_jobs import create_transform_job, describe_transform_job
from sagemaker_monitor.emulator.jobs.records import public
from tests.emulator.jobs.conftest import ROLE, XGBOOST, pack, transform_request

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Run a transform job to its end and return its description."""
    create_transform_job(context, request)
    context.jobs.wait(context, "transform-job", request["TransformJobName"])
    return describe_transform_job(context, {"TransformJobName": request["TransformJobName"]})


def test_each_file_becomes_an_out_file(context: Context, model: str) -> None:
    """Every object below the prefix is scored into <name>.out at the same place below the output path."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n3,4\n")
    context.s3.put_bytes("s3://data/in/deep/b.csv", b"1,2\n")

    job = run(context, transform_request())

    assert job["TransformJobStatus"] == "Completed"
    assert [stored.key for stored in context.s3.list("s3://data/out/")] == [
        "out/a.csv.out",
        "out/deep/b.csv.out",
    ]
    first, second = context.s3.read_bytes("s3://data/out/a.csv.out").decode().splitlines()
    assert context.s3.read_bytes("s3://data/out/deep/b.csv.out").decode() == f"{first}\n"
    assert 0 < float(first) < 1
    assert 0 < float(second) < 1


def test_an_input_is_a_prefix_also_where_it_is_an_object(context: Context, model: str) -> None:
    """As S3DataSource documents S3Prefix: whatever begins with the URI is scored."""
    for name in ("a.csv", "a.csv.bak", "b.csv"):
        context.s3.put_bytes(f"s3://data/in/{name}", b"1,2\n")

    run(context, transform_request(uri="s3://data/in/a.csv"))

    scored = [stored.key for stored in context.s3.list("s3://data/out/")]
    assert scored == ["out/a.csv.bak.out", "out/a.csv.out"]


def test_join_keeps_cells_and_hides_the_key_from_the_model(context: Context, model: str) -> None:
    """Cells come back byte for byte, followed by the answer for those that the filter let through."""
    context.s3.put_bytes("s3://data/in/a.csv", b'"k,1",1.0,2.50\n"k,2", 1,002.5\n')
    context.s3.put_bytes("s3://data/plain/a.csv", b"1,2.5\n1,2.5\n")
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$"}

    joined = run(context, transform_request(DataProcessing=processing))
    run(
        context,
        transform_request("plain", uri="s3://data/plain/", output={"S3OutputPath": "s3://data/answers"}),
    )

    answer = context.s3.read_bytes("s3://data/answers/a.csv.out").decode().splitlines()[0]
    assert joined["TransformJobStatus"] == "Completed"
    assert context.s3.read_bytes("s3://data/out/a.csv.out").decode() == (
        f'"k,1",1.0,2.50,{answer}\n"k,2", 1,002.5,{answer}\n'
    )


def test_output_filter_picks_from_the_joined_record(context: Context, model: str) -> None:
    """The output filter sees input and answer together."""
    context.s3.put_bytes("s3://data/in/a.csv", b"k1,1,2\n")
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}

    run(context, transform_request(DataProcessing=processing))

    assert re.fullmatch(r"k1,0\.\d+\n", context.s3.read_bytes("s3://data/out/a.csv.out").decode())


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_batching_does_not_change_the_output(context: Context, model: str, strategy: str) -> None:
    """However records are put into requests, each gets its own answer, in order."""
    rows = [f"{number % 7},{number % 5}" for number in range(40)]
    context.s3.put_bytes("s3://data/in/a.csv", "\n".join(rows).encode())

    run(context, transform_request(BatchStrategy=strategy, DataProcessing={"JoinSource": "Input"}))

    lines = context.s3.read_bytes("s3://data/out/a.csv.out").decode().splitlines()
    answers = {line.rpartition(",")[0]: line.rpartition(",")[2] for line in lines}
    assert [line.rpartition(",")[0] for line in lines] == rows
    assert all(answers[line.rpartition(",")[0]] == line.rpartition(",")[2] for line in lines)


def test_many_requests_make_one_file(context: Context, model: str) -> None:
    """A file larger than the payload is sent in several requests, and loses and repeats no record."""
    rows = [f"{number / 1e9:.9f},{number % 5}" for number in range(120_000)]
    context.s3.put_bytes("s3://data/in/a.csv", "\n".join(rows).encode())

    job = run(context, transform_request(MaxPayloadInMB=1, DataProcessing={"JoinSource": "Input"}))

    lines = context.s3.read_bytes("s3://data/out/a.csv.out").decode().splitlines()
    assert job["TransformJobStatus"] == "Completed"
    assert [line.rpartition(",")[0] for line in lines] == rows


def test_a_whole_file_is_one_request_without_split(context: Context, model: str) -> None:
    """SplitType None sends the file as it is and stores the answer as it is."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n3,4\n")

    run(context, transform_request(given={"SplitType": "None"}, output={"AssembleWith": "None"}))

    assert len(context.s3.read_bytes("s3://data/out/a.csv.out").splitlines()) == 2


def test_capture_leaves_ids_and_manifests(context: Context, model: str) -> None:
    """Each row ends with its id and the job's start; two manifests under that hour name the objects."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n3,4\n")
    context.s3.put_bytes("s3://data/in/b.csv", b"5,6\n")
    capture = {"DestinationS3Uri": "s3://data/capture/", "GenerateInferenceId": True}

    job = run(context, transform_request(DataCaptureConfig=capture, DataProcessing={"JoinSource": "Input"}))

    started = datetime.fromtimestamp(job["TransformStartTime"], UTC)
    text = "".join(context.s3.read_bytes(f"s3://data/out/{name}.csv.out").decode() for name in "ab")
    found = re.findall(rf"^\d,\d,[0-9.e-]+,({UUID}),{started:%Y-%m-%dT%H:%M:%SZ}$", text, re.MULTILINE)
    assert len(set(found)) == 3
    inputs, outputs = context.s3.list("s3://data/capture/")
    assert re.fullmatch(rf"capture/input/{started:%Y/%m/%d/%H}/{UUID}\.json", inputs.key)
    assert re.fullmatch(rf"capture/output/{started:%Y/%m/%d/%H}/{UUID}\.json", outputs.key)
    assert json.loads(inputs.path.read_text()) == [{"prefix": "s3://data/in/"}, "a.csv", "b.csv"]
    assert json.loads(outputs.path.read_text()) == [{"prefix": "s3://data/out/"}, "a.csv.out", "b.csv.out"]


def test_capture_of_a_single_object_names_it_as_the_prefix(context: Context, model: str) -> None:
    """As recorded: the object is the prefix, and the member is the empty string."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n")
    capture = {"DestinationS3Uri": "s3://data/capture"}

    run(context, transform_request(uri="s3://data/in/a.csv", DataCaptureConfig=capture))

    (manifest, _) = context.s3.list("s3://data/capture/")
    assert json.loads(manifest.path.read_text()) == [{"prefix": "s3://data/in/a.csv"}, ""]
    assert len(context.s3.read_bytes("s3://data/out/a.csv.out").split(b",")) == 1


def test_a_manifest_names_the_input(context: Context, model: str) -> None:
    """S3DataType ManifestFile scores the objects that the manifest lists, and no other."""
    for name in ("a", "b", "c"):
        context.s3.put_bytes(f"s3://data/in/{name}.csv", b"1,2\n")
    context.s3.put_bytes("s3://data/m.json", b'[{"prefix": "s3://data/in/"}, "a.csv", "c.csv"]')
    source = {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://data/m.json"}}

    run(context, transform_request(given={"DataSource": source}))

    assert [stored.key for stored in context.s3.list("s3://data/out/")] == ["out/a.csv.out", "out/c.csv.out"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "s3://data/in/a.csv: the file is empty"),
        (b"1,2\n\n3,4\n", "s3://data/in/a.csv: line 2 is blank"),
        (b"1,2\n3\n", "line 2 has 1 cells, line 1 has 2"),
        (b"1,2\n3,4,5\n", "line 2 has 3 cells, line 1 has 2"),
        (
            b"x,y\n1,2\n",
            "the request of lines 1 to 2 failed: the model answered 415: value 1 of line 1 is not a number",
        ),
        (b"1,2,3\n", "line 1 has 3 values, the model was trained on 2 features"),
        (b'1,"2\n', "line 1 cell 2 has a quote"),
        (b"\xff\xfe1\n", "line 1 is not UTF-8"),
    ],
)
def test_a_bad_file_fails_the_job_and_no_other_file(
    context: Context, model: str, content: bytes, reason: str
) -> None:
    """The reason names the file, the line and what is wrong; good files beside it have their output."""
    context.s3.put_bytes("s3://data/in/0-good.csv", b"1,2\n")
    context.s3.put_bytes("s3://data/in/a.csv", content)

    job = run(context, transform_request(DataCaptureConfig={"DestinationS3Uri": "s3://data/capture"}))

    assert job["TransformJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
    assert job["FailureReason"].startswith("ClientError: ")
    assert [stored.key for stored in context.s3.list("s3://data/out")] == ["out/0-good.csv.out"]
    assert context.s3.list("s3://data/capture") == []


def test_missing_input_fails_with_aws_text(context: Context, model: str) -> None:
    """A prefix without objects, and a bucket that is not there, give AWS's sentence."""
    for name, uri in (("one", "s3://data/nothing/"), ("two", "s3://nowhere/in/")):
        job = run(context, transform_request(name, uri=uri))

        assert job["TransformJobStatus"] == "Failed"
        assert job["FailureReason"].startswith(
            f'No S3 objects found under S3 URL "{uri}" given in input data source.'
        )
        assert f'the role "{ROLE}" has "s3:ListBucket"' in job["FailureReason"]


def test_an_artifact_that_is_no_model_fails_the_job(context: Context, model: str) -> None:
    """The reason says what was in the archive."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n")
    context.s3.put_bytes("s3://data/model.tar.gz", pack(b"hello", "notes.txt"))

    job = run(context, transform_request())

    assert job["TransformJobStatus"] == "Failed"
    assert "s3://data/model.tar.gz cannot be served: 'notes.txt' is no XGBoost model" in job["FailureReason"]


def test_a_missing_artifact_fails_the_job(context: Context, model: str) -> None:
    """The reason names the object that is not there."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n")
    context.s3.delete("s3://data/model.tar.gz")

    job = run(context, transform_request())

    assert "could not find model data at s3://data/model.tar.gz" in job["FailureReason"]


def test_a_model_of_a_package_is_served(context: Context, model: str) -> None:
    """A container that is a model package is the package's container."""
    arn = "arn:aws:sagemaker:us-east-1:000000000000:model-package/tiny/1"
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/model.tar.gz"}
    context.store.put("model-package", arn, {"InferenceSpecification": {"Containers": [container]}})
    context.store.put("model", "versioned", {"Containers": [{"ModelPackageName": arn}]})
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n")

    assert run(context, transform_request(ModelName="versioned"))["TransformJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"ModelName": "other"},
            r'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/other"',
        ),
        (
            {"given": {"ContentType": "image/png"}, "DataProcessing": {"JoinSource": "Input"}},
            "ContentType: 'image/png' is not supported; supported: text/csv, application/jsonlines, appl",
        ),
        (
            {"output": {"Accept": "image/png"}, "DataProcessing": {"JoinSource": "Input"}},
            "DataProcessing and .* with TransformOutput.Accept: 'image/png' is not supported",
        ),
        (
            {"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3},
            "MaxPayloadInMB: at most 100, not 50 times MaxConcurrentTransforms of 3",
        ),
        (
            {"output": {"Accept": "application/jsonlines"}, "DataProcessing": {"JoinSource": "Input"}},
            "input and answers of one kind: Accept is application/jsonlines, ContentType text/csv",
        ),
        (
            {
                "given": {"ContentType": "application/jsonlines", "SplitType": "None"},
                "DataProcessing": {"InputFilter": "$.features"},
            },
            "set .* to Line",
        ),
        (
            {
                "given": {"ContentType": "application/jsonlines"},
                "DataProcessing": {"OutputFilter": "$..score"},
            },
            r"OutputFilter: the filter '\$\.\.score' is not supported; for JSON there are",
        ),
        (
            {"DataProcessing": {"InputFilter": "$.features"}},
            r"InputFilter: the filter '\$\.features' is not supported",
        ),
        ({"output": {"AssembleWith": "None"}, "DataProcessing": {"JoinSource": "Input"}}, "set .* to Line"),
    ],
)
def test_what_does_not_run_is_refused_at_once(
    context: Context, model: str, changes: dict[str, Any], text: str
) -> None:
    """A request that cannot be served makes no job."""
    with pytest.raises(ApiError, match=text) as caught:
        create_transform_job(context, transform_request(**changes))

    assert caught.value.code == "ValidationException"
    assert context.store.list("transform-job") == []


def test_the_description_keeps_the_request(context: Context, model: str) -> None:
    """Every field of the request comes back."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n")
    request = transform_request(
        MaxConcurrentTransforms=2, Environment={"A": "b"}, BatchStrategy="MultiRecord"
    )

    job = run(context, request)

    assert {key: job[key] for key in request} == request
    assert public(job) == job
