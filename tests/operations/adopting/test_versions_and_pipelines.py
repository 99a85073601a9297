"""Versions and pipelines of others: what is read of them, what is told, and what that takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.adopting.adopt import Asked
from tests.operations.adopting import notebook
from tests.operations.adopting.notebook import NAMES, make_definition, make_schedule, put
from tests.operations.adopting.team import (
    adopted,
    plan,
    told,
)
from tests.policy.judging import judged
from tests.policy.recording import recorded


def make_version(aws: Aws) -> None:
    """Register a version with a baseline that checks compare with, and one that is a metric alone."""
    aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="churn-models")
    put(aws, "b/analysis_config.json", notebook.bias_config())
    put(aws, "b/analysis.json", notebook.analysis())
    source = {"ContentType": "application/json", "S3Uri": notebook.uri("b/analysis.json")}
    quality = {**source, "S3Uri": notebook.uri("baselines/DataQuality/constraints.json")}
    aws.call(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName="churn-models",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": notebook.XGBOOST, "ModelDataUrl": notebook.uri("model.tar.gz")}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelMetrics={"Bias": {"Report": source}, "ModelDataQuality": {"Constraints": quality}},
        DriftCheckBaselines={"Bias": {"PreTrainingConstraints": source}},
    )


def make_pipeline(aws: Aws) -> str:
    """Make a pipeline of one check and a step that is none; return its ARN."""
    put(aws, "config/analysis_config.json", notebook.bias_config())
    definition = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Root", "Type": "String", "DefaultValue": notebook.uri("config")}],
        "Steps": [bias_step(), {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
    }
    arn: str = aws.call(
        "sagemaker",
        "create_pipeline",
        PipelineName="churn-watch",
        PipelineDefinition=json.dumps(definition),
        RoleArn=notebook.ROLE,
    )["PipelineArn"]
    return arn


def start_by_schedule(aws: Aws, name: str, pipeline: str) -> None:
    """Start a pipeline every Monday in Berlin."""
    target = {"RoleArn": notebook.ROLE, "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"}
    aws.call(
        "scheduler",
        "create_schedule",
        Name=name,
        ScheduleExpression="cron(0 6 ? * MON *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**target, "Input": json.dumps({"PipelineName": pipeline})},
    )


def bias_step() -> dict[str, Any]:
    """Return a check step whose configuration is below a parameter."""
    place = {"Std:Join": {"On": "/", "Values": [{"Get": "Parameters.Root"}, "analysis_config.json"]}}
    given = {"S3Uri": place, "LocalPath": "/opt/ml/processing/input/config", "S3DataType": "S3Prefix"}
    output = {
        "S3Uri": notebook.uri("out"),
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    return {
        "Name": "Bias",
        "Type": "ClarifyCheck",
        "CheckType": "DATA_BIAS",
        "SkipCheck": False,
        "RegisterNewBaseline": False,
        "Arguments": {
            "AppSpecification": {"ImageUri": notebook.CLARIFY},
            "ProcessingInputs": [
                {"InputName": "analysis_config", "S3Input": {**given, "S3InputMode": "File"}},
                {
                    "InputName": "dataset",
                    "S3Input": {
                        "S3Uri": notebook.uri("data.csv"),
                        "LocalPath": "/opt/ml/processing/input/data",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                },
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "analysis_result", "S3Output": output}]},
            "ProcessingResources": notebook.CLUSTER,
            "RoleArn": notebook.ROLE,
        },
    }


def test_versions_of_others_and_what_the_gate_misses(others: Aws, conf: Path) -> None:
    """Baselines are read wherever they are; evidence, and what only metrics have, is told with the way."""
    make_version(others)

    found = adopted(others, conf, Asked(group="churn-models"), framework=None)

    assert found.model.monitors.configured == ("bias",)
    assert found.model.artifact.version == "1.7-1"
    group, version = found.items[-2:]
    assert 'registry.model_package_group: "churn-models"' in group.do
    assert version.value == (
        "ModelBias in DriftCheckBaselines; DataQuality in ModelMetrics, which no check compares with"
    )
    assert "run register --model churn --mode bootstrap" in version.do


def test_a_pipeline_of_others(others: Aws, conf: Path) -> None:
    """Its checks become monitors; its other steps and what starts it are told, and it stays as it is."""
    start_by_schedule(others, "weekly", make_pipeline(others))
    start_by_schedule(others, "other", "another-pipeline")

    found = adopted(others, conf, Asked(pipelines=("churn-watch",)))

    assert found.model.monitors.configured == ("bias",)
    assert ("pipeline churn-watch", "checks") in told(found)
    assert ("EventBridge schedule default/weekly", "ScheduleExpression") in told(found)
    assert not any("other" in resource for resource, _ in told(found))
    assert found.text.endswith(
        "# schedules:    # as EventBridge schedule default/weekly starts it\n"
        '#   monitor-batch: {expression: "cron(0 6 ? * MON *)", timezone: Europe/Berlin}\n'
    )
    assert not plan(others, found.model).pending


def take_rule_away(aws: Aws) -> None:
    """Delete the rule that starts the pipeline."""
    aws.call("events", "remove_targets", Rule="nightly", Ids=["1"])
    aws.call("events", "delete_rule", Name="nightly")


def test_adopt_calls_what_is_said(
    emulator: Server, others: Aws, conf: Path, request: pytest.FixtureRequest
) -> None:
    """With one of everything that it reads, each permission of its row is used, and no other is needed."""
    notebook.make_model(others)
    notebook.make_endpoint(others)
    for kind, name in NAMES.items():
        job = {"ModelQualityBaselineConfig": {"BaseliningJobName": "gone"}} if kind == "ModelQuality" else {}
        make_definition(others, kind, name, **job)
        make_schedule(others, kind, name)
    make_version(others)
    pipeline = make_pipeline(others)
    start_by_schedule(others, "weekly", "churn-watch")
    request.addfinalizer(lambda: take_rule_away(others))  # moto keeps it for the whole process
    others.call("events", "put_rule", Name="nightly", ScheduleExpression="rate(1 day)")
    others.call("events", "put_targets", Rule="nightly", Targets=[{"Id": "1", "Arn": pipeline}])
    scope = Scope(others.environment, ("churn",), locations=(notebook.uri(""),))

    with recorded(emulator) as recorder:
        found = adopted(others, conf, Asked("churn", (), "churn-models", ("churn-watch",)), framework=None)

    fit = judged(recorder.requests, "adopt", scope)
    assert fit.denied == ()
    used = {action for _, action in fit.used}
    assert {action for _, action in fit.unused} <= used  # documents lie in one bucket here
    assert ("EventBridge rule nightly", "ScheduleExpression") in told(found)
