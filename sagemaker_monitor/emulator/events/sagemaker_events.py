"""The events that SageMaker sends when the status of an execution or of a step changes.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
STEP = "SageMaker Model Building Pipeline Execution Step Status Change"


def execution_event(
    region: str, account: str, before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the event that an execution's record changed from *before* to *now*; None of the same status."""
    was, status = before.get("PipelineExecutionStatus"), now["PipelineExecutionStatus"]
    if was == status:
        return None
    detail = {
        "pipelineExecutionDisplayName": now.get("PipelineExecutionDisplayName"),
        "pipelineExecutionDescription": now.get("PipelineExecutionDescription"),
        "currentPipelineExecutionStatus": status,
        "previousPipelineExecutionStatus": was,
        "executionStartTime": iso(now["CreationTime"]),
        "executionEndTime": None if status in ("Executing", "Stopping") else iso(now["LastModifiedTime"]),
        "pipelineArn": now["PipelineArn"],
        "pipelineExecutionArn": now["PipelineExecutionArn"],
    }
    arns = [now["PipelineArn"], now["PipelineExecutionArn"]]
    return event(EXECUTION, region, account, arns, detail)


def step_event(
    region: str, account: str, before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the event that a step's record changed from *before* to *now*; None of the same status."""
    was, status = before.get("StepStatus"), now["StepStatus"]
    if was == status:
        return None
    execution = now["_Execution"]
    pipeline = execution.partition("/execution/")[0]
    detail = {
        "metadata": _lowered(now.get("Metadata") or {}),
        "stepStartTime": iso(now["StartTime"]),
        "stepEndTime": iso(now["EndTime"]) if "EndTime" in now else None,
        "stepName": now["StepName"],
        "stepType": now.get("_Type"),
        "previousStepStatus": was,
        "currentStepStatus": status,
        "failureReason": now.get("FailureReason") if status == "Failed" else None,
        "cacheHitResult": _lowered(now.get("CacheHitResult")) or None,
        "pipelineArn": pipeline,
        "pipelineExecutionArn": execution,
    }
    return event(STEP, region, account, [pipeline, execution], detail)


def event(
    detail_type: str, region: str, account: str, resources: list[str], detail: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an event of SageMaker; what is None of *detail* is not there."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": detail_type,
        "source": "aws.sagemaker",
        "account": account,
        "time": iso(time.time()),
        "region": region,
        "resources": resources,
        "detail": {name: value for name, value in detail.items() if value is not None},
    }


def iso(seconds: float) -> str:
    """Return a time as events have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _lowered(value: Any) -> Any:
    """Return a document of the API with names as events write them: `processingJob` of `ProcessingJob`."""
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: _lowered(inner) for name, inner in value.items()}
    return [_lowered(each) for each in value] if isinstance(value, list) else value
