"""The recorded churn case, from the model's artifact to the violations, with boto3 alone."""

from __future__ import annotations

import csv
import json
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.emulator.lifecycle import fire
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import ROLE, XGBOOST, pack, s3_input
from tests.parity.plugin import Parity

CASE = "churn_bias_batch_csv"
CLARIFY = "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0"
TOLERANCE = 1e-15


@pytest.fixture(scope="module")
def churn(emulator: RunningEmulator, recorded_data: Path) -> RunningEmulator:
    """An emulator that has the churn model and data."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="churn")
    model = (recorded_data / "churn" / "xgb-churn.json").read_bytes()
    s3.put_object(Bucket="churn", Key="model.tar.gz", Body=pack(model))
    for name in ("validation-dataset-with-header.csv", "test-dataset-input-cols.csv"):
        s3.upload_file(str(recorded_data / "churn" / name), "churn", f"data/{name}")
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://churn/model.tar.gz"}
    emulator.client("sagemaker").create_model(
        ModelName="churn", PrimaryContainer=container, ExecutionRoleArn=ROLE
    )
    return emulator


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> Path:
    """The folder of the recorded run."""
    return recorded_data / "recorded" / "churn_bias_batch_csv"


def test_transform_gives_the_recorded_predictions(
    churn: RunningEmulator, recorded: Path, parity: Parity
) -> None:
    """The first five predictions are the recorded ones; the first whole row is the recorded row's number."""
    output = transform(churn)
    rows = [line.split(",") for line in output.splitlines()]

    expected = json.loads((recorded / "layout.json").read_text())["transform_output_first5"]
    merged = json.loads((recorded / "merged_record_0.json").read_text())
    assert len(rows) == 334
    parity.printed(
        CASE,
        "first predictions of the transform job",
        [each["prediction"] for each in expected],
        [float(row[69]) for row in rows[:5]],
    )
    answer = merged["captureData"]["batchTransformOutput"]["data"].split(",")[69]
    parity.equal(CASE, "text of the first prediction in the merged record", answer, rows[0][69])


def test_transform_leaves_the_recorded_form_of_manifest(
    churn: RunningEmulator, recorded: Path, parity: Parity
) -> None:
    """The output's manifest has the recorded form, byte for byte but for the bucket and prefix."""
    transform(churn)
    keys = [
        each["Key"]
        for each in churn.client("s3").list_objects_v2(Bucket="churn", Prefix="capture/output/")["Contents"]
    ]
    manifest = churn.client("s3").get_object(Bucket="churn", Key=keys[0])["Body"].read().decode()

    expected = (recorded / "capture_manifest_output.json").read_text()
    prefix = json.loads(expected)[0]["prefix"]
    parity.equal(
        CASE,
        "capture manifest of the transform job, byte for byte",
        expected,
        manifest.replace("s3://churn/transform-output/", prefix),
        note="but for bucket and prefix",
    )


