"""Small pipelines, and what an execution of each must leave: end, steps, parameters, models, files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/execution"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BUCKET, GROUP = "load", "load"
STEP_FAILED = "Step failure: One or multiple steps failed."
_LIMIT = 50


@dataclass(frozen=True)
class Expected:
    """What an execution must have left when it ended."""

    status: str
    steps: Mapping[str, str]
    """Status by step, in the order in which they must have started."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Failure reason by step."""
    objects: Mapping[str, bytes] = field(default_factory=dict)
    """Content by key, below the bucket."""
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Environment of the models that steps made, by step."""


class Case:
    """One pipeline with its definition."""

    def __init__(self, name: str, *steps: dict[str, Any]) -> None:
        """Make the pipeline *name* of *steps*."""
        self.name = name
        self.steps = steps

    @property
    def definition(self) -> str:
        """The definition's JSON; every pipeline takes the same two parameters, one with a default."""
        parameters = [
            {"Name": "Number", "Type": "Integer"},
            {"Name": "Label", "Type": "String", "DefaultValue": "none"},
        ]
        return json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": self.steps})

    def expected(self, number: int, label: str, execution: str) -> Expected:
        """Return what the execution with the id *execution* must leave, by arithmetic of our own."""
        return _EXPECTED[self.name](number, label, execution)


def _get(path: str) -> dict[str, str]:
    return {"Get": path}


def _join(*values: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": "-", "Values": list(values)}}


_NUMBER, _LABEL, _ID = (
    _get("Parameters.Number"),
    _get("Parameters.Label"),
    _get("Execution.PipelineExecutionId"),
)


def _model(name: str, number: Any, **fields: Any) -> dict[str, Any]:
    container = {"Image": IMAGE, "Environment": {"NUMBER": number, "LABEL": _LABEL}}
    arguments = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    return {"Name": name, "Type": "Model", "Arguments": arguments, **fields}


def _fail(name: str, *parts: Any, **fields: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": _join(*parts)}, **fields}


def _above(name: str, value: Any, limit: int, yes: list[Any], no: list[Any]) -> dict[str, Any]:
    comparison = {"Type": "GreaterThan", "LeftValue": value, "RightValue": limit}
    arguments = {"Conditions": [comparison], "IfSteps": yes, "ElseSteps": no}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def _register() -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    types = ["text/csv"]
    inference = {
        "Containers": [container],
        "SupportedContentTypes": types,
        "SupportedResponseMIMETypes": types,
    }
    arguments = {
        "ModelPackageGroupName": GROUP,
        "ModelPackageDescription": _join(_LABEL, _NUMBER, _ID),
        "InferenceSpecification": inference,
    }
    return {"Name": "Register", "Type": "RegisterModel", "Arguments": arguments}


_SCRIPT = (
    "import json, sys; "
    "document = {'double': 2 * int(sys.argv[1]), 'label': sys.argv[2]}; "
    "json.dump(document, open(sys.argv[3] + '/result.json', 'w'))"
)


def _work() -> dict[str, Any]:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20}
    where = {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}/out", _ID]}}
    local = "/opt/ml/processing/output"
    output = {"S3Uri": where, "LocalPath": local, "S3UploadMode": "EndOfJob"}
    arguments = {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "-c", _SCRIPT],
            "ContainerArguments": [_join(_NUMBER), _LABEL, local],
        },
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
        "RoleArn": ROLE,
    }
    file = {"PropertyFileName": "Result", "OutputName": "out", "FilePath": "result.json"}
    return {"Name": "Work", "Type": "Processing", "Arguments": arguments, "PropertyFiles": [file]}


_DOUBLE = {"Std:JsonGet": {"PropertyFile": _get("Steps.Work.PropertyFiles.Result"), "Path": "double"}}

CASES = (
    Case(
        "choose",
        _above(
            "Large", _NUMBER, _LIMIT, [_fail("Refuse", "large", _NUMBER)], [_model("Serve", _join(_NUMBER))]
        ),
    ),
    Case(
        "join",
        _model("Make", _join(_NUMBER, _ID)),
        _fail("Tell", _LABEL, _NUMBER, _ID, DependsOn=["Make"]),
    ),
    Case(
        "after",
        _fail("Break", "broke", _NUMBER),
        _model("Repair", _LABEL, DependsOn=[{"Step": "Break", "Trigger": "Failed"}]),
        _model("Never", _LABEL, DependsOn=["Break"]),
    ),
    Case(
        "register",
        _register(),
        _above("Registered", _get("Steps.Register.ModelPackageVersion"), 0, [], [_fail("Odd", "odd")]),
    ),
    Case(
        "chain",
        _model("M0", _join(_NUMBER)),
        *(_model(f"M{place}", _join(_NUMBER), DependsOn=[f"M{place - 1}"]) for place in range(1, 5)),
    ),
)
WORK = Case(
    "work",
    _work(),
    _above(
        "Doubled",
        _DOUBLE,
        2 * _LIMIT,
        [_fail("Refuse", "doubled", _DOUBLE)],
        [_model("Serve", _join(_DOUBLE))],
    ),
)


def _choose(number: int, label: str, execution: str) -> Expected:
    if number > _LIMIT:
        steps = {"Large": "Succeeded", "Refuse": "Failed"}
        return Expected("Failed", steps, {"Refuse": f"large-{number}"})
    made = {"Serve": {"NUMBER": str(number), "LABEL": label}}
    return Expected("Succeeded", {"Large": "Succeeded", "Serve": "Succeeded"}, environments=made)


def _joined(number: int, label: str, execution: str) -> Expected:
    made = {"Make": {"NUMBER": f"{number}-{execution}", "LABEL": label}}
    reasons = {"Tell": f"{label}-{number}-{execution}"}
    return Expected("Failed", {"Make": "Succeeded", "Tell": "Failed"}, reasons, environments=made)


def _after(number: int, label: str, execution: str) -> Expected:
    made = {"Repair": {"NUMBER": label, "LABEL": label}}
    steps = {"Break": "Failed", "Repair": "Succeeded"}
    return Expected("CompletedWithFailures", steps, {"Break": f"broke-{number}"}, environments=made)


def _registered(number: int, label: str, execution: str) -> Expected:
    return Expected("Succeeded", {"Register": "Succeeded", "Registered": "Succeeded"})


def _chain(number: int, label: str, execution: str) -> Expected:
    made = {f"M{place}": {"NUMBER": str(number), "LABEL": label} for place in range(5)}
    return Expected("Succeeded", dict.fromkeys(made, "Succeeded"), environments=made)


def _worked(number: int, label: str, execution: str) -> Expected:
    content = json.dumps({"double": 2 * number, "label": label}).encode()
    objects = {f"out/{execution}/result.json": content}
    steps = {"Work": "Succeeded", "Doubled": "Succeeded"}
    if number > _LIMIT:
        reasons = {"Refuse": f"doubled-{2 * number}"}
        return Expected("Failed", {**steps, "Refuse": "Failed"}, reasons, objects)
    made = {"Serve": {"NUMBER": str(2 * number), "LABEL": label}}
    return Expected("Succeeded", {**steps, "Serve": "Succeeded"}, {}, objects, made)


_EXPECTED = {
    "choose": _choose,
    "join": _joined,
    "after": _after,
    "register": _registered,
    "chain": _chain,
    "work": _worked,
}
