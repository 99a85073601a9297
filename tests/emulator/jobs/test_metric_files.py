"""Metric files that jobs leave, as an AWS client finds them in CloudWatch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import Context
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import processing_request, s3_input
from tests.emulator.jobs.test_analyzer_jobs import analyzer_request
from tests.emulator.jobs.test_processing_jobs import run

TIME = "2026-03-01T13:00:00Z"
MOMENT = datetime(2026, 3, 1, 13, tzinfo=UTC)
SCHEDULE = [{"Name": "MonitoringSchedule", "Value": "daily"}]
ENDPOINT = [{"Name": "Endpoint", "Value": "churn"}, *SCHEDULE]
SCRIPT = """
import os, shutil, sys
left, metrics = sys.argv[1:]
shutil.copytree(left, metrics)
if "LINK" in os.environ:
    os.symlink("/etc/hostname", metrics + "/link")
sys.exit(os.environ.get("CODE"))
"""
BATCH = "aws/sagemaker/ModelMonitoring"


def metric(name: str, dimensions: list[dict[str, str]], **value: Any) -> dict[str, Any]:
    """Return a metric of a file."""
    return {"MetricName": name, "Timestamp": TIME, "Dimensions": dimensions, **value}


def request(name: str, **environment: str) -> dict[str, Any]:
    """Return the request of a job whose script leaves what lies below s3://data/NAME/ as its metric files."""
    inputs = [
        s3_input("s3://data/go.py", "/opt/ml/processing/input/code", "code"),
        s3_input(f"s3://data/{name}/", "/opt/ml/processing/input/left", "left"),
    ]
    job = processing_request(name, ProcessingInputs=inputs)
    job["Environment"] = {"publish_cloudwatch_metrics": "Enabled", **environment}
    job["AppSpecification"] |= {
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/go.py"],
        "ContainerArguments": ["/opt/ml/processing/input/left", "/opt/ml/output/metrics/cloudwatch"],
    }
    return job


def finish(emulator: RunningEmulator, content: str | bytes, job: dict[str, Any]) -> dict[str, Any]:
    """Run *job*, which leaves *content*, over HTTP; return its description."""
    sagemaker, s3 = emulator.client("sagemaker"), emulator.client("s3")
    if not s3.list_buckets()["Buckets"]:
        s3.create_bucket(Bucket="data")
    name = job["ProcessingJobName"]
    s3.put_object(Bucket="data", Key="go.py", Body=SCRIPT)
    s3.put_object(Bucket="data", Key=f"{name}/metrics.jsonl", Body=content)
    sagemaker.create_processing_job(**job)
    emulator.context.jobs.wait(emulator.context, "processing-job", name)
    found: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName=name)
    return found


def log(emulator: RunningEmulator, name: str) -> str:
    """Return a job's log."""
    return (emulator.context.job_dir(name) / "log.txt").read_text()


def statistics(emulator: RunningEmulator, namespace: str, name: str, dimensions: Any) -> dict[str, float]:
    """Return the one data point of a metric."""
    points = emulator.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=MOMENT - timedelta(minutes=1),
        EndTime=MOMENT + timedelta(minutes=1),
        Period=60,
        Statistics=["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
    )["Datapoints"]
    assert len(points) == 1, points
    point: dict[str, Any] = points[0]
    assert point.pop("Timestamp") == MOMENT
    return {key: value for key, value in point.items() if key != "Unit"}


def test_a_client_lists_and_reads_what_a_job_left(emulator: RunningEmulator) -> None:
    """Values and statistic sets are under the endpoint's namespace with their dimensions, name and time."""
    values = {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 4.0}
    content = [
        metric("feature_data_age", ENDPOINT, StatisticValues=values),
        metric("feature_baseline_drift_age", ENDPOINT, Value=0.25),
    ]

    job = finish(
        emulator, "\n".join(map(json.dumps, content)), request("listed", sagemaker_endpoint_name="churn")
    )

    namespace = "aws/sagemaker/Endpoints/data-metrics"
    assert job["ProcessingJobStatus"] == "Completed", job
    found = emulator.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    assert {each["MetricName"] for each in found} == {"feature_data_age", "feature_baseline_drift_age"}
    assert all(each["Dimensions"] == ENDPOINT for each in found)
    point = statistics(emulator, namespace, "feature_data_age", ENDPOINT)
    assert point == {**values, "Average": 2.5}
    assert statistics(emulator, namespace, "feature_baseline_drift_age", ENDPOINT)["Sum"] == 0.25


def test_batches_and_kinds_have_namespaces_of_their_own(emulator: RunningEmulator) -> None:
    """Without an endpoint it is that of batches; model quality is told by the job's analysis type."""
    finish(emulator, json.dumps(metric("feature_non_null_x", SCHEDULE, Value=3)), request("batch"))
    quality = request("quality", analysis_type="MODEL_QUALITY")
    finish(emulator, json.dumps(metric("auc", SCHEDULE, Value=0.9)), quality)

    assert statistics(emulator, f"{BATCH}/data-metrics", "feature_non_null_x", SCHEDULE)["Sum"] == 3
    assert statistics(emulator, f"{BATCH}/model-metrics", "auc", SCHEDULE)["Sum"] == 0.9