def transform(churn: RunningEmulator) -> str:
    """Score the live window once, with ids and capture, and return the output."""
    sagemaker = churn.client("sagemaker")
    if not sagemaker.list_transform_jobs(NameContains="window")["TransformJobSummaries"]:
        uri = "s3://churn/data/test-dataset-input-cols.csv"
        sagemaker.create_transform_job(
            TransformJobName="window",
            ModelName="churn",
            TransformInput={
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            TransformOutput={"S3OutputPath": "s3://churn/transform-output", "AssembleWith": "Line"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
            DataProcessing={"JoinSource": "Input"},
            DataCaptureConfig={"DestinationS3Uri": "s3://churn/capture", "GenerateInferenceId": True},
        )
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
        TransformJobName="window", WaiterConfig={"Delay": 1}
    )
    key = "transform-output/test-dataset-input-cols.csv.out"
    body: bytes = churn.client("s3").get_object(Bucket="churn", Key=key)["Body"].read()
    return body.decode()


def clarify(churn: RunningEmulator, name: str, data: str, headers: list[str], baseline: str = "") -> Any:
    """Run Clarify's container on *data*, compare with *baseline* if given, and return the job."""
    config = {
        "dataset_type": "text/csv",
        "headers": headers,
        "label": "Churn",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "Account Length", "value_or_threshold": [100]}],
        "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
        "predictor": {"model_name": "churn", "instance_type": "ml.m5.large", "initial_instance_count": 1},
        "probability_threshold": 0.8,
    }
    key = f"{name}/analysis_config.json"
    churn.client("s3").put_object(Bucket="churn", Key=key, Body=json.dumps(config))
    inputs = [
        s3_input(f"s3://churn/{key}", "/opt/ml/processing/input/config", "analysis_config"),
        s3_input(data, "/opt/ml/processing/input/data", "dataset"),
    ]
    environment = {}
    if baseline:
        inputs.append(s3_input(baseline, "/opt/ml/processing/baseline/constraints", "baseline_constraints"))
        environment["baseline_constraints"] = "/opt/ml/processing/baseline/constraints/analysis.json"
    output = {
        "S3Uri": f"s3://churn/{name}/out",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    sagemaker = churn.client("sagemaker")
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        ProcessingInputs=inputs,
        ProcessingOutputConfig={"Outputs": [{"OutputName": "analysis_result", "S3Output": output}]},
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}
        },
        AppSpecification={"ImageUri": CLARIFY},
        Environment=environment,
        RoleArn=ROLE,
    )
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName=name, WaiterConfig={"Delay": 1}
    )
    job = sagemaker.describe_processing_job(ProcessingJobName=name)
    assert job["ProcessingJobStatus"] == "Completed", job
    return job


def document(churn: RunningEmulator, key: str) -> Any:
    """Return a JSON object's document."""
    return json.loads(churn.client("s3").get_object(Bucket="churn", Key=key)["Body"].read())


def test_baseline_and_violations_are_the_recorded_ones(
    churn: RunningEmulator, recorded: Path, recorded_data: Path, parity: Parity
) -> None:
    """Clarify's job gives AWS's baseline; the live window against it gives AWS's seven violations."""
    validation = recorded_data / "churn" / "validation-dataset-with-header.csv"
    with validation.open(newline="") as file:
        headers = next(csv.reader(file))
    clarify(churn, "baseline", "s3://churn/data/validation-dataset-with-header.csv", headers)
    parity.close(
        CASE,
        "analysis.json of the baseline, by boto3 from the model's artifact on",
        json.loads((recorded / "baseline_analysis.json").read_text()),
        document(churn, "baseline/out/analysis.json"),
        tolerance=TOLERANCE,
    )

    rows = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    labels = json.loads((recorded / "reconstructed_ground_truth.json").read_text())["labels"]
    window = "".join(f"{row},{label}\n" for row, label in zip(rows, labels, strict=True))
    churn.client("s3").put_object(Bucket="churn", Key="live/data/window.csv", Body=window)
    job = clarify(
        churn,
        "live",
        "s3://churn/live/data/",
        [*headers[1:], "Churn"],
        "s3://churn/baseline/out/analysis.json",
    )

    expected = json.loads((recorded / "constraint_violations.json").read_text())
    actual = document(churn, "live/out/constraint_violations.json")
    parity.close(
        CASE,
        "constraint_violations.json of the live window, by boto3",
        expected,
        actual,
        tolerance=TOLERANCE,
        in_texts=True,
    )
    assert len(actual["violations"]) == 7
    assert job["ExitMessage"] == "CompletedWithViolations: Job completed successfully with 7 violations."


