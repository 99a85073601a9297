"""A bucket, and pipelines made of tiny scripts that run as real processing jobs."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/execution"
SCRIPT_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
UNFINISHED = ("Executing", "Stopping")


def script(
    name: str, code: str = "pass", *arguments: Any, output: Any = None, **fields: Any
) -> dict[str, Any]:
    """Return a Processing step that runs *code* with Python; *output* is where its output goes."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20}
    specification: dict[str, Any] = {"ImageUri": SCRIPT_IMAGE, "ContainerEntrypoint": ["python3", "-c", code]}
    if arguments:
        specification["ContainerArguments"] = list(arguments)
    request: dict[str, Any] = {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": specification,
        "RoleArn": ROLE,
    }
    if output is not None:
        stored = {"S3Uri": output, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
        request["ProcessingOutputConfig"] = {"Outputs": [{"OutputName": "out", "S3Output": stored}]}
    return {"Name": name, "Type": "Processing", "Arguments": request, **fields}


def fail(name: str, message: Any = "refused", **fields: Any) -> dict[str, Any]:
    """Return a Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **fields}


def condition(
    name: str, left: Any, right: Any, if_steps: Any, else_steps: Any, **fields: Any
) -> dict[str, Any]:
    """Return a Condition step that compares two values."""
    equals = {"Type": "Equals", "LeftValue": left, "RightValue": right}
    arguments = {"Conditions": [equals], "IfSteps": if_steps, "ElseSteps": else_steps}
    return {"Name": name, "Type": "Condition", "Arguments": arguments, **fields}


def get(path: str) -> dict[str, str]:
    """Return a Get."""
    return {"Get": path}


def after(step: str, trigger: str = "Completed") -> list[dict[str, str]]:
    """Return a DependsOn with a trigger."""
    return [{"Step": step, "Trigger": trigger}]


def definition(steps: list[dict[str, Any]], parameters: list[dict[str, Any]] | None = None) -> str:
    """Return the JSON of a definition."""
    return json.dumps({"Version": "2020-12-01", "Parameters": parameters or [], "Steps": steps})


@dataclass
class Execution:
    """One execution, seen through the API."""

    sagemaker: Any
    arn: str

    def describe(self) -> dict[str, Any]:
        """Return DescribePipelineExecution."""
        described: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=self.arn)
        return described

    def wait(self, seconds: float = 30) -> str:
        """Return the status with which the execution ended, within *seconds*."""
        deadline = time.monotonic() + seconds
        while (status := self.describe()["PipelineExecutionStatus"]) in UNFINISHED:
            assert time.monotonic() < deadline, f"{self.arn} is still {status}"
            time.sleep(0.02)
        return str(status)

    def steps(self) -> dict[str, dict[str, Any]]:
        """Return the steps by name, in the order in which they started."""
        listed = self.sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=self.arn, SortOrder="Ascending"
        )["PipelineExecutionSteps"]
        return {step["StepName"]: step for step in listed}

    def statuses(self) -> dict[str, str]:
        """Return the status of every step."""
        return {name: step["StepStatus"] for name, step in self.steps().items()}

    def until(self, step: str, status: str) -> None:
        """Block until *step* is *status*."""
        deadline = time.monotonic() + 30
        while self.statuses().get(step) != status:
            assert time.monotonic() < deadline, f"{step} is {self.statuses().get(step)}, not {status}"
            time.sleep(0.02)


Start = Callable[..., Execution]


@pytest.fixture(scope="module")
def sagemaker(emulator: Any) -> Any:
    """A SageMaker client."""
    return emulator.client("sagemaker")


@pytest.fixture(scope="module")
def bucket(emulator: Any) -> str:
    """The name of a bucket."""
    emulator.client("s3").create_bucket(Bucket="work")
    return "work"


@pytest.fixture(scope="module")
def create(sagemaker: Any) -> Callable[..., str]:
    """Create a pipeline from a definition and return its name."""

    def create(text: str, **more: Any) -> str:
        name = f"p-{secrets.token_hex(4)}"
        sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE, **more)
        return name

    return create


@pytest.fixture(scope="module")
def start(sagemaker: Any, create: Callable[..., str]) -> Start:
    """Create a pipeline of *steps*, start it with *values*, and return the execution."""

    def start(
        steps: list[dict[str, Any]], parameters: list[dict[str, Any]] | None = None, /, **values: str
    ) -> Execution:
        given = [{"Name": name, "Value": value} for name, value in values.items()]
        started = sagemaker.start_pipeline_execution(
            PipelineName=create(definition(steps, parameters)), PipelineParameters=given
        )
        return Execution(sagemaker, started["PipelineExecutionArn"])

    return start
