"""Fail steps: an execution that ends Failed on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.executor.resolver import as_text
from sagemaker_monitor.emulator.executor.task import Task

_MESSAGE_LIMIT = 3072


def run(task: Task) -> Mapping[str, Any]:
    """Fail with the step's ErrorMessage."""
    message = as_text(task.arguments.get("ErrorMessage", ""))[:_MESSAGE_LIMIT]
    task.describe({"Fail": {"ErrorMessage": message}})
    raise StepFailed(message)