def test_an_hourly_schedule_finds_the_recorded_violations(
    churn: RunningEmulator, recorded: Path, recorded_data: Path, parity: Parity
) -> None:
    """From the transform's capture and labels by inference id, over six hours, below the hour it was due."""
    labels = json.loads((recorded / "reconstructed_ground_truth.json").read_text())["labels"]
    rows = [line.split(",") for line in transform(churn).splitlines()]
    captured = datetime.fromisoformat(rows[0][-1])
    hour = captured.strftime("%Y/%m/%d/%H")
    pairs = zip(rows, labels, strict=True)
    truth = "".join(GroundTruthRecord(row[-2], str(label)).to_json() + "\n" for row, label in pairs)
    s3, sagemaker = churn.client("s3"), churn.client("sagemaker")
    s3.put_object(Bucket="churn", Key=f"truth/{hour}/labels.jsonl", Body=truth)
    with (recorded_data / "churn" / "validation-dataset-with-header.csv").open(newline="") as file:
        headers = next(csv.reader(file))
    config = {
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "Account Length", "value_or_threshold": [100]}],
        "headers": [*headers[1:], "Churn"],
        "label": "Churn",
    }
    s3.put_object(Bucket="churn", Key="monitor/analysis_config.json", Body=json.dumps(config))
    baseline = (recorded / "baseline_analysis.json").read_bytes()
    s3.put_object(Bucket="churn", Key="recorded/analysis.json", Body=baseline)
    local = {"LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    sagemaker.create_model_bias_job_definition(
        JobDefinitionName="bias",
        ModelBiasBaselineConfig={"ConstraintsResource": {"S3Uri": "s3://churn/recorded/analysis.json"}},
        ModelBiasAppSpecification={
            "ImageUri": CLARIFY,
            "ConfigUri": "s3://churn/monitor/analysis_config.json",
        },
        ModelBiasJobInput={
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": "s3://churn/capture",
                "DatasetFormat": {"Csv": {"Header": False}},
                "LocalPath": "/opt/ml/processing/input/transform",
                "ProbabilityAttribute": "0",
                "ProbabilityThresholdAttribute": 0.8,
                "StartTimeOffset": "-PT6H",
                "EndTimeOffset": "-PT0H",
            },
            "GroundTruthS3Input": {"S3Uri": "s3://churn/truth"},
        },
        ModelBiasJobOutputConfig={
            "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://churn/monitor-output", **local}}]
        },
        JobResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}
        },
        RoleArn=ROLE,
        StoppingCondition={"MaxRuntimeInSeconds": 1800},
    )
    sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="bias-hourly",
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": "bias",
            "MonitoringType": "ModelBias",
        },
    )
    fired = fire(churn.url, "us-east-1", "bias-hourly", (captured + timedelta(hours=2)).isoformat())
    while True:
        (execution,) = sagemaker.list_monitoring_executions(MonitoringScheduleName="bias-hourly")[
            "MonitoringExecutionSummaries"
        ]
        if execution["MonitoringExecutionStatus"] not in ("Pending", "InProgress"):
            break
        time.sleep(0.1)

    layout = json.loads((recorded / "layout.json").read_text())
    parity.equal(
        CASE,
        "status of the schedule's execution",
        layout["status"],
        execution.get("FailureReason", execution["MonitoringExecutionStatus"]),
    )
    expected = json.loads((recorded / "constraint_violations.json").read_text())
    actual = document(
        churn, f"monitor-output/bias-hourly/{fired.scheduled:%Y/%m/%d/%H}/constraint_violations.json"
    )
    parity.close(
        CASE,
        "constraint_violations.json of an hourly schedule over capture and ground truth, by boto3",
        expected,
        actual,
        tolerance=TOLERANCE,
        in_texts=True,
    )
    merged = s3.list_objects_v2(Bucket="churn", Prefix="monitor-output/merge/")["Contents"]
    folders = r"(monitoring-schedule-[\d-]+|bias-hourly)/\d{4}/\d\d/\d\d/\d\d"
    pattern = rf"monitor-output/merge/{folders}/part-00000-[0-9a-f-]+\.c000\.jsonl"
    assert all(re.fullmatch(pattern, key) for key in (layout["merge_key"], merged[0]["Key"]))
    assert len(merged) == 1
