"""Callbacks of pipeline executions: what whoever read a step's message says about it."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.executor import callbacks
from sagemaker_monitor.emulator.executor.outputs import OutputError, typed


def send_pipeline_execution_step_success(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """SendPipelineExecutionStepSuccess; outputs that the step does not declare are refused."""
    outputs = {item["Name"]: item["Value"] for item in request.get("OutputParameters") or []}
    if len(outputs) < len(request.get("OutputParameters") or []):
        raise ApiError("ValidationException", "OutputParameters has a name twice")
    try:
        typed(_require(context, request)["Types"], outputs)
    except OutputError as error:
        raise ApiError("ValidationException", str(error)) from error
    return _answer(context, request, {"Status": "Success", "Outputs": outputs})


def send_pipeline_execution_step_failure(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """SendPipelineExecutionStepFailure."""
    return _answer(context, request, {"Status": "Failure", "FailureReason": request.get("FailureReason")})


OPERATIONS: dict[str, Handler] = {
    "SendPipelineExecutionStepSuccess": send_pipeline_execution_step_success,
    "SendPipelineExecutionStepFailure": send_pipeline_execution_step_failure,
}


def _require(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    token = request["CallbackToken"]
    record = context.store.get(callbacks.KIND, token)
    if record is None:
        raise ApiError("ResourceNotFound", f"Callback token {token} does not exist.")
    return record


def _answer(context: Context, request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Keep the first answer and wake its step; the same ClientRequestToken again changes nothing."""
    record, token = _require(context, request), request["CallbackToken"]
    asked = request.get("ClientRequestToken")
    answer["ClientRequestToken"] = asked
    arn: str = record["PipelineExecutionArn"]

    def change(document: dict[str, Any]) -> dict[str, Any]:
        given = document.get("Answer")
        if given is not None and asked is not None and given["ClientRequestToken"] == asked:
            return document
        if given is not None or not callbacks.awaited(context, token):
            what = "was answered before" if given else "is not waited for any more"
            raise ApiError("ConflictException", f"Callback token {token} of {arn} {what}.")
        return {**document, "Answer": answer}

    context.store.update(callbacks.KIND, token, change)
    callbacks.ring(context, token)
    return {"PipelineExecutionArn": arn}
