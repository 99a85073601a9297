"""A watched endpoint whose traffic was captured, and schedules over it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import with_image
from tests.emulator.hosting.conftest import ROLE, SCALES, Hosted

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}
CAPTURE: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://data/captures",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}
HOURLY = {"ScheduleExpression": "cron(0 * ? * * *)"}
OUTPUT = {
    "MonitoringOutputs": [
        {"S3Output": {"S3Uri": "s3://data/reports", "LocalPath": "/opt/ml/processing/output"}}
    ]
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """An endpoint with captured traffic, and a baseline of its answers and inputs."""
    folder: Path = tmp_path_factory.mktemp("watched")
    running = with_image(folder, "team/scales", SCALES)
    made = Hosted(running)
    made.s3.create_bucket(Bucket="data")
    made.model("doubles", 2)
    made.endpoint("scale", made.config("scale", "doubles", capture=CAPTURE))
    for number in (1.5, 2.5, 3.5):
        made.ask("scale", f"{number}")
    features = [
        {"name": name, "inferred_type": "Fractional", "completeness": 1.0} for name in ("answer", "weight")
    ]
    good = {"version": 0.0, "features": features}
    bad = {"version": 0.0, "features": [features[0], {**features[1], "inferred_type": "Integral"}]}
    for name, document in (("good", good), ("bad", bad)):
        made.s3.put_object(Bucket="data", Key=f"{name}/constraints.json", Body=json.dumps(document))
    for name in ("good", "bad"):
        made.sagemaker.create_data_quality_job_definition(**definition(name))
    yield made
    made.running.close()


def definition(name: str, **changes: Any) -> dict[str, Any]:
    """Return the request for a job definition whose baseline is the document called *name*."""
    request: dict[str, Any] = {
        "JobDefinitionName": name,
        "DataQualityBaselineConfig": {"ConstraintsResource": {"S3Uri": f"s3://data/{name}/constraints.json"}},
        "DataQualityAppSpecification": {"ImageUri": ANALYZER},
        "DataQualityJobInput": {
            "EndpointInput": {"EndpointName": "scale", "LocalPath": "/opt/ml/processing/input/endpoint"}
        },
        "DataQualityJobOutputConfig": OUTPUT,
        "JobResources": CLUSTER,
        "RoleArn": ROLE,
    }
    return {**request, **changes}


def schedule(hosted: Hosted, name: str, job: str, plan: dict[str, str] | None = None) -> None:
    """Make a schedule of data quality."""
    hosted.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName=name,
        MonitoringScheduleConfig={
            "ScheduleConfig": plan or HOURLY,
            "MonitoringJobDefinitionName": job,
            "MonitoringType": "DataQuality",
        },
    )


def due(hosted: Hosted) -> str:
    """Return the hour at which a schedule looks at the traffic: the one after it was captured."""
    (first, *_) = sorted(hosted.captured("captures/scale/", 3))
    hour = "/".join(first.split("/")[3:7])
    return (datetime.strptime(hour, "%Y/%m/%d/%H").replace(tzinfo=UTC) + timedelta(hours=1)).isoformat()


def ended(hosted: Hosted, name: str) -> dict[str, Any]:
    """Return the newest execution of a schedule once it ended."""
    for _ in range(600):
        found = hosted.sagemaker.list_monitoring_executions(MonitoringScheduleName=name)
        first: dict[str, Any] = next(iter(found["MonitoringExecutionSummaries"]), {})
        if first.get("MonitoringExecutionStatus", "Pending") not in ("Pending", "InProgress"):
            return first
        time.sleep(0.05)
    raise AssertionError(f"{name} has not ended: {first}")


def refused(call: Any, **request: Any) -> str:
    """Return the text that *call* is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Message"])
