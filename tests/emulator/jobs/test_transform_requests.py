"""How batch transform asks its model: compressed, several at once, again, by any type, one after another."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.api.models import create_model
from tests.emulator.jobs.conftest import ROLE, XGBOOST, transform_request
from tests.emulator.jobs.test_served_models import PROGRAM, SCIKIT_LEARN, archive
from tests.emulator.jobs.test_transform_jobs import run

SCRIPT = """
import pathlib, time

def model_fn(model_dir):
    return pathlib.Path(model_dir)

def transform_fn(model, data, content_type, accept):
    asked = model / "asked"
    asked.touch()
    times = len(asked.read_text())
    asked.write_text("x" * (times + 1))
    text = data if isinstance(data, str) else data.decode()
    if "slow" in text:
        time.sleep(30)
    if "fails" in text or ("once" in text and times == 0):
        raise ValueError("not today")
    lines = text.split("\\n")
    return "".join(f"{content_type}|{line.upper()}\\n" for line in lines if line), "text/csv"
"""


def scripted(context: Context, name: str = "tiny", **environment: str) -> dict[str, Any]:
    """Return a container of a script, whose archive is stored.

    The script counts: no other test shares its server.
    """
    url, unlike = f"s3://data/{name}.tar.gz", f"{name} of {context.config.state_dir}"
    context.s3.put_bytes(url, archive({"code/inference.py": SCRIPT, "name": unlike}))
    return {"Image": SCIKIT_LEARN, "ModelDataUrl": url, "Environment": {**PROGRAM, **environment}}


@pytest.fixture
def scripted_model(context: Context) -> str:
    """A model that answers each line in capitals, behind the content type that it was asked with."""
    request = {"ModelName": "tiny", "PrimaryContainer": scripted(context), "ExecutionRoleArn": ROLE}
    create_model(context, request)
    return "tiny"


def outputs(context: Context) -> dict[str, str]:
    """Return what lies below the output path."""
    return {
        stored.key.removeprefix("out/"): stored.path.read_text()
        for stored in context.s3.list("s3://data/out/")
    }


def test_compressed_files_are_unpacked(context: Context, model: str) -> None:
    """CompressionType Gzip gives what the plain file would; a file that is none fails by name."""
    context.s3.put_bytes("s3://data/in/a.csv.gz", gzip.compress(b"1,2\n3,4\n"))
    context.s3.put_bytes("s3://data/plain/a.csv", b"1,2\n3,4\n")
    compressed = {"CompressionType": "Gzip"}

    assert run(context, transform_request(given=compressed))["TransformJobStatus"] == "Completed"
    run(context, transform_request("plain", uri="s3://data/plain/"))
    found = outputs(context)
    wrong = run(context, transform_request("wrong", uri="s3://data/plain/", given=compressed))

    assert found["a.csv.gz.out"] == found["a.csv.out"]
    assert "s3://data/plain/a.csv: CompressionType is Gzip, and it is no gzip file" in wrong["FailureReason"]


def test_files_are_transformed_side_by_side(context: Context, model: str) -> None:
    """MaxConcurrentTransforms changes no output, and the log says what the job ran with."""
    for number in range(8):
        context.s3.put_bytes(f"s3://data/in/{number}.csv", f"{number},1\n{number},2\n".encode())

    job = run(
        context,
        transform_request(MaxConcurrentTransforms=4, DataProcessing={"JoinSource": "Input"}),
    )

    assert job["TransformJobStatus"] == "Completed"
    assert [text.split(",")[0] for text in outputs(context).values()] == [f"{n}" for n in range(8)]
    log = (context.job_dir("score") / "log.txt").read_text()
    assert "MaxConcurrentTransforms=4, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD" in log


def test_any_type_is_sent_as_it_is(context: Context, scripted_model: str) -> None:
    """Without DataProcessing the content type is the model's business."""
    context.s3.put_bytes("s3://data/in/a.txt", b"one\ntwo\n")

    job = run(context, transform_request(given={"ContentType": "text/plain"}))

    assert job["TransformJobStatus"] == "Completed", job
    assert outputs(context) == {"a.txt.out": "text/plain|ONE\ntext/plain|TWO\n"}


@pytest.mark.parametrize(
    ("text", "client", "asked", "reason"),
    [
        ("once", {}, 2, None),
        ("fails", {"InvocationsMaxRetries": 1}, 2, "the model answered 500: transform_fn of inference.py"),
        pytest.param(
            "slow",
            {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0},
            1,
            "the model did not answer within InvocationsTimeoutInSeconds of 1",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_model_that_fails_is_asked_again(
    context: Context, scripted_model: str, text: str, client: dict[str, int], asked: int, reason: str | None
) -> None:
    """ModelClientConfig says how often and how long; the fault is the algorithm's."""
    context.s3.put_bytes("s3://data/in/a.csv", f"{text}\n".encode())

    job = run(context, transform_request(ModelClientConfig=client))

    (counter,) = (context.config.state_dir / "models").glob("*/model/asked")
    assert len(counter.read_text()) == asked
    assert job["TransformJobStatus"] == ("Completed" if reason is None else "Failed")
    if reason is not None:
        assert job["FailureReason"].startswith("AlgorithmError: s3://data/in/a.csv: the request of lines 1")
        assert reason in job["FailureReason"]


def test_containers_are_asked_one_after_the_other(context: Context, scripted_model: str) -> None:
    """The answer of a pipeline model's container is the next one's request, with its content type."""
    containers = [scripted(context, "first"), scripted(context, "second")]
    create_model(context, {"ModelName": "chain", "Containers": containers, "ExecutionRoleArn": ROLE})
    context.s3.put_bytes("s3://data/in/a.csv", b"x\ny\n")

    job = run(context, transform_request(ModelName="chain", given={"ContentType": "text/plain"}))

    assert job["TransformJobStatus"] == "Completed", job
    assert outputs(context) == {"a.csv.out": "text/csv|TEXT/PLAIN|X\ntext/csv|TEXT/PLAIN|Y\n"}


def test_selected_contents_come_with_the_record(context: Context, artifact: bytes) -> None:
    """An XGBoost model that is asked for label and probability answers both, behind each record."""
    context.s3.put_bytes("s3://data/model.tar.gz", artifact)
    environment = {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label,probability"}
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/model.tar.gz", "Environment": environment}
    request = {"ModelName": "tiny", "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
    create_model(context, request)
    context.s3.put_bytes("s3://data/in/a.csv", b"-2,0\n2,0\n")

    job = run(
        context, transform_request(output={"Accept": "text/csv"}, DataProcessing={"JoinSource": "Input"})
    )

    assert job["TransformJobStatus"] == "Completed", job
    first, second = (line.split(",") for line in outputs(context)["a.csv.out"].splitlines())
    assert first[:3] == ["-2", "0", "0"]
    assert second[:3] == ["2", "0", "1"]
    assert float(first[3]) < 0.5 < float(second[3])