def test_more_metrics_than_one_request_takes_are_all_put(emulator: RunningEmulator) -> None:
    """2,500 metrics, 2.5 requests' worth, are there."""
    content = "\n".join(json.dumps(metric(f"m{number}", SCHEDULE, Value=number)) for number in range(2500))

    finish(emulator, content, request("many"))

    paginator = emulator.client("cloudwatch").get_paginator("list_metrics")
    pages = paginator.paginate(Namespace=f"{BATCH}/data-metrics")
    names = {each["MetricName"] for page in pages for each in page["Metrics"]}
    assert {f"m{number}" for number in range(2500)} <= names
    assert statistics(emulator, f"{BATCH}/data-metrics", "m2499", SCHEDULE)["Maximum"] == 2499


def test_a_malformed_line_is_a_warning_in_the_log(emulator: RunningEmulator) -> None:
    """The job completes, the other lines are published, and the log says file, line and what is wrong."""
    good = json.dumps(metric("after", SCHEDULE, Value=1))

    job = finish(emulator, f"{{\n\n{good}\n" + '{"MetricName": "x"}\n', request("broken"))

    assert job["ProcessingJobStatus"] == "Completed"
    text = log(emulator, "broken")
    assert "warning: CloudWatch metrics: metrics.jsonl, line 1: the metric is not JSON" in text
    assert "metrics.jsonl, line 4: the metric must have one of Value and StatisticValues" in text
    assert statistics(emulator, f"{BATCH}/data-metrics", "after", SCHEDULE)["Sum"] == 1


def test_a_file_of_bad_lines_does_not_fill_the_log(emulator: RunningEmulator) -> None:
    """Twenty warnings, and how many more."""
    finish(emulator, "x\n" * 500, request("garbage"))

    text = log(emulator, "garbage")
    assert text.count("warning: CloudWatch metrics") == 21
    assert "and 480 more" in text


@pytest.mark.parametrize("switch", ["Disabled", ""])
def test_nothing_is_published_unless_it_is_enabled(emulator: RunningEmulator, switch: str) -> None:
    """The job's environment decides, whatever its container left."""
    name = f"silent{len(switch)}"
    content = json.dumps(metric(name, SCHEDULE, Value=1))

    finish(emulator, content, request(name, publish_cloudwatch_metrics=switch))

    assert emulator.client("cloudwatch").list_metrics(MetricName=name)["Metrics"] == []


def test_a_failed_job_publishes_nothing(emulator: RunningEmulator) -> None:
    """Metrics come with a job's results or not at all."""
    content = json.dumps(metric("failing", SCHEDULE, Value=1))

    assert finish(emulator, content, request("failing", CODE="no"))["ProcessingJobStatus"] == "Failed"
    assert emulator.client("cloudwatch").list_metrics(MetricName="failing")["Metrics"] == []


def test_links_out_of_the_directory_and_other_encodings_are_warnings(emulator: RunningEmulator) -> None:
    """A file that cannot be read as text, or lies elsewhere, is named and left alone."""
    job = finish(emulator, b"\xff", request("odd", LINK="yes"))

    assert job["ProcessingJobStatus"] == "Completed"
    assert "link is a link out of its directory" in log(emulator, "odd")
    assert "metrics.jsonl cannot be read" in log(emulator, "odd")


def test_when_cloudwatch_does_not_answer_the_job_still_completes(context: Context) -> None:
    """An emulator without its server has no CloudWatch: the log says which metrics were not put."""
    line = json.dumps(metric("unheard", SCHEDULE, Value=1))
    context.s3.put_bytes("s3://data/go.py", SCRIPT.encode())
    context.s3.put_bytes("s3://data/unheard/metrics.jsonl", line.encode())

    job = run(context, request("unheard"))

    assert job["ProcessingJobStatus"] == "Completed"
    text = (context.job_dir("unheard") / "log.txt").read_text()
    assert f"1 metrics of {BATCH}/data-metrics could not be put" in text


def test_the_analyzer_publishes_data_and_model_quality(emulator: RunningEmulator) -> None:
    """A client reads a feature's numbers under the endpoint, and the model's accuracy under the batch."""
    monitor = {
        "publish_cloudwatch_metrics": "Enabled",
        "sagemaker_monitoring_schedule_name": "daily",
        "metric_time": TIME,
    }
    rows = "income,p,y\n" + "".join(f"{n},0.{n % 9 + 1},{int(n % 9 > 4)}\n" for n in range(90))
    emulator.context.s3.put_bytes("s3://data/analysed/rows.csv", rows.encode())
    data = analyzer_request("s3://data/analysed/", "data-quality", **monitor, sagemaker_endpoint_name="churn")
    model = analyzer_request(
        "s3://data/analysed/",
        "model-quality",
        **monitor,
        analysis_type="MODEL_QUALITY",
        problem_type="BinaryClassification",
        probability_attribute="p",
        ground_truth_attribute="y",
    )

    for job in (data, model):
        assert "FailureReason" not in run(emulator.context, job)

    namespace = "aws/sagemaker/Endpoints/data-metrics"
    point = statistics(emulator, namespace, "feature_data_income", ENDPOINT)
    assert point == {"SampleCount": 90, "Sum": 4005, "Minimum": 0, "Maximum": 89, "Average": 44.5}
    assert statistics(emulator, namespace, "feature_non_null_income", ENDPOINT)["Sum"] == 90
    # 0.5 is not above the threshold, so every answer is right.
    assert statistics(emulator, f"{BATCH}/model-metrics", "accuracy", SCHEDULE)["Average"] == 1
