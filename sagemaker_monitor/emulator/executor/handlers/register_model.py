"""RegisterModel steps: a new version in a model package group, which is created with its first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.task import Task


def run(task: Task) -> Mapping[str, Any]:
    """Create the model package version and return its description."""
    created = task.call("CreateModelPackage", dict(task.arguments))
    task.describe({"RegisterModel": {"Arn": created["ModelPackageArn"]}})
    return task.call("DescribeModelPackage", {"ModelPackageName": created["ModelPackageArn"]})
