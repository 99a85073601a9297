"""The recorded explanation of the adult model, from the artifact to analysis.json, with boto3 alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.explainability.oracles import adult_model, adult_rows
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import ROLE, s3_input
from tests.parity.plugin import Parity

CASE = "adult_shap_endpoint_jsonl"
CLARIFY = "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0"
LINEAR_LEARNER = "174872318107.dkr.ecr.us-west-2.amazonaws.com/linear-learner:1"
LINES = "application/jsonlines"
BASELINE = [39, 2, 184870, 10, 10, 3, 6, 1, 4, 1, 1597, 61, 41, 37]


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> Any:
    """AWS's analysis.json."""
    return json.loads((recorded_data / "recorded" / CASE / "baseline_analysis.json").read_text())


@pytest.fixture(scope="module")
def explained(emulator: RunningEmulator, recorded_data: Path, recorded: Any) -> dict[str, bytes]:
    """The files of a Clarify job with the recorded configuration, by name."""
    s3, sagemaker = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket="adult")
    folder = recorded_data / "adult"
    s3.upload_file(str(folder / "ll-adult-prediction-model.tar.gz"), "adult", "model.tar.gz")
    s3.upload_file(str(folder / "validation-dataset.jsonl"), "adult", "data/validation-dataset.jsonl")
    container = {"Image": LINEAR_LEARNER, "ModelDataUrl": "s3://adult/model.tar.gz"}
    sagemaker.create_model(ModelName="adult", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    names = list(recorded["explanations"]["kernel_shap"]["label0"]["global_shap_values"])
    config = {
        "dataset_type": LINES,
        "features": "features",
        "headers": [*names, "Target"],
        "label": "label",
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "shap": {
                "baseline": [{"features": BASELINE}],
                "num_samples": 100,
                "agg_method": "mean_abs",
                "save_local_shap_values": True,
            },
        },
        "predictor": {
            "model_name": "adult",
            "instance_type": "ml.m5.xlarge",
            "initial_instance_count": 1,
            "content_type": LINES,
            "accept_type": LINES,
            "content_template": '{"features":$features}',
            "label": "score",
        },
    }
    s3.put_object(Bucket="adult", Key="config/analysis_config.json", Body=json.dumps(config))
    run(sagemaker)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="adult", Prefix="out/")["Contents"]]
    return {key[4:]: s3.get_object(Bucket="adult", Key=key)["Body"].read() for key in keys}


def run(sagemaker: Any) -> None:
    """Run the job to its end; it must complete."""
    output = {"S3Uri": "s3://adult/out", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}
    sagemaker.create_processing_job(
        ProcessingJobName="explain",
        ProcessingResources={"ClusterConfig": cluster},
        AppSpecification={"ImageUri": CLARIFY},
        RoleArn=ROLE,
        ProcessingInputs=[
            s3_input("s3://adult/config", "/opt/ml/processing/input/config", "analysis_config"),
            s3_input("s3://adult/data", "/opt/ml/processing/input/data", "dataset"),
        ],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "analysis_result", "S3Output": output}]},
    )
    deadline = time.monotonic() + 120
    while (job := sagemaker.describe_processing_job(ProcessingJobName="explain"))[
        "ProcessingJobStatus"
    ] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ExitMessage"] == "Completed: SageMaker XAI Analyzer ran successfully"


def test_explanations_equal_the_recorded_ones(
    parity: Parity, explained: dict[str, bytes], recorded: Any
) -> None:
    """The expected value is AWS's to the last digit, the 14 global values are within 0.0005, in its order."""
    analysis = json.loads(explained["analysis.json"])

    def values(document: Any) -> Any:
        return document["explanations"]["kernel_shap"]["label0"]["global_shap_values"]

    def expected_value(document: Any) -> Any:
        return document["explanations"]["kernel_shap"]["label0"]["expected_value"]

    assert list(analysis) == list(recorded)
    assert list(values(analysis)) == list(values(recorded))
    difference = max(abs(values(analysis)[name] - value) for name, value in values(recorded).items())
    assert difference < 0.0005
    parity.add(
        CASE,
        "global SHAP values",
        values="14",
        agreement="within 0.0005",
        tolerance="0.0005",
        note="drawn anew by each run; exact Shapley values are off by 0.00095, other schemes too",
    )
    parity.equal(CASE, "expected value", expected_value(recorded), expected_value(analysis))


def test_local_values_add_up_to_what_the_model_answers(
    explained: dict[str, bytes], recorded_data: Path
) -> None:
    """out.csv has a row for each of the 666 records, whose values add up to score less expected value."""
    label = json.loads(explained["analysis.json"])["explanations"]["kernel_shap"]["label0"]
    header, *lines = explained["explanations_shap/out.csv"].decode().splitlines()
    local = np.array([[float(cell) for cell in line.split(",")] for line in lines])

    assert header.split(",") == [f"{name}_label0" for name in label["global_shap_values"]]
    assert local.shape == (666, 14)
    scores = local.sum(axis=1) + label["expected_value"]
    answers = adult_model(recorded_data)(adult_rows(recorded_data))[:, 0]
    np.testing.assert_allclose(answers, scores, rtol=0, atol=2e-7)
    np.testing.assert_allclose(
        np.abs(local).mean(axis=0), list(label["global_shap_values"].values()), rtol=1e-12
    )
