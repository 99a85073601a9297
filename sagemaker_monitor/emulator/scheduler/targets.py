"""What a schedule starts: pipelines, by the universal target or by SageMaker's templated one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sagemaker_monitor.emulator.api.context import ApiError

UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:sagemaker:startPipelineExecution")
_PIPELINE = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:pipeline/([A-Za-z0-9-]+)")


def check_target(target: Mapping[str, Any]) -> None:
    """Raise ApiError unless a schedule with this target can be run here."""
    arn = target["Arn"]
    if UNIVERSAL.fullmatch(arn):
        try:
            request = json.loads(target.get("Input", ""))
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            raise ApiError(
                "ValidationException", "Invalid RequestJson provided. Reason: it is no JSON object"
            )
    elif not _PIPELINE.fullmatch(arn):
        raise ApiError(
            "ValidationException",
            f"the emulator's schedules start pipelines, by arn:aws:scheduler:::aws-sdk:sagemaker:"
            f"startPipelineExecution or by a pipeline's ARN; not {arn[:200]}",
        )


def pipeline_of(target: Mapping[str, Any]) -> str:
    """Return the name of the pipeline that a schedule with this target starts; empty where it says none."""
    found = _PIPELINE.fullmatch(target["Arn"])
    named = found[1] if found else json.loads(target["Input"]).get("PipelineName", "")
    return str(named).rpartition("/")[2]


def request_of(target: Mapping[str, Any], attributes: Mapping[str, str]) -> bytes:
    """Return the request for StartPipelineExecution, with *attributes* in the place of their keywords.

    Without a token it gets one, as AWS's clients do it.
    """
    found = _PIPELINE.fullmatch(target["Arn"])
    if found is None:
        text: str = target["Input"]
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        request = json.loads(text)
    else:
        given = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
        request = {"PipelineName": found[1], "PipelineParameters": given}
    return json.dumps({"ClientRequestToken": uuid4().hex, **request}).encode()
