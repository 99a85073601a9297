"""One module per step type: what running a step of that type does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_monitor.emulator.executor.handlers import (
    callback,
    clarify_check,
    condition,
    fail,
    function,
    model,
    processing,
    quality_check,
    register_model,
    training,
    transform,
)
from sagemaker_monitor.emulator.executor.task import Task

# The result is what later steps can Get; StepFailed and StepStopped say that there is none.
HANDLERS: dict[str, Callable[[Task], Mapping[str, Any]]] = {
    "Callback": callback.run,
    "ClarifyCheck": clarify_check.run,
    "Condition": condition.run,
    "Fail": fail.run,
    "Lambda": function.run,
    "Model": model.run,
    "Processing": processing.run,
    "QualityCheck": quality_check.run,
    "RegisterModel": register_model.run,
    "Training": training.run,
    "Transform": transform.run,
}
