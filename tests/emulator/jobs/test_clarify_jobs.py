"""What Clarify processing jobs need from the emulator: their model, and words when there is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import Context
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import ROLE, XGBOOST, processing_request, s3_input
from tests.emulator.jobs.test_processing_jobs import run

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
HEADERS = ["a", "b", "group", "label"]


def clarify_request(context: Context, predictor: dict[str, Any] | None) -> dict[str, Any]:
    """Store a configuration and 400 rows; return the request of a Clarify job on them."""
    config: dict[str, Any] = {
        "dataset_type": "text/csv",
        "headers": HEADERS,
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "group", "value_or_threshold": [1]}],
        "excluded_columns": ["group"],
        "methods": {"post_training_bias": {"methods": "all"}},
    }
    if predictor is not None:
        config["predictor"] = predictor
    rows = "".join(f"{n % 3 - 1},{n % 5},{n % 2},{n % 4 // 2}\n" for n in range(400))
    context.s3.put_bytes("s3://data/config/analysis_config.json", json.dumps(config).encode())
    context.s3.put_bytes("s3://data/rows/rows.csv", rows.encode())
    config_uri = "s3://data/config/analysis_config.json"
    request = processing_request(
        ProcessingInputs=[
            s3_input(config_uri, "/opt/ml/processing/input/config", "analysis_config"),
            s3_input("s3://data/rows", "/opt/ml/processing/input/data", "dataset"),
        ]
    )
    return request | {"AppSpecification": {"ImageUri": CLARIFY}}


def test_the_predictor_is_served_while_the_job_runs(context: Context, model: str) -> None:
    """A predictor with model_name gets a shadow endpoint, and the analysis has post-training metrics."""
    job = run(context, clarify_request(context, {"model_name": model}))

    assert job.get("FailureReason") is None
    analysis = json.loads(context.s3.read_bytes("s3://data/out/analysis.json"))
    names = {each["name"] for each in analysis["post_training_bias_metrics"]["facets"]["group"][0]["metrics"]}
    assert {"DPPL", "DI", "AD"} <= names


@pytest.mark.parametrize(
    ("predictor", "reason"),
    [
        ({"model_name": "nobody"}, "the shadow endpoint cannot start: Could not find model"),
        ({"endpoint_name": "live", "model_name": "m"}, "predictor has both model_name and endpoint_name"),
        (None, "give predictor or predicted_label"),
    ],
)
def test_a_predictor_that_cannot_be_asked_fails_the_job(
    context: Context, model: str, predictor: dict[str, Any] | None, reason: str
) -> None:
    """The reason says what is missing, and no half analysis is stored."""
    job = run(context, clarify_request(context, predictor))

    assert job["ProcessingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
    assert context.s3.list("s3://data/out") == []


def test_a_configuration_that_is_no_json_fails_in_the_words_of_the_container(context: Context) -> None:
    """A damaged analysis_config.json is Clarify's error, not one of the emulator's staging."""
    request = clarify_request(context, None)
    context.s3.put_bytes("s3://data/config/analysis_config.json", b"{")

    job = run(context, request)

    assert "Unable to load analysis configuration as JSON." in job["FailureReason"]


def test_a_monitor_publishes_bias_metrics(emulator: RunningEmulator) -> None:
    """An AWS client finds a bias job's metrics in CloudWatch, under the schedule, stage and facet."""
    context = emulator.context
    context.s3.create_bucket("data", context.region)
    request = clarify_request(context, None)
    config = json.loads(context.s3.read_bytes("s3://data/config/analysis_config.json"))
    config["methods"] = {"pre_training_bias": {"methods": ["CI"]}}
    context.s3.put_bytes("s3://data/config/analysis_config.json", json.dumps(config).encode())
    request["Environment"] = {
        "publish_cloudwatch_metrics": "Enabled",
        "sagemaker_monitoring_schedule_name": "daily",
        "metric_time": "2026-03-01T13:00:00Z",
    }

    job = run(context, request)

    assert job.get("FailureReason") is None
    (metric,) = emulator.client("cloudwatch").list_metrics(MetricName="bias_metric_CI")["Metrics"]
    assert metric["Namespace"] == "aws/sagemaker/ModelMonitoring/bias-metrics"
    assert {each["Name"]: each["Value"] for each in metric["Dimensions"]} == {
        "MonitoringSchedule": "daily",
        "BiasStage": "Pre-training",
        "Label": "label",
        "LabelValue": "1",
        "Facet": "group",
        "FacetValue": "1",
    }


