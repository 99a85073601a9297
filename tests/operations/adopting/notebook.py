"""What others made, as public notebooks make it with boto3: a model, its endpoint, baselines and monitors.

Of a small model, without traffic: nothing here waits for a job.
"""

from __future__ import annotations

import functools
import io
import json
import tarfile
from typing import Any

import numpy as np
import xgboost

from sagemaker_monitor.aws import Aws

BUCKET = "notebook-bucket"
ROLE = "arn:aws:iam::000000000000:role/service-role/AmazonSageMaker-ExecutionRole"
CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
FEATURES = ("Account Length", "Int'l Plan_yes", "Day Mins")
LABEL = "Churn"
KINDS = {
    "DataQuality": "data_quality",
    "ModelQuality": "model_quality",
    "ModelBias": "model_bias",
    "ModelExplainability": "model_explainability",
}
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}
SHAP = {"baseline": [[101, 0, 179.5]], "num_samples": 50, "agg_method": "mean_abs"}
PREDICTOR = {
    "model_name": "churn",
    "instance_type": "ml.m5.xlarge",
    "initial_instance_count": 1,
    "accept_type": "text/csv",
    "content_type": "text/csv",
}


def uri(key: str) -> str:
    """Return where the notebook keeps *key*."""
    return f"s3://{BUCKET}/{key}"


def put(aws: Aws, key: str, content: Any) -> str:
    """Write a text, bytes, or JSON; return its URI."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    aws.call("s3", "put_object", Bucket=BUCKET, Key=key, Body=body)
    return uri(key)


def make_bucket(aws: Aws) -> None:
    """Make the notebook's bucket."""
    where = {"LocationConstraint": aws.environment.region}
    aws.call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration=where)


@functools.cache
def archive() -> bytes:
    """Return model.tar.gz of a booster that was trained on three columns."""
    rows = np.random.default_rng(1).normal(size=(60, 3))
    booster = xgboost.train(
        {"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(rows, rows[:, 0] > 0), 2
    )
    content = bytes(booster.save_raw("json"))
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def make_model(aws: Aws, name: str = "churn") -> None:
    """Make a model, whose archive need not be one where nothing is asked of it."""
    data = put(aws, "model.tar.gz", archive())
    container = {"Image": XGBOOST, "ModelDataUrl": data}
    aws.call("sagemaker", "create_model", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)


def make_endpoint(aws: Aws, name: str = "churn") -> None:
    """Make an endpoint of the model of its name that captures everything."""
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.xlarge"}
    aws.call(
        "sagemaker",
        "create_endpoint_config",
        EndpointConfigName=name,
        ProductionVariants=[{**variant, "InitialInstanceCount": 1, "InitialVariantWeight": 1}],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": uri("capture"),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        },
    )
    aws.call("sagemaker", "create_endpoint", EndpointName=name, EndpointConfigName=name)


def bias_config(**more: Any) -> dict[str, Any]:
    """Return what the bias monitor is told."""
    return {
        "headers": [LABEL, *FEATURES],
        "label": LABEL,
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "Account Length", "value_or_threshold": [100]}],
        **more,
    }


def constraints() -> dict[str, Any]:
    """Return the baseline of data quality, label first, as of a training file."""
    names = (LABEL, *FEATURES)
    features = [{"name": name, "inferred_type": "Fractional", "completeness": 1.0} for name in names]
    return {
        "version": 0.0,
        "features": features,
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
            },
        },
    }


def analysis() -> dict[str, Any]:
    """Return the baseline of bias: that of one facet, above a threshold."""
    facet = {
        "value_or_threshold": "(100, 232]",
        "metrics": [{"name": "DPL", "description": "", "value": 0.1}],
    }
    section = {
        "label": LABEL,
        "facets": {"Account Length": [facet]},
        "label_value_or_threshold": "1",
    }
    return {"version": "1.0", "pre_training_bias_metrics": section}


def make_definition(aws: Aws, kind: str, name: str, **changes: Any) -> None:
    """Make a job definition as a notebook does; *changes* replace parts of the request."""
    is_clarify = kind in ("ModelBias", "ModelExplainability")
    baseline = {"ConstraintsResource": {"S3Uri": uri(f"baselines/{kind}/constraints.json")}}
    if kind == "DataQuality":
        baseline["StatisticsResource"] = {"S3Uri": uri(f"baselines/{kind}/statistics.json")}
    application: dict[str, Any] = {"ImageUri": CLARIFY if is_clarify else ANALYZER}
    if is_clarify:
        application["ConfigUri"] = uri(f"monitors/{name}/analysis_config.json")
    if kind == "ModelQuality":
        application["ProblemType"] = "BinaryClassification"
    endpoint: dict[str, Any] = {"EndpointName": "churn", "LocalPath": "/opt/ml/processing/input/endpoint"}
    given: dict[str, Any] = {"EndpointInput": endpoint}
    if kind in ("ModelQuality", "ModelBias"):
        endpoint |= {"StartTimeOffset": "-PT1H", "EndTimeOffset": "-PT0H", "ProbabilityAttribute": "0"}
        endpoint["ProbabilityThresholdAttribute"] = 0.8
        given["GroundTruthS3Input"] = {"S3Uri": uri("truth")}
    place = {"S3Uri": uri("reports"), "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    request: dict[str, Any] = {
        "JobDefinitionName": name,
        f"{kind}BaselineConfig": baseline,
        f"{kind}AppSpecification": application,
        f"{kind}JobInput": given,
        f"{kind}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": place}]},
        "JobResources": CLUSTER,
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
        **changes,
    }
    aws.call("sagemaker", f"create_{KINDS[kind]}_job_definition", **request)


def make_schedule(aws: Aws, kind: str, name: str, expression: str = "cron(0 * ? * * *)", **more: Any) -> None:
    """Run the job definition called *name* by a schedule of the same name."""
    aws.call(
        "sagemaker",
        "create_monitoring_schedule",
        MonitoringScheduleName=name,
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": expression},
            "MonitoringJobDefinitionName": name,
            "MonitoringType": kind,
        },
        **more,
    )


def make_documents(aws: Aws) -> None:
    """Write the baselines and the analysis configurations of the four monitors."""
    put(aws, "baselines/DataQuality/constraints.json", constraints())
    put(aws, "baselines/DataQuality/statistics.json", {"version": 0.0, "features": []})
    quality = {"recall": {"threshold": 0.57, "comparison_operator": "LessThanThreshold"}}
    put(
        aws,
        "baselines/ModelQuality/constraints.json",
        {"version": 0.0, "binary_classification_constraints": quality},
    )
    put(aws, "baselines/ModelBias/constraints.json", analysis())
    put(aws, "baselines/ModelExplainability/constraints.json", {"version": "1.0"})
    put(aws, "monitors/churn-bias/analysis_config.json", bias_config())
    explained = {"headers": list(FEATURES), "methods": {"shap": SHAP}, "predictor": PREDICTOR}
    put(aws, "monitors/churn-explainability/analysis_config.json", explained)


NAMES = {
    "DataQuality": "churn-data",
    "ModelQuality": "churn-model",
    "ModelBias": "churn-bias",
    "ModelExplainability": "churn-explainability",
}


def make_monitors(aws: Aws) -> None:
    """Make all four kinds of monitors of an endpoint, hourly."""
    make_documents(aws)
    for kind, name in NAMES.items():
        make_definition(aws, kind, name)
        make_schedule(aws, kind, name)
