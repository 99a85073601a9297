"""All four monitors over an endpoint and over batch transforms, all at once: reports, statuses, metrics."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.lifecycle import fire
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import REGION, RunningEmulator
from tests.emulator.jobs.conftest import XGBOOST, pack

from .conftest import ANALYZER, CAPTURE, CLUSTER, HOURLY, OUTPUT, ROLE

pytestmark = pytest.mark.long

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
FEATURES = ["a", "b"]
ROWS = 120
FACET = [{"name_or_index": "b", "value_or_threshold": [0]}]
KINDS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
MERGED = ("ModelQuality", "ModelBias")
NAMESPACES = {
    "DataQuality": "data-metrics",
    "ModelQuality": "model-metrics",
    "ModelBias": "bias-metrics",
    "ModelExplainability": "explainability-metrics",
}
DIMENSIONS = {
    "DataQuality": set(),
    "ModelQuality": set(),
    "ModelBias": {"BiasStage", "Label", "LabelValue", "Facet", "FacetValue"},
    "ModelExplainability": {"ExplainabilityMethod", "Label", "ValueType"},
}
REPORTS = {
    "DataQuality": {"statistics.json", "constraints.json", "constraint_violations.json"},
    "ModelQuality": {"statistics.json", "constraints.json", "constraint_violations.json"},
    "ModelBias": {"analysis.json", "constraint_violations.json"},
    "ModelExplainability": {"analysis.json", "constraint_violations.json"},
}


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An endpoint and a transform whose traffic was captured, labels for both, and strict baselines."""
    running = RunningEmulator(Server(EmulatorConfig(tmp_path_factory.mktemp("kinds"), port=0)).start())
    s3, sagemaker = running.client("s3"), running.client("sagemaker")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="model.tar.gz", Body=_model())
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/model.tar.gz"}
    sagemaker.create_model(ModelName="tiny", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    rows = np.random.default_rng(1).normal(size=(ROWS, 2)).round(3)
    rows[:, 1] = rows[:, 1] > 0
    lines = [f"{a},{b:.1f}" for a, b in rows]
    labels = [int(a > 0) for a, _ in rows]
    _over_endpoint(running, lines, labels)
    _over_batches(running, lines, labels)
    _baselines(s3)
    yield running
    running.close()


def _model() -> bytes:
    rows = np.random.default_rng(0).normal(size=(200, 2))
    data = xgboost.DMatrix(rows, label=rows[:, 0] + 0.3 * rows[:, 1] > 0)
    parameters = {"objective": "binary:logistic", "max_depth": 2, "seed": 0}
    return pack(bytes(xgboost.train(parameters, data, num_boost_round=5).save_raw("json")))


def _over_endpoint(running: RunningEmulator, lines: list[str], labels: list[int]) -> None:
    sagemaker, runtime, s3 = (running.client(name) for name in ("sagemaker", "sagemaker-runtime", "s3"))
    variant = {"VariantName": "AllTraffic", "ModelName": "tiny", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="tiny", ProductionVariants=[variant], DataCaptureConfig=CAPTURE
    )
    sagemaker.create_endpoint(EndpointName="tiny", EndpointConfigName="tiny")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="tiny", WaiterConfig={"Delay": 1})
    for number, line in enumerate(lines):
        runtime.invoke_endpoint(
            EndpointName="tiny", ContentType="text/csv", Body=line, InferenceId=str(number)
        )
    running.context.hosting.flush()
    truth = "".join(GroundTruthRecord(str(n), str(label)).to_json() + "\n" for n, label in enumerate(labels))
    for hour in hours(running, "captures/tiny/AllTraffic/"):
        s3.put_object(Bucket="data", Key=f"truth/endpoint/{hour}/labels.jsonl", Body=truth)


