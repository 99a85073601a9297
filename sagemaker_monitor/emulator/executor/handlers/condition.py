"""Condition steps: which branch is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.conditions import holds
from sagemaker_monitor.emulator.executor.task import Task


def run(task: Task) -> Mapping[str, Any]:
    """Return the Outcome: "True" when every condition holds."""
    outcome = str(all(holds(condition) for condition in task.arguments["Conditions"]))
    task.describe({"Condition": {"Outcome": outcome}})
    return {"Outcome": outcome}
