"""Calls of the API that moto's server answers too: what one costs, and a list as it grows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.emulator.scenarios import CASES, IMAGE, ROLE
from benchmarks.emulator.servers import Running, cpu_seconds, footprint

_ENOUGH = 100
"""Calls whose CPU the kernel's ticks of 10 ms can tell."""


@dataclass(frozen=True)
class Call:
    """Milliseconds of one call: as the client waits, and of the server's CPU."""

    wall: float
    cpu: float


def calls(server: Running, number: int) -> dict[str, Call]:
    """Return what each call costs, a mean of *number* calls; then that many models are there."""
    sagemaker = server.client("sagemaker")
    acts: dict[str, Callable[[int], Any]] = {
        "CreateModel": lambda place: sagemaker.create_model(
            ModelName=f"model-{place}", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}
        ),
        "DescribeModel": lambda place: sagemaker.describe_model(ModelName=f"model-{place}"),
        "ListModels, 100 on a page": lambda _: sagemaker.list_models(MaxResults=100),
        "CreatePipeline": lambda place: sagemaker.create_pipeline(
            PipelineName=f"pipeline-{place}",
            RoleArn=ROLE,
            ClientRequestToken=f"token-{place}".ljust(32, "x"),
            PipelineDefinition=CASES[0].definition,
        ),
        "DescribePipeline": lambda place: sagemaker.describe_pipeline(PipelineName=f"pipeline-{place}"),
        "AddTags": lambda place: sagemaker.add_tags(
            ResourceArn=f"arn:aws:sagemaker:us-east-1:{account}:model/model-{place}",
            Tags=[{"Key": "team", "Value": "risk"}],
        ),
    }
    acts["CreateModel"](number)
    arn = sagemaker.describe_model(ModelName=f"model-{number}")["ModelArn"]
    account = arn.split(":")[4]
    return {name: _mean(server, act, number) for name, act in acts.items()}


def growth(server: Running, steps: tuple[int, ...]) -> dict[str, list[float]]:
    """Return the server's milliseconds per call when there are that many executions, all of one pipeline.

    The last row is the server's memory then, in MiB.
    """
    sagemaker, name = server.client("sagemaker"), "growth"
    taken: dict[str, list[float]] = {}
    started = 0
    equals = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    arguments = {"Conditions": [equals], "IfSteps": [], "ElseSteps": []}
    step = {"Name": "Check", "Type": "Condition", "Arguments": arguments}
    sagemaker.create_pipeline(
        PipelineName=name,
        RoleArn=ROLE,
        ClientRequestToken="x" * 32,
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [step]}),
    )
    arn = ""
    for most in steps:
        while started < most:
            arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
            started += 1
        while sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == (
            "Executing"
        ):
            time.sleep(0.05)
        asked = {"PipelineExecutionArn": arn}
        reading: dict[str, Callable[[int], Any]] = {
            "DescribePipelineExecution": lambda _: sagemaker.describe_pipeline_execution(**asked),  # noqa: B023
            "ListPipelineExecutionSteps": lambda _: sagemaker.list_pipeline_execution_steps(**asked),  # noqa: B023
            "ListPipelineExecutions, a page of 100": lambda _: sagemaker.list_pipeline_executions(
                PipelineName=name, MaxResults=100
            ),
            "StartPipelineExecution": lambda _: sagemaker.start_pipeline_execution(PipelineName=name),
        }
        for what, act in reading.items():
            taken.setdefault(what, []).append(_mean(server, act, _ENOUGH).cpu)
        started += _ENOUGH
        taken.setdefault("*memory, MiB*", []).append(footprint(server.pid).memory)
    return taken


def _mean(server: Running, act: Callable[[int], Any], number: int) -> Call:
    cpu, began = cpu_seconds(server.pid), time.perf_counter()
    for place in range(number):
        act(place)
    wall = time.perf_counter() - began
    return Call(wall / number * 1000, (cpu_seconds(server.pid) - cpu) / number * 1000)
