"""Processing steps: one processing job each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.task import Task


def run(task: Task) -> Mapping[str, Any]:
    """Run the processing job to its end and return its description."""
    name = task.new_name(task.arguments.get("ProcessingJobName"))
    created = task.call("CreateProcessingJob", {**task.arguments, "ProcessingJobName": name})
    task.describe({"ProcessingJob": {"Arn": created["ProcessingJobArn"]}})
    task.wait("processing-job", name)
    return task.call("DescribeProcessingJob", {"ProcessingJobName": name})