def _over_batches(running: RunningEmulator, lines: list[str], labels: list[int]) -> None:
    sagemaker, s3 = running.client("sagemaker"), running.client("s3")
    s3.put_object(Bucket="data", Key="in/rows.csv", Body="\n".join(lines))
    sagemaker.create_transform_job(
        TransformJobName="batch",
        ModelName="tiny",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": "s3://data/out", "AssembleWith": "Line", "Accept": "text/csv"},
        DataProcessing={"JoinSource": "Input"},
        DataCaptureConfig={"DestinationS3Uri": "s3://data/batches", "GenerateInferenceId": True},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    job = running.context.jobs.wait(running.context, "transform-job", "batch")
    assert job["TransformJobStatus"] == "Completed", job
    scored = s3.get_object(Bucket="data", Key="out/rows.csv.out")["Body"].read().decode().splitlines()
    pairs = zip((line.split(",")[-2] for line in scored), labels, strict=True)
    truth = "".join(GroundTruthRecord(key, str(label)).to_json() + "\n" for key, label in pairs)
    for hour in hours(running, "batches/input/"):
        s3.put_object(Bucket="data", Key=f"truth/batch/{hour}/labels.jsonl", Body=truth)


def _baselines(s3: Any) -> None:
    """Put baselines that this traffic violates, each in one way."""
    bias = {"name": "DPPL", "description": "", "value": 0.0}
    ranking = {"global_shap_values": {"a": 0.0, "b": 1.0}, "expected_value": 0.5}
    metric = {"threshold": 1.1, "comparison_operator": "LessThanThreshold"}
    facets = {"b": [{"value_or_threshold": "0", "metrics": [bias]}]}
    section = {"label": "label", "facets": facets, "label_value_or_threshold": "1"}
    documents: dict[str, Any] = {
        "DataQuality-endpoint": _types("answer", *FEATURES),
        "DataQuality-batch": _types(*FEATURES),
        "ModelQuality": {"version": 0.0, "binary_classification_constraints": {"accuracy": metric}},
        "ModelBias": {"version": "1.0", "post_training_bias_metrics": section},
        "ModelExplainability": {"version": "1.0", "explanations": {"kernel_shap": {"label0": ranking}}},
    }
    for name, document in documents.items():
        s3.put_object(Bucket="data", Key=f"baselines/{name}.json", Body=json.dumps(document))
    shap = {"baseline": [[0.0, 0.0]], "num_samples": 20, "agg_method": "mean_abs", "seed": 1}
    predictor = {"model_name": "tiny", "instance_type": "ml.m5.large", "initial_instance_count": 1}
    configs: dict[str, Any] = {
        "ModelBias": {
            "label_values_or_threshold": [1],
            "facet": FACET,
            "headers": [*FEATURES, "label"],
            "label": "label",
        },
        "ModelExplainability": {"headers": FEATURES, "methods": {"shap": shap}, "predictor": predictor},
    }
    for name, config in configs.items():
        s3.put_object(Bucket="data", Key=f"configs/{name}/analysis_config.json", Body=json.dumps(config))


def _types(*names: str) -> dict[str, Any]:
    """Return constraints that want the last column Integral, which is written with a fraction."""
    features = [{"name": name, "inferred_type": "Fractional", "completeness": 1.0} for name in names]
    return {"version": 0.0, "features": [*features[:-1], {**features[-1], "inferred_type": "Integral"}]}


def hours(running: RunningEmulator, prefix: str) -> list[str]:
    """Return the hours below *prefix* that have objects."""
    found = running.client("s3").list_objects_v2(Bucket="data", Prefix=prefix)["Contents"]
    return sorted({"/".join(each["Key"].removeprefix(prefix).strip("/").split("/")[-5:-1]) for each in found})


def monitor(running: RunningEmulator, kind: str, source: str) -> str:
    """Make the job definition and the hourly schedule of one monitor; return its name."""
    name = f"{kind}-{source}"
    offsets = {"StartTimeOffset": "-PT3H", "EndTimeOffset": "-PT0H"}
    given: dict[str, Any] = {"LocalPath": "/opt/ml/processing/input/data", **offsets}
    if kind in MERGED:
        # Joined to the features: the analyzer counts all columns, Clarify, as recorded, those of the answer.
        column = "2" if (kind, source) == ("ModelQuality", "batch") else "0"
        given |= {"ProbabilityAttribute": column, "ProbabilityThresholdAttribute": 0.5}
    side = {
        "endpoint": {"EndpointInput": {"EndpointName": "tiny", **given}},
        "batch": {
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": "s3://data/batches",
                "DatasetFormat": {"Csv": {"Header": False}},
                **given,
            }
        },
    }[source]
    truth = {"GroundTruthS3Input": {"S3Uri": f"s3://data/truth/{source}"}} if kind in MERGED else {}
    baseline = name if kind == "DataQuality" else kind
    application: dict[str, Any] = {
        "ImageUri": CLARIFY,
        "ConfigUri": f"s3://data/configs/{kind}/analysis_config.json",
    }
    if kind == "DataQuality":
        application = {"ImageUri": ANALYZER}
    elif kind == "ModelQuality":
        application = {"ImageUri": ANALYZER, "ProblemType": "BinaryClassification"}
    request = {
        "JobDefinitionName": name,
        f"{kind}BaselineConfig": {"ConstraintsResource": {"S3Uri": f"s3://data/baselines/{baseline}.json"}},
        f"{kind}AppSpecification": {
            **application,
            "Environment": {"publish_cloudwatch_metrics": "Enabled"},
        },
        f"{kind}JobInput": {**side, **truth},
        f"{kind}JobOutputConfig": OUTPUT,
        "JobResources": CLUSTER,
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
    }
    client = running.client("sagemaker")
    client._make_api_call(f"Create{kind}JobDefinition", request)
    config = {"ScheduleConfig": HOURLY, "MonitoringJobDefinitionName": name, "MonitoringType": kind}
    client.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)
    return name


