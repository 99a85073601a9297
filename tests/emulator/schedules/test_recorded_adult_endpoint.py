"""The income model on a real-time endpoint: traffic, ground truth, and schedules of bias and attributions.

The window is that of a recorded run: 334 records sent round and round, 1,806 requests in JSON Lines.
"""

from __future__ import annotations

import json
import random
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.emulator.lifecycle import fire
from tests.analysis.container.test_recorded_adult import BIAS, FEATURES
from tests.emulator.conftest import REGION, RunningEmulator
from tests.emulator.jobs.conftest import ROLE
from tests.emulator.jobs.test_recorded_adult_jobs import BASELINE, CLARIFY, LINEAR_LEARNER, LINES
from tests.emulator.schedules.test_monitoring import CLUSTER, HOURLY
from tests.parity import comparing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
REQUESTS = 1806
BUCKET = "income"


@pytest.fixture(scope="module")
def income(emulator: RunningEmulator, recorded_data: Path) -> RunningEmulator:
    """An endpoint that has answered the recorded traffic, whose labels have arrived."""
    s3, sagemaker = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    folder = recorded_data / "adult"
    s3.upload_file(str(folder / "ll-adult-prediction-model.tar.gz"), BUCKET, "model.tar.gz")
    container = {"Image": LINEAR_LEARNER, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    sagemaker.create_model(ModelName="income", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "AllTraffic", "ModelName": "income", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="income",
        ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": [LINES]},
        },
    )
    sagemaker.create_endpoint(EndpointName="income", EndpointConfigName="income")
    records = [json.loads(line) for line in (folder / "test-dataset.jsonl").read_text().splitlines()]
    runtime = emulator.client("sagemaker-runtime")
    for number in range(REQUESTS):
        index = number % len(records)
        runtime.invoke_endpoint(
            EndpointName="income",
            ContentType=LINES,
            Accept=LINES,
            InferenceId=str(index),
            Body=json.dumps({"features": records[index]["features"]}),
        )["Body"].read()
    emulator.context.hosting.flush()
    labels = [json.dumps({"label": int(random.Random(i).random() < 0.7)}) for i in range(len(records))]
    truths = [GroundTruthRecord(str(i), label, "JSON").to_json() for i, label in enumerate(labels)]
    truth = "".join(f"{line}\n" for line in truths)
    for hour in hours(emulator):
        s3.put_object(Bucket=BUCKET, Key=f"truth/{hour}/labels.jsonl", Body=truth)
    return emulator


def hours(emulator: RunningEmulator) -> list[str]:
    """Return the folders of the hours that the traffic fell into."""
    listed = emulator.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="capture/")["Contents"]
    return sorted({"/".join(each["Key"].split("/")[3:7]) for each in listed})


def execution(emulator: RunningEmulator, name: str, kind: str) -> dict[str, Any]:
    """Make an hourly schedule of the job definition *name*, fire it over the traffic, and return its end."""
    sagemaker = emulator.client("sagemaker")
    sagemaker.create_monitoring_schedule(
        MonitoringScheduleName=name,
        MonitoringScheduleConfig={
            "ScheduleConfig": HOURLY,
            "MonitoringJobDefinitionName": name,
            "MonitoringType": kind,
        },
    )
    last = datetime.strptime(hours(emulator)[-1] + " +0000", "%Y/%m/%d/%H %z")
    fire(emulator.url, REGION, name, last.replace(minute=59).isoformat())
    while True:
        (found,) = sagemaker.list_monitoring_executions(MonitoringScheduleName=name)[
            "MonitoringExecutionSummaries"
        ]
        if found["MonitoringExecutionStatus"] not in ("Pending", "InProgress"):
            return dict(found)
        time.sleep(0.2)


