"""A definition in which nothing is wrong, with every step type that runs."""

from __future__ import annotations

from typing import Any

ROLE = "arn:aws:iam::000000000000:role/execution"
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"


def join(on: str, *values: Any) -> dict[str, Any]:
    """Return a Std:Join."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def get(path: str) -> dict[str, str]:
    """Return a Get."""
    return {"Get": path}


def json_get(step: str, file: str, path: str) -> dict[str, Any]:
    """Return a Std:JsonGet of a property file."""
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


def job(image: str, inputs: list[Any], output: Any, **more: Any) -> dict[str, Any]:
    """Return the arguments of a processing job."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
    stored = {"S3Uri": output, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": f"{REGISTRY}/{image}", **more.pop("specification", {})},
        "RoleArn": ROLE,
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": stored}]},
        **more,
    }


def s3_input(name: str, uri: Any) -> dict[str, Any]:
    """Return a processing input."""
    path = f"/opt/ml/processing/input/{name}"
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def definition() -> dict[str, Any]:
    """Return score → check → decide → (register | refuse), written as the SDK writes it."""
    transform = {
        "ModelName": get("Steps.Create.ModelName"),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": get("Parameters.DataUri")}}
        },
        "TransformOutput": {"S3OutputPath": join("/", "s3://b", get("Execution.PipelineExecutionId"))},
        "TransformResources": {"InstanceCount": get("Parameters.Count"), "InstanceType": "ml.m5.large"},
    }
    check_inputs = [
        s3_input("analysis_config", "s3://b/config/analysis_config.json"),
        s3_input("dataset", get("Steps.Score.TransformOutput.S3OutputPath")),
    ]
    drift_constraints = {
        "S3Uri": get("Steps.Check.BaselineUsedForDriftCheckConstraints"),
        "ContentType": "application/json",
    }
    register = {
        "ModelPackageGroupName": "group",
        "InferenceSpecification": {
            "Containers": [{"Image": f"{REGISTRY}/x:1"}],
            "SupportedContentTypes": ["text/csv"],
        },
        "DriftCheckBaselines": {"Bias": {"PreTrainingConstraints": drift_constraints}},
    }
    decide = job(
        "sagemaker-scikit-learn:1.2-1-cpu-py3",
        [],
        "s3://b/decide",
        specification={"ContainerArguments": ["--flag", join("", get("Parameters.Strict"))]},
    )
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [
            {"Name": "DataUri", "Type": "String"},
            {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
            {"Name": "Limit", "Type": "Float", "DefaultValue": 0.5},
            {"Name": "Strict", "Type": "Boolean", "DefaultValue": False},
            {"Name": "Mode", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        ],
        "PipelineExperimentConfig": {"ExperimentName": get("Execution.PipelineName")},
        "MlflowConfig": None,
        "Steps": [
            {"Name": "Create", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE}},
            {"Name": "Score", "Type": "Transform", "Arguments": transform},
            {
                "Name": "Check",
                "Type": "ClarifyCheck",
                "Arguments": job("sagemaker-clarify-processing:1.0", check_inputs, "s3://b/check"),
                "DependsOn": ["Create"],
                "CheckType": "DATA_BIAS",
                "ModelPackageGroupName": "group",
                "SkipCheck": get("Parameters.Strict"),
                "FailOnViolation": False,
                "RegisterNewBaseline": False,
                "SuppliedBaselineConstraints": None,
            },
            {
                "Name": "Quality",
                "Type": "QualityCheck",
                "Arguments": job("sagemaker-model-monitor-analyzer", check_inputs[1:], "s3://b/quality"),
                "DependsOn": ["Check"],
                "CheckType": "DATA_QUALITY",
                "ModelPackageGroupName": "group",
                "SkipCheck": False,
                "FailOnViolation": False,
                "RegisterNewBaseline": get("Parameters.Strict"),
                "SuppliedBaselineStatistics": None,
                "SuppliedBaselineConstraints": get("Parameters.DataUri"),
            },
            {
                "Name": "Decide",
                "Type": "Processing",
                "Arguments": decide,
                "DependsOn": [{"Step": "Check", "Trigger": "Any"}],
                "PropertyFiles": [
                    {"PropertyFileName": "Verdict", "OutputName": "out", "FilePath": "verdict.json"}
                ],
            },
            {
                "Name": "Gate",
                "Type": "Condition",
                "Arguments": {
                    "Conditions": [
                        {
                            "Type": "Equals",
                            "LeftValue": json_get("Decide", "Verdict", "gate"),
                            "RightValue": "open",
                        },
                        {"Type": "GreaterThan", "LeftValue": get("Parameters.Limit"), "RightValue": 0.1},
                        {
                            "Type": "Not",
                            "Condition": {
                                "Type": "In",
                                "QueryValue": get("Parameters.Mode"),
                                "Values": ["b"],
                            },
                        },
                    ],
                    "IfSteps": [{"Name": "Register", "Type": "RegisterModel", "Arguments": register}],
                    "ElseSteps": [
                        {
                            "Name": "Refuse",
                            "Type": "Fail",
                            "Arguments": {
                                "ErrorMessage": join(" ", "no:", json_get("Decide", "Verdict", "why"))
                            },
                        }
                    ],
                },
            },
        ],
    }
