"""What a step costs beside its own work: kinds without work, and jobs beside the start of their child."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.emulator.scenarios import BUCKET, IMAGE, ROLE
from benchmarks.emulator.servers import Running, cpu_seconds
from sagemaker_monitor.emulator.jobs import container, guard

STEPS, ROUNDS = 20, 5
_GROUP = "steps"


@dataclass(frozen=True)
class Overhead:
    """Milliseconds per step, medians: by the records' times, by the client's clock, of the server's CPU."""

    recorded: float
    wall: float
    cpu: float


def overheads(server: Running) -> dict[str, Overhead]:
    """Return what each kind of step costs in a chain of twenty (jobs: ten), one after the other."""
    sagemaker, s3 = server.client("sagemaker"), server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="input.csv", Body=b"1,2\n")
    return {name: _measure(server, sagemaker, name, make) for name, make in _KINDS.items()}


def child_alone() -> Overhead:
    """Return what a job's processes take by themselves, guard and mount included, as medians."""
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as folder:
        words = container.Container.of(Path(folder)).command(["python3", "-c", "pass"])
        for _ in range(ROUNDS * 4):
            cpu, began = os.times(), time.perf_counter()
            with subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, *words], stdin=subprocess.PIPE, cwd=folder
            ) as process:
                process.wait()
            walls.append(time.perf_counter() - began)
            used = os.times()
            cpus.append(used.children_user + used.children_system - cpu.children_user - cpu.children_system)
    wall = statistics.median(walls) * 1000
    return Overhead(wall, wall, statistics.mean(cpus) * 1000)


def _measure(server: Running, sagemaker: Any, name: str, make: Callable[[], dict[str, Any]]) -> Overhead:
    number = STEPS // 2 if name in _JOBS else STEPS
    steps: list[dict[str, Any]] = []
    for place in range(number):
        after = {"DependsOn": [f"S{place - 1:02}"]} if place else {}
        steps.append({"Name": f"S{place:02}", **make(), **after})
    pipeline = "steps-" + "".join(letter for letter in name if letter.isalpha())
    sagemaker.create_pipeline(
        PipelineName=pipeline,
        RoleArn=ROLE,
        ClientRequestToken=pipeline.ljust(40, "x"),
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps}),
    )
    found = [_round(server, sagemaker, pipeline, number) for _ in range(ROUNDS)]
    return Overhead(
        *(
            statistics.median(getattr(each, figure) for each in found)
            for figure in ("recorded", "wall", "cpu")
        )
    )


def _round(server: Running, sagemaker: Any, pipeline: str, number: int) -> Overhead:
    cpu, began = cpu_seconds(server.pid), time.perf_counter()
    arn = sagemaker.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]
    while True:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if described["PipelineExecutionStatus"] != "Executing":
            break
        time.sleep(0.05)  # each question costs the server CPU
    wall = time.perf_counter() - began
    if described["PipelineExecutionStatus"] != "Succeeded":
        raise AssertionError(f"{pipeline}: {described}")
    cpu = cpu_seconds(server.pid) - cpu
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")[
        "PipelineExecutionSteps"
    ]
    recorded = (steps[-1]["EndTime"] - steps[0]["StartTime"]).total_seconds()
    return Overhead(*(seconds / number * 1000 for seconds in (recorded, wall, cpu)))


def _condition() -> dict[str, Any]:
    equals = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    return {"Type": "Condition", "Arguments": {"Conditions": [equals], "IfSteps": [], "ElseSteps": []}}


def _model() -> dict[str, Any]:
    return {"Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE}}}


def _register() -> dict[str, Any]:
    inference = {
        "Containers": [{"Image": IMAGE}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    arguments = {"ModelPackageGroupName": _GROUP, "InferenceSpecification": inference}
    return {"Type": "RegisterModel", "Arguments": arguments}


def _job(**fields: Any) -> dict[str, Any]:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20}
    arguments = {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", "pass"]},
        "RoleArn": ROLE,
        **fields,
    }
    return {"Type": "Processing", "Arguments": arguments}


def _staged_job() -> dict[str, Any]:
    folder = "/opt/ml/processing"
    source = {
        "S3Uri": f"s3://{BUCKET}/input.csv",
        "LocalPath": f"{folder}/input",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    target = {"S3Uri": f"s3://{BUCKET}/steps", "LocalPath": f"{folder}/input", "S3UploadMode": "EndOfJob"}
    return _job(
        ProcessingInputs=[{"InputName": "in", "S3Input": source}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": target}]},
    )


_KINDS = {
    "Condition": _condition,
    "Model": _model,
    "RegisterModel": _register,
    "Processing": _job,
    "Processing, a file in and out": _staged_job,
}
_JOBS = ("Processing", "Processing, a file in and out")