def document(emulator: RunningEmulator, name: str, file: str) -> Any:
    """Return a document of the reports of the schedule *name*."""
    s3 = emulator.client("s3")
    (key,) = [
        each["Key"]
        for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"reports/income/{name}/")["Contents"]
        if each["Key"].endswith(f"/{file}")
    ]
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def definition(
    emulator: RunningEmulator, name: str, kind: str, config: Any, baseline: bytes, **given: Any
) -> Any:
    """Return the request for a job definition over the endpoint."""
    s3 = emulator.client("s3")
    s3.put_object(Bucket=BUCKET, Key=f"{name}/analysis_config.json", Body=json.dumps(config))
    s3.put_object(Bucket=BUCKET, Key=f"{name}/analysis.json", Body=baseline)
    endpoint = {
        "EndpointName": "income",
        "LocalPath": "/opt/ml/processing/input/endpoint",
        "FeaturesAttribute": "features",
        "StartTimeOffset": "-PT2H",
        "EndTimeOffset": "-PT0H",
        **given.pop("endpoint", {}),
    }
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output"}
    return {
        "JobDefinitionName": name,
        f"{kind}BaselineConfig": {"ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/{name}/analysis.json"}},
        f"{kind}AppSpecification": {
            "ImageUri": CLARIFY,
            "ConfigUri": f"s3://{BUCKET}/{name}/analysis_config.json",
        },
        f"{kind}JobInput": {"EndpointInput": endpoint, **given},
        f"{kind}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
        "JobResources": CLUSTER,
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
    }


def test_a_bias_schedule_finds_the_recorded_violations(income: RunningEmulator, recorded_data: Path) -> None:
    """Capture, merge and monitor: AWS's nine violations, values and order."""
    recorded = recorded_data / "recorded" / "adult_bias_endpoint_jsonl"
    request = definition(
        income,
        "bias",
        "ModelBias",
        {"headers": [*FEATURES, "Target"], "label": "label", **BIAS},
        (recorded / "baseline_analysis.json").read_bytes(),
        endpoint={"InferenceAttribute": "predicted_label"},
        GroundTruthS3Input={"S3Uri": f"s3://{BUCKET}/truth"},
    )
    income.client("sagemaker").create_model_bias_job_definition(**request)

    found = execution(income, "bias", "ModelBias")

    assert found["MonitoringExecutionStatus"] == "CompletedWithViolations", found.get("FailureReason")
    expected = json.loads((recorded / "constraint_violations.json").read_text())
    actual = document(income, "bias", "constraint_violations.json")
    assert len(actual["violations"]) == 9
    comparing.close(expected, actual, tolerance=1e-15, ordered=False, in_texts=True).require()


def test_an_explainability_schedule_ranks_the_traffic_s_features(
    income: RunningEmulator, recorded_data: Path
) -> None:
    """Against the recorded baseline: honest traffic, so the ranking's nDCG stays above AWS's 0.9."""
    recorded = recorded_data / "recorded" / "adult_shap_endpoint_jsonl" / "baseline_analysis.json"
    config = {
        "headers": FEATURES,
        "methods": {
            "shap": {"baseline": [{"features": BASELINE}], "num_samples": 100, "agg_method": "mean_abs"}
        },
        "predictor": {
            "model_name": "income",
            "instance_type": "ml.m5.xlarge",
            "initial_instance_count": 1,
            "content_type": LINES,
            "accept_type": LINES,
            "content_template": '{"features":$features}',
            "label": "score",
        },
    }
    request = definition(income, "shap", "ModelExplainability", config, recorded.read_bytes())
    income.client("sagemaker").create_model_explainability_job_definition(**request)

    found = execution(income, "shap", "ModelExplainability")

    assert found["MonitoringExecutionStatus"] == "Completed", found.get("FailureReason")
    explained = document(income, "shap", "analysis.json")["explanations"]["kernel_shap"]["label0"]
    baseline = json.loads(recorded.read_text())["explanations"]["kernel_shap"]["label0"]
    assert list(explained["global_shap_values"]) == list(baseline["global_shap_values"])
    assert explained["expected_value"] == baseline["expected_value"]