def test_eight_monitors_at_once(monitored: RunningEmulator) -> None:
    """Each ends with its violation, below the hour that it was due, with AWS's metrics and dimensions."""
    names = {
        (kind, source): monitor(monitored, kind, source) for kind in KINDS for source in ("endpoint", "batch")
    }
    last = max(hours(monitored, "captures/tiny/AllTraffic/")[-1], hours(monitored, "batches/input/")[-1])
    due = datetime.strptime(f"{last} +0000", "%Y/%m/%d/%H %z") + timedelta(hours=1)
    for name in names.values():
        fire(monitored.url, REGION, name, due.isoformat())

    for (kind, source), name in names.items():
        execution = _ended(monitored, name)
        assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution.get(
            "FailureReason"
        )
        assert execution["ScheduledTime"] == due
        below = f"reports/tiny/{name}" if source == "endpoint" else f"reports/{name}"
        prefix = f"{below}/{due:%Y/%m/%d/%H}/"
        listed = monitored.client("s3").list_objects_v2(Bucket="data", Prefix=prefix)["Contents"]
        assert REPORTS[kind] <= {each["Key"].removeprefix(prefix) for each in listed}
        _require_metrics(monitored, kind, source, name)
        _require_logs(monitored, execution["ProcessingJobArn"].rpartition("/")[2])
    groups = monitored.client("logs").describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
    assert [group["logGroupName"].rpartition("/")[2] for group in groups] == [
        "ProcessingJobs",
        "TransformJobs",
    ]


def _require_logs(running: RunningEmulator, job: str) -> None:
    """The job of an execution has a stream of AWS's name, which says what its container wrote."""
    logs, group = running.client("logs"), "/aws/sagemaker/ProcessingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
    read = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
    assert read["events"], job
    newest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)
    times = [each["lastEventTimestamp"] for each in newest["logStreams"] if "lastEventTimestamp" in each]
    assert times == sorted(times, reverse=True)


def _ended(running: RunningEmulator, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while True:
        (execution,) = running.client("sagemaker").list_monitoring_executions(MonitoringScheduleName=name)[
            "MonitoringExecutionSummaries"
        ]
        if execution["MonitoringExecutionStatus"] not in ("Pending", "InProgress"):
            return dict(execution)
        assert time.monotonic() < deadline, execution
        time.sleep(0.1)


def _require_metrics(running: RunningEmulator, kind: str, source: str, name: str) -> None:
    root = "aws/sagemaker/Endpoints" if source == "endpoint" else "aws/sagemaker/ModelMonitoring"
    found = running.client("cloudwatch").list_metrics(
        Namespace=f"{root}/{NAMESPACES[kind]}", Dimensions=[{"Name": "MonitoringSchedule", "Value": name}]
    )["Metrics"]
    wanted = {"MonitoringSchedule", *DIMENSIONS[kind], *({"Endpoint"} if source == "endpoint" else ())}
    dimensions = [{each["Name"] for each in metric["Dimensions"]} for metric in found]
    assert wanted in dimensions, (kind, source, dimensions[:3])
    names = {metric["MetricName"] for metric in found}
    expected = {
        "DataQuality": "feature_data_a",
        "ModelQuality": "accuracy",
        "ModelBias": "bias_metric_DPPL",
        "ModelExplainability": "feature_a",
    }
    assert expected[kind] in names, names
