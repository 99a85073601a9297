"""Training steps: one training job each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.task import Task


def run(task: Task) -> Mapping[str, Any]:
    """Run the training job to its end and return its description."""
    name = task.new_name(task.arguments.get("TrainingJobName"))
    created = task.call("CreateTrainingJob", {**task.arguments, "TrainingJobName": name})
    task.describe({"TrainingJob": {"Arn": created["TrainingJobArn"]}})
    task.wait("training-job", name)
    return task.call("DescribeTrainingJob", {"TrainingJobName": name})
