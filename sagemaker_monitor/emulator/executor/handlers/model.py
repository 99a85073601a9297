"""Model steps: a model is created from its artifact or from a model package version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.task import Task


def run(task: Task) -> Mapping[str, Any]:
    """Create the model under a generated name and return its description."""
    name = task.new_name(task.arguments.get("ModelName"))
    created = task.call("CreateModel", {**task.arguments, "ModelName": name})
    task.describe({"Model": {"Arn": created["ModelArn"]}})
    return task.call("DescribeModel", {"ModelName": name})
