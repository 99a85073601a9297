"""Steps that need not run again: an earlier one of the same pipeline with the same signature.

What makes a signature, by type of step:
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html#pipelines-default-keys
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.executor.records import STEP

_JOB = ("AppSpecification", "Environment", "ProcessingInputs")
_CHECK = (*_JOB, "ProcessingResources", "NetworkConfig", "StoppingCondition")
_ARGUMENTS = {
    "ClarifyCheck": _CHECK,
    "Processing": _JOB,
    "QualityCheck": _CHECK,
    "Training": (
        *("AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations"),
        *("Environment", "HyperParameters", "InputDataConfig"),
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}
"""Arguments that count; of other types, all of them. Options beside the Arguments always count."""
_NOT_COUNTED = ("CacheConfig", "PropertyFiles", "RetryPolicies")


def is_cached(options: Mapping[str, Any]) -> bool:
    """Return whether a step asks for an earlier one's result."""
    return bool((options.get("CacheConfig") or {}).get("Enabled"))


def signature(kind: str, arguments: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return what two steps have in common that do the same."""
    counted = _ARGUMENTS.get(kind, tuple(arguments))
    content = [
        kind,
        {name: arguments[name] for name in counted if name in arguments},
        {name: value for name, value in options.items() if name not in _NOT_COUNTED},
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def earlier(context: Context, arn: str, step: str, mark: str, since: float) -> dict[str, Any] | None:
    """Return the newest step of that signature that ran and succeeded since then, in any execution of
    the pipeline of the execution *arn*; None when there is none.
    """
    pipeline = arn.rpartition("/")[0]
    found = [
        record
        for record in context.store.list(
            STEP, prefix=f"{pipeline}/", StepName=step, StepStatus="Succeeded", _Signature=mark
        )
        if record["EndTime"] >= since and "CacheHitResult" not in record
    ]
    return max(found, key=lambda record: record["EndTime"], default=None)
