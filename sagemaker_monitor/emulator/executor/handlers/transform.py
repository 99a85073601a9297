"""Transform steps: one batch transform job each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.task import Task


def run(task: Task) -> Mapping[str, Any]:
    """Run the transform job to its end and return its description."""
    name = task.new_name(task.arguments.get("TransformJobName"))
    created = task.call("CreateTransformJob", {**task.arguments, "TransformJobName": name})
    task.describe({"TransformJob": {"Arn": created["TransformJobArn"]}})
    task.wait("transform-job", name)
    return task.call("DescribeTransformJob", {"TransformJobName": name})
