"""Executions that take steps over: a retried one its own, one of selected steps those of another."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.definitions import definition_of
from sagemaker_monitor.emulator.definition import Definition, parse
from sagemaker_monitor.emulator.executor import running
from sagemaker_monitor.emulator.executor.parameters import bind
from sagemaker_monitor.emulator.executor.records import EXECUTION, UNFINISHED, Records, steps_of
from sagemaker_monitor.emulator.executor.reuse import Done, SelectionError, done, kept_in_retry, needed_by

TOKEN = "execution-token"
_ENDED_BADLY = ("Failed", "Stopped", "CompletedWithFailures")


def retry_pipeline_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """RetryPipelineExecution: what failed or was stopped runs again, and what comes after it."""
    arn = request["PipelineExecutionArn"]
    execution = require(context, arn)
    token = f"{arn}/{request['ClientRequestToken']}"
    if context.store.get(TOKEN, token) is not None:
        return {"PipelineExecutionArn": arn}
    definition, _ = parse(json.loads(definition_of(context, execution)))
    changes = {"PipelineExecutionStatus": "Executing", "LastModifiedTime": context.now()}
    if request.get("ParallelismConfiguration"):
        changes["ParallelismConfiguration"] = request["ParallelismConfiguration"]

    def change(document: dict[str, Any]) -> dict[str, Any]:
        status = document["PipelineExecutionStatus"]
        if status not in _ENDED_BADLY:
            allowed = ", ".join(_ENDED_BADLY)
            text = f"Pipeline execution with ARN {arn} is in status {status}; retried are {allowed}"
            raise ApiError("ConflictException", text)
        return {key: value for key, value in document.items() if key != "FailureReason"} | changes

    execution = context.store.update(EXECUTION, arn, change)
    context.store.put(TOKEN, token, {})
    records = steps_of(context, arn)
    taken = kept_in_retry(definition, records)
    for record in records:
        if record["StepName"] not in taken:
            Records(context, arn).forget(record["StepName"])
    parameters = bind(definition.parameters, execution["_Parameters"])
    running.start(context, execution, definition, parameters, taken)
    return {"PipelineExecutionArn": arn}


OPERATIONS: dict[str, Handler] = {"RetryPipelineExecution": retry_pipeline_execution}


def require(context: Context, arn: str) -> dict[str, Any]:
    """Return the record of an execution; raise ApiError when there is none."""
    record = context.store.get(EXECUTION, arn)
    if record is None:
        raise ApiError("ResourceNotFound", f"Pipeline execution with ARN {arn} does not exist.")
    return record


def source_of(context: Context, request: dict[str, Any], pipeline: str) -> dict[str, Any] | None:
    """Return the execution that selected steps build upon, if any; raise ApiError for a wrong one."""
    arn = (request.get("SelectiveExecutionConfig") or {}).get("SourcePipelineExecutionArn")
    if arn is None:
        return None
    source = require(context, arn)
    if source["PipelineArn"] != pipeline:
        raise ApiError("ValidationException", f"{arn} is no execution of the pipeline {pipeline}")
    status = source["PipelineExecutionStatus"]
    if status in UNFINISHED:
        raise ApiError("ValidationException", f"{arn} is in status {status}; take one that has ended")
    return source


def taken_over(
    context: Context, request: dict[str, Any], definition: Definition, source: dict[str, Any] | None
) -> Done:
    """Return the steps of *source* that the selected ones need; none without a selection. Raises ApiError."""
    selection = request.get("SelectiveExecutionConfig")
    if selection is None:
        return {}
    names = [each["StepName"] for each in selection["SelectedSteps"]]
    records = None if source is None else done(steps_of(context, source["PipelineExecutionArn"]))
    try:
        return needed_by(definition, names, records)
    except SelectionError as error:
        raise ApiError("ValidationException", f"SelectiveExecutionConfig: {error}") from error


def parameters_of(
    request: dict[str, Any], definition: Definition, source: dict[str, Any] | None
) -> list[dict[str, str]]:
    """Return the parameters of a request; what it leaves out is as in the *source*, if there is one."""
    given: list[dict[str, str]] = request.get("PipelineParameters") or []
    names = {item["Name"] for item in given}
    kept = [] if source is None else source["_Parameters"]
    return [*given, *(each for each in kept if each["Name"] in set(definition.parameters) - names)]