def test_side_files_are_staged_from_their_uris(context: Context, model: str) -> None:
    """Dataset, facets and predicted labels that the configuration names by URI reach the container."""
    request = clarify_request(context, None)
    config = json.loads(context.s3.read_bytes("s3://data/config/analysis_config.json"))
    rows = [(n % 3 - 1, n % 5, n % 4 // 2) for n in range(400)]
    files = {
        "plain/rows.csv": [(n, *row) for n, row in enumerate(rows)],
        "side/facets/facets.csv": [(n, n % 2) for n in reversed(range(400))],
        "side/guesses.csv": [(n, n % 5 // 3) for n in range(400)],
    }
    for key, lines in files.items():
        text = "".join(",".join(map(str, line)) + "\n" for line in lines)
        context.s3.put_bytes(f"s3://data/{key}", text.encode())
    config |= {
        "headers": ["id", "a", "b", "label"],
        "dataset_uri": "s3://data/plain",
        "joinsource_name_or_index": "id",
        "excluded_columns": [],
        "facet_dataset_uri": "s3://data/side/facets",
        "facet_headers": ["id", "group"],
        "predicted_label_dataset_uri": "s3://data/side/guesses.csv",
        "predicted_label_headers": ["id", "guess"],
    }
    context.s3.put_bytes("s3://data/config/analysis_config.json", json.dumps(config).encode())

    job = run(context, request | {"ProcessingInputs": request["ProcessingInputs"][:1]})

    assert job.get("FailureReason") is None
    analysis = json.loads(context.s3.read_bytes("s3://data/out/analysis.json"))
    (result,) = analysis["post_training_bias_metrics"]["facets"]["group"]
    values = {each["name"]: each["value"] for each in result["metrics"]}
    rates = [sum(n % 5 // 3 for n in range(side, 400, 2)) / 200 for side in (0, 1)]
    assert values["DPPL"] == rates[0] - rates[1]


def test_side_files_without_objects_fail_the_job(context: Context) -> None:
    """A URI under which nothing lies is told in AWS's words, before the container starts."""
    request = clarify_request(context, None)
    config = json.loads(context.s3.read_bytes("s3://data/config/analysis_config.json"))
    config["facet_dataset_uri"] = "s3://data/nowhere"
    context.s3.put_bytes("s3://data/config/analysis_config.json", json.dumps(config).encode())

    job = run(context, request)

    assert job["FailureReason"].startswith('No S3 objects found under S3 URL "s3://data/nowhere"')
    assert context.s3.list("s3://data/out") == []


def test_a_monitor_publishes_attributions(emulator: RunningEmulator, artifact: bytes) -> None:
    """An AWS client finds each global SHAP value, and the expected value, under the endpoint."""
    s3, sagemaker = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket="explained")
    s3.put_object(Bucket="explained", Key="model.tar.gz", Body=artifact)
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://explained/model.tar.gz"}
    sagemaker.create_model(ModelName="explained", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    config = {
        "dataset_type": "text/csv",
        "headers": ["a", "b"],
        "methods": {"shap": {"baseline": [[0, 0]], "num_samples": 4, "agg_method": "mean_abs"}},
        "predictor": {
            "model_name": "explained",
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
            "content_type": "text/csv",
            "accept_type": "text/csv",
        },
    }
    s3.put_object(Bucket="explained", Key="config/analysis_config.json", Body=json.dumps(config))
    s3.put_object(Bucket="explained", Key="rows/rows.csv", Body="1,2\n-1,0.5\n2,1\n")
    request = processing_request(
        "attributions",
        ProcessingInputs=[
            s3_input("s3://explained/config", "/opt/ml/processing/input/config", "analysis_config"),
            s3_input("s3://explained/rows", "/opt/ml/processing/input/data", "dataset"),
        ],
        Environment={
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": "churn",
            "sagemaker_monitoring_schedule_name": "daily",
            "metric_time": "2026-03-01T13:00:00Z",
        },
    )
    request["AppSpecification"] = {"ImageUri": CLARIFY}
    output = request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    output["S3Uri"] = "s3://explained/out"

    job = run(emulator.context, request)

    assert job.get("FailureReason") is None
    body = s3.get_object(Bucket="explained", Key="out/analysis.json")["Body"].read()
    label = json.loads(body)["explanations"]["kernel_shap"]["label0"]
    namespace = "aws/sagemaker/Endpoints/explainability-metrics"
    moment = datetime(2026, 3, 1, 13, tzinfo=UTC)
    found = {}
    for metric in emulator.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]:
        points = emulator.client("cloudwatch").get_metric_statistics(
            **metric,
            StartTime=moment,
            EndTime=moment + timedelta(minutes=1),
            Period=60,
            Statistics=["Average"],
        )["Datapoints"]
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        found[metric["MetricName"], dimensions.pop("ValueType")] = [each["Average"] for each in points]
        assert dimensions == {
            "Endpoint": "churn",
            "MonitoringSchedule": "daily",
            "ExplainabilityMethod": "KernelShap",
            "Label": "label0",
        }
    values = label["global_shap_values"]
    assert found == {
        ("feature_a", "GlobalShapValues"): [values["a"]],
        ("feature_b", "GlobalShapValues"): [values["b"]],
        ("ExpectedValue", "ExpectedValue"): [label["expected_value"]],
    }
