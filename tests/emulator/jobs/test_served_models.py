"""Which models jobs ask: containers with scripts, commands of one's own, and what cannot be served."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.transform_jobs import create_transform_job
from sagemaker_monitor.emulator.jobs.images import Registry
from tests.emulator.jobs.conftest import ROLE, transform_request
from tests.emulator.jobs.test_transform_jobs import run
from tests.emulator.models.servers import archive

SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
PROGRAM = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
SCRIPT = """
import os, joblib

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

def predict_fn(data, model):
    return model.predict_proba(data)[:, 1]
"""
OWN = """
import http.server, os, pathlib, sys

weight = float(pathlib.Path(os.environ["SM_MODEL_DIR"], "weight.txt").read_text())
model, *words = sys.argv[1:]
assert os.path.samefile(model, os.environ["SAGEMAKER_MONITOR_ROOT"] + "/model")
assert words == ["serve"]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(b"")

    def do_POST(self):
        rows = self.rfile.read(int(self.headers["Content-Length"])).decode().split()
        self.reply("".join(f"{float(row) * weight}\\n" for row in rows).encode())

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


def serve(context: Context, image: str, members: dict[str, bytes | str], **environment: str) -> None:
    """Make the model that transform requests name."""
    context.s3.put_bytes("s3://data/model.tar.gz", archive(members))
    container = {"Image": image, "ModelDataUrl": "s3://data/model.tar.gz", "Environment": environment}
    model = {"ModelName": "tiny", "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
    context.store.put("model", "tiny", model)


@pytest.fixture(scope="module")
def classifier() -> LogisticRegression:
    """A binary classifier of two features."""
    rows = np.random.default_rng(0).normal(size=(100, 2))
    return LogisticRegression().fit(rows, rows[:, 0] > 0)


def test_a_scikit_learn_model_scores_a_batch(context: Context, classifier: LogisticRegression) -> None:
    """Its probabilities are joined to the rows they belong to."""
    content = io.BytesIO()
    joblib.dump(classifier, content)
    serve(context, SCIKIT_LEARN, {"model.joblib": content.getvalue(), "code/inference.py": SCRIPT}, **PROGRAM)
    rows = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    text = "".join(f"k{number},{a},{b}\n" for number, (a, b) in enumerate(rows.tolist()))
    context.s3.put_bytes("s3://data/in/a.csv", text.encode())
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input"}

    job = run(context, transform_request(DataProcessing=processing, output={"Accept": "text/csv"}))

    assert job["TransformJobStatus"] == "Completed", job
    lines = context.s3.read_bytes("s3://data/out/a.csv.out").decode().splitlines()
    found = [float(line.rsplit(",", 1)[1]) for line in lines]
    assert [line.rsplit(",", 1)[0] for line in lines] == text.splitlines()
    assert found == pytest.approx(classifier.predict_proba(rows)[:, 1].tolist(), abs=1e-7)


def test_a_model_that_answers_too_few_rows_fails_the_job(context: Context) -> None:
    """Answers are never matched with other records than theirs."""
    script = (
        "def model_fn(d): pass\n\ndef transform_fn(m, data, *types):\n    return data[: len(data) // 2]\n"
    )
    serve(context, SCIKIT_LEARN, {"code/inference.py": script}, **PROGRAM)
    context.s3.put_bytes("s3://data/in/a.csv", b"1,2\n3,4\n5,6\n7,8\n")

    job = run(context, transform_request(DataProcessing={"JoinSource": "Input"}))

    assert job["TransformJobStatus"] == "Failed"
    assert (
        "s3://data/in/a.csv: the model gave 2 answers for the 4 records from line 1" in job["FailureReason"]
    )
    assert context.s3.list("s3://data/out") == []


def test_a_script_that_throws_fails_the_job_with_its_words(context: Context) -> None:
    """The reason has the file, the lines and the script's own error."""
    script = (
        "def model_fn(d): pass\n\ndef predict_fn(data, model):\n    raise RuntimeError('no such column')\n"
    )
    serve(context, SCIKIT_LEARN, {"code/inference.py": script}, **PROGRAM)
    context.s3.put_bytes("s3://data/in/a.csv", b"1.5,2.5\n")

    reason = run(context, transform_request())["FailureReason"]

    assert "s3://data/in/a.csv: the request of lines 1 to 1 failed: the model answered 500" in reason
    assert "predict_fn of inference.py raised RuntimeError: no such column (inference.py:4)" in reason


def test_the_jobs_environment_comes_on_top_of_the_models(context: Context) -> None:
    """CreateTransformJob's Environment reaches the script too, and other values make another server."""
    script = """
import os

def model_fn(model_dir):
    return os.environ["FACTOR"]

def transform_fn(model, data, content_type, accept):
    return f"{model}\\n"
"""
    serve(context, SCIKIT_LEARN, {"code/inference.py": script}, **PROGRAM, FACTOR="1")
    context.s3.put_bytes("s3://data/in/a.csv", b"1\n")

    found = []
    for name, environment in (("one", {}), ("two", {"FACTOR": "2"})):
        run(context, transform_request(name, Environment=environment))
        found.append(context.s3.read_bytes("s3://data/out/a.csv.out"))
    assert found == [b"1\n", b"2\n"]


@pytest.mark.parametrize(
    ("kind", "url"), [("S3Prefix", "s3://data/plain/"), ("S3Object", "s3://data/plain/weight.txt")]
)
def test_a_model_that_is_not_packed_is_served(registered: Context, kind: str, url: str) -> None:
    """ModelDataSource with CompressionType None names a folder of files, or one file."""
    registered.s3.put_bytes("s3://data/plain/weight.txt", b"2.5")
    source = {"S3DataSource": {"S3Uri": url, "S3DataType": kind, "CompressionType": "None"}}
    image = "1.dkr.ecr.us-east-1.amazonaws.com/team/scorer:7"
    container = {"Image": image, "ModelDataSource": source}
    registered.store.put("model", "tiny", {"ModelName": "tiny", "PrimaryContainer": container})
    registered.s3.put_bytes("s3://data/in/a.csv", b"1\n2\n")

    assert run(registered, transform_request())["TransformJobStatus"] == "Completed"
    assert registered.s3.read_bytes("s3://data/out/a.csv.out") == b"2.5\n5.0\n"


@pytest.fixture
def registered(context: Context, tmp_path: Path) -> Context:
    """An emulator with a command for the repository team/scorer."""
    script = tmp_path / "serve.py"
    script.write_text(OWN)
    registry = Registry({"team/scorer": ("python", str(script), "/opt/ml/model")})
    return replace(context, config=replace(context.config, images=registry))


def test_a_registered_command_serves_an_image(registered: Context) -> None:
    """It gets `serve`, its port and /opt/ml/model, and answers like any container."""
    serve(registered, "1.dkr.ecr.us-east-1.amazonaws.com/team/scorer:7", {"weight.txt": "2.5"})
    registered.s3.put_bytes("s3://data/in/a.csv", b"1\n2\n")

    job = run(registered, transform_request(DataProcessing={"JoinSource": "Input"}))

    assert job["TransformJobStatus"] == "Completed", job
    assert registered.s3.read_bytes("s3://data/out/a.csv.out") == b"1,2.5\n2,5.0\n"


def test_a_registered_command_that_ends_says_its_last_words(registered: Context) -> None:
    """A server that never answers /ping fails the job with what it wrote."""
    serve(registered, "1.dkr.ecr.us-east-1.amazonaws.com/team/scorer:7", {"weight.txt": "heavy"})
    registered.s3.put_bytes("s3://data/in/a.csv", b"1\n")

    reason = run(registered, transform_request())["FailureReason"]

    assert (
        "its server ended with exit code 1: ValueError: could not convert string to float: 'heavy'" in reason
    )


@pytest.mark.parametrize(
    ("image", "environment", "text"),
    [
        ("x/my-image:1", {}, r"models are served for images of: sagemaker-xgboost, .*local up --image REP"),
        (SCIKIT_LEARN, {}, "has no SAGEMAKER_PROGRAM in its environment; the scikit-learn container serves"),
        ("x/linear-learner:1", PROGRAM, "Linear Learner's container runs no script"),
        (
            "x/linear-learner:1",
            {"SAGEMAKER_INFERENCE_OUTPUT": "labels"},
            "SAGEMAKER_INFERENCE_OUTPUT, whi",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_at_once(
    context: Context, image: str, environment: dict[str, Any], text: str
) -> None:
    """A container that there is nothing for makes no job."""
    serve(context, image, {"x": ""}, **environment)

    with pytest.raises(ApiError, match=text):
        create_transform_job(context, transform_request())


def test_a_missing_source_archive_fails_the_job(context: Context) -> None:
    """The script's own archive is named."""
    submitted = {**PROGRAM, "SAGEMAKER_SUBMIT_DIRECTORY": "s3://data/source.tar.gz"}
    serve(context, SCIKIT_LEARN, {"x": ""}, **submitted)
    context.s3.put_bytes("s3://data/in/a.csv", b"1\n")

    assert "could not find the script at s3://data/source.tar.gz" in json.dumps(
        run(context, transform_request())
    )
