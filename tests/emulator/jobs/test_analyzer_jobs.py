"""Jobs of the Model Monitor analyzer: AWS's recorded baseline by boto3 alone, and how jobs end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import Context
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import processing_request, s3_input
from tests.emulator.jobs.test_processing_jobs import run
from tests.parity.plugin import Parity

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
DATA = "/opt/ml/processing/input/baseline_dataset_input"


def analyzer_request(uri: str, name: str = "baseline", **environment: str) -> dict[str, Any]:
    """Return the request of a baseline job as the SDK makes it, for CSV with a header at *uri*."""
    request = processing_request(name, ProcessingInputs=[s3_input(uri, DATA, "baseline_dataset_input")])
    return request | {
        "AppSpecification": {"ImageUri": ANALYZER},
        "Environment": {
            "dataset_format": json.dumps({"csv": {"header": True, "output_columns_position": "START"}}),
            "dataset_source": DATA,
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
            **environment,
        },
    }


def test_the_recorded_baseline_by_boto3_alone(
    emulator: RunningEmulator, recorded_data: Path, parity: Parity
) -> None:
    """A client gets AWS's constraints and statistics of the churn data, sketches bit for bit."""
    s3, sagemaker = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket="data")
    s3.upload_file(str(recorded_data / "churn/training-dataset-with-header.csv"), "data", "in/training.csv")

    sagemaker.create_processing_job(**analyzer_request("s3://data/in"))
    waiter = sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName="baseline", WaiterConfig={"Delay": 1})

    job = sagemaker.describe_processing_job(ProcessingJobName="baseline")
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == (
        "Completed",
        "Completed: Job completed successfully with no violations.",
    )
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket="data", Prefix="out/")["Contents"]}
    assert keys == {"out/statistics.json", "out/constraints.json"}

    def document(key: str) -> Any:
        return json.loads(s3.get_object(Bucket="data", Key=key)["Body"].read())

    recorded = recorded_data / "recorded" / "churn_dq_baseline"
    constraints = json.loads((recorded / "constraints.json").read_text())
    case = "churn_dq_baseline"
    parity.equal(case, "constraints.json, by boto3", constraints, document("out/constraints.json"))
    expected = json.loads((recorded / "statistics_partial.json").read_text())["features"]
    found = {each["name"]: each for each in document("out/statistics.json")["features"]}
    whole = [each for each in expected if "__truncated_bytes__" not in json.dumps(each)]
    assert len(whole) == 29
    ours = [found[each["name"]] for each in whole]
    parity.equal(case, "statistics.json, by boto3: 29 features with their KLL sketches", whole, ours)


def test_violations_are_the_exit_message(context: Context) -> None:
    """A job with a baseline at the paths of its environment completes with violations."""
    context.s3.put_bytes("s3://data/base/data.csv", b"a\n" + b"1\n" * 9)
    context.s3.put_bytes("s3://data/now/data.csv", b"a\n" + b"1\n" * 8 + b"1.0\n")
    assert "FailureReason" not in run(context, analyzer_request("s3://data/base"))
    folder = "/opt/ml/processing/baseline/constraints"
    request = analyzer_request("s3://data/now", "check", baseline_constraints=f"{folder}/constraints.json")
    request["ProcessingInputs"].append(s3_input("s3://data/out/constraints.json", folder, "constraints"))

    job = run(context, request)

    assert job["ExitMessage"] == "CompletedWithViolations: Job completed successfully with 1 violations."
    text = context.s3.read_bytes("s3://data/out/constraint_violations.json").decode()
    assert text.startswith('{\n  "violations" : [ {\n    "feature_name" : "a",\n')


@pytest.mark.parametrize(
    ("content", "environment", "reason"),
    [
        (b"a,b\n", {}, "Job inputs had no data"),
        (b"a,b\n1,2\n3\n", {}, "row 3 has 1 cells, the first row of the dataset has 2"),
        (b"a\n1\n", {"analysis_type": "MODEL_QUALITY"}, "problem_type is not set"),
    ],
)
def test_what_cannot_be_analysed_fails_the_job(
    context: Context, content: bytes, environment: dict[str, str], reason: str
) -> None:
    """The container's words are the reason, and nothing is stored."""
    context.s3.put_bytes("s3://data/in/data.csv", content)

    job = run(context, analyzer_request("s3://data/in", **environment))

    assert job["ProcessingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
    assert context.s3.list("s3://data/out") == []
