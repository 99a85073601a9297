"""What SageMaker says of the execution that registered a version, kept for where it cannot be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.reporting import Ran, ran
from sagemaker_monitor.registry.chain import Evidence

_EXECUTION = (
    "PipelineExecutionArn",
    "PipelineExecutionDisplayName",
    "PipelineExecutionStatus",
    "CreationTime",
    "LastModifiedTime",
)
_STEP = ("StepName", "StepStatus", "StartTime", "EndTime", "Metadata", "FailureReason", "AttemptCount")


def execution_document(aws: Aws, evidence: Evidence) -> bytes:
    """Return what a report needs of the execution: itself, its steps and their images. Raises AwsError."""
    arn = evidence.version.metadata["PipelineExecutionArn"]
    found = ran(aws, arn, to_json(evidence.verdict) if evidence.verdict else {})
    document = {
        "execution": {key: found.execution[key] for key in _EXECUTION if key in found.execution},
        "steps": [_kept(step) for step in found.steps],
        "checked": [_kept(step) for step in found.checked],
        "images": list(found.images.items()),
    }
    return (json.dumps(document, indent=1, sort_keys=True, default=_text) + "\n").encode()


def read_execution(content: bytes) -> Ran:
    """Return what execution_document() kept; its times stay texts of ISO 8601."""
    document: Mapping[str, Any] = json.loads(content)
    return Ran(document["execution"], document["steps"], document["checked"], dict(document["images"]))


def _kept(step: Mapping[str, Any]) -> dict[str, Any]:
    return {key: step[key] for key in _STEP if key in step}


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
