"""Executions of pipelines: started, followed, stopped, and remembered."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from sagemaker_monitor.emulator.api import definitions, paging, pipelines, reruns
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.definition import parse
from sagemaker_monitor.emulator.executor import running
from sagemaker_monitor.emulator.executor.parameters import ParameterError, bind
from sagemaker_monitor.emulator.executor.records import EXECUTION, UNFINISHED, Records, abandon, steps_of
from sagemaker_monitor.emulator.executor.run import parallelism

_ID_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 12
_TOKEN = "start-token"
_SORT_FIELDS = {"CreationTime": "CreationTime", "PipelineExecutionArn": "PipelineExecutionArn"}


def start_pipeline_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StartPipelineExecution; the same ClientRequestToken again answers with the execution it started."""
    pipeline = pipelines.require(context, request["PipelineName"])
    name = pipeline["PipelineName"]
    token = f"{pipeline['PipelineArn']}/{request['ClientRequestToken']}"
    started = context.store.get(_TOKEN, token)
    if started is not None:
        return {"PipelineExecutionArn": started["Arn"]}
    version = pipelines.version(context, name, request.get("PipelineVersionId"))
    definition, _ = parse(json.loads(version["PipelineDefinition"]))
    source = reruns.source_of(context, request, pipeline["PipelineArn"])
    taken = reruns.taken_over(context, request, definition, source)
    given = reruns.parameters_of(request, definition, source)
    try:
        parameters = bind(definition.parameters, given)
    except ParameterError as error:
        raise ApiError("ValidationException", str(error)) from error
    execution_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
    arn = f"{pipeline['PipelineArn']}/execution/{execution_id}"
    execution = _record(context, request, pipeline, version, arn, _shown(parameters, given))
    context.store.put(EXECUTION, arn, execution)
    if not context.store.create(_TOKEN, token, {"Arn": arn}):
        context.store.delete(EXECUTION, arn)
        return {"PipelineExecutionArn": (context.store.get(_TOKEN, token) or {})["Arn"]}
    _note_run(context, name, version["PipelineVersionId"], execution)
    for step in definition.walk():
        if step.name in taken:
            Records(context, arn).reused(step, taken[step.name], "SelectiveExecutionResult")
    running.start(context, execution, definition, parameters, taken)
    return {"PipelineExecutionArn": arn}


def describe_pipeline_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribePipelineExecution."""
    return _require(context, request)


def list_pipeline_executions(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListPipelineExecutions."""
    pipeline = pipelines.require(context, request["PipelineName"])
    page, token = paging.kept(
        context.store,
        EXECUTION,
        request,
        pipelines.created_within(request),
        sort_fields=_SORT_FIELDS,
        prefix=f"{pipeline['PipelineArn']}/",
    )
    return {"PipelineExecutionSummaries": [_summary(item) for item in page], "NextToken": token}


def list_pipeline_execution_steps(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListPipelineExecutionSteps: the steps that started, the last one first unless asked otherwise."""
    execution = _require(context, request)
    steps = steps_of(context, execution["PipelineExecutionArn"])
    page, token = paging.page(steps, request, sort_fields={"CreationTime": "StartTime"})
    return {"PipelineExecutionSteps": page, "NextToken": token}


def list_pipeline_parameters_for_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListPipelineParametersForExecution: every parameter with its value as text, defaults included."""
    parameters = _require(context, request)["_Parameters"]
    page, token = paging.page(
        parameters, request, sort_fields={"Declared": ""}, default=("Declared", "Ascending")
    )
    return {"PipelineParameters": page, "NextToken": token}


def describe_pipeline_definition_for_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribePipelineDefinitionForExecution: the definition as it was when the execution started."""
    execution = _require(context, request)
    definition = definitions.definition_of(context, execution)
    return {"PipelineDefinition": definition, "CreationTime": execution["CreationTime"]}


def update_pipeline_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdatePipelineExecution; another parallelism holds for the steps that have not started."""
    arn = _require(context, request)["PipelineExecutionArn"]
    members = ("PipelineExecutionDescription", "PipelineExecutionDisplayName", "ParallelismConfiguration")
    changes = {member: request[member] for member in members if request.get(member) is not None}
    changes["LastModifiedTime"] = context.now()
    execution = context.store.update(EXECUTION, arn, lambda document: document | changes)
    running.bound(context, arn, parallelism(execution))
    return {"PipelineExecutionArn": arn}


def stop_pipeline_execution(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StopPipelineExecution: running jobs are stopped, and no other step starts.

    The same ClientRequestToken again changes nothing.
    """
    arn = _require(context, request)["PipelineExecutionArn"]
    token = f"{arn}/{request['ClientRequestToken']}"
    if context.store.get(reruns.TOKEN, token) is not None:
        return {"PipelineExecutionArn": arn}

    def stopping(document: dict[str, Any]) -> dict[str, Any]:
        status = document["PipelineExecutionStatus"]
        if status not in UNFINISHED:
            raise ApiError(
                "ConflictException",
                f"Pipeline execution with ARN {arn} is in status {status}; it cannot stop",
            )
        return {**document, "PipelineExecutionStatus": "Stopping", "LastModifiedTime": context.now()}

    context.store.update(EXECUTION, arn, stopping)
    context.store.put(reruns.TOKEN, token, {})
    Records(context, arn).stopping()
    running.stop(context, arn)
    return {"PipelineExecutionArn": arn}


OPERATIONS: dict[str, Handler] = {
    "StartPipelineExecution": start_pipeline_execution,
    "DescribePipelineExecution": describe_pipeline_execution,
    "ListPipelineExecutions": list_pipeline_executions,
    "ListPipelineExecutionSteps": list_pipeline_execution_steps,
    "ListPipelineParametersForExecution": list_pipeline_parameters_for_execution,
    "DescribePipelineDefinitionForExecution": describe_pipeline_definition_for_execution,
    "StopPipelineExecution": stop_pipeline_execution,
    "UpdatePipelineExecution": update_pipeline_execution,
}


def recover(context: Context) -> None:
    """End the executions that an emulator which is no more was running."""
    abandon(context, running.STOPPED_REASON)


def shutdown(context: Context) -> None:
    """End the executions that are running, before the store closes."""
    running.shutdown(context.config.state_dir)


def _require(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    if not request.get("PipelineExecutionArn"):
        raise ApiError("ValidationException", "a PipelineExecutionArn is needed")
    return reruns.require(context, request["PipelineExecutionArn"])


def _record(
    context: Context,
    request: dict[str, Any],
    pipeline: dict[str, Any],
    version: dict[str, Any],
    arn: str,
    parameters: list[dict[str, str]],
) -> dict[str, Any]:
    now = context.now()
    execution_name = request.get("PipelineExecutionDisplayName") or f"execution-{int(now * 1000)}"
    bound = request.get("ParallelismConfiguration") or version.get("ParallelismConfiguration")
    return {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": arn,
        "PipelineExecutionDisplayName": execution_name,
        "PipelineExecutionStatus": "Executing",
        "PipelineExecutionDescription": request.get("PipelineExecutionDescription"),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "ParallelismConfiguration": bound,
        "SelectiveExecutionConfig": request.get("SelectiveExecutionConfig"),
        "PipelineVersionId": version["PipelineVersionId"],
        "RoleArn": request.get("RoleArn") or version.get("RoleArn"),
        "_Parameters": parameters,
        "_Definition": definitions.keep(context, version["PipelineDefinition"]),
    }


def _shown(parameters: dict[str, Any], given: list[dict[str, str]]) -> list[dict[str, str]]:
    texts = {item["Name"]: item["Value"] for item in given}
    return [
        {"Name": name, "Value": texts.get(name, value if isinstance(value, str) else json.dumps(value))}
        for name, value in parameters.items()
    ]


def _note_run(context: Context, name: str, number: int, execution: dict[str, Any]) -> None:
    ran = {"LastRunTime": execution["CreationTime"]}
    context.store.update(pipelines.KIND, name, lambda document: document | ran)
    last = {"LastExecutionPipelineExecutionArn": execution["PipelineExecutionArn"]}
    key = pipelines.version_key(name, number)
    context.store.update(pipelines.VERSION, key, lambda document: document | last)


def _summary(execution: dict[str, Any]) -> dict[str, Any]:
    return {
        "PipelineExecutionArn": execution["PipelineExecutionArn"],
        "StartTime": execution["CreationTime"],
        "PipelineExecutionStatus": execution["PipelineExecutionStatus"],
        "PipelineExecutionDescription": execution.get("PipelineExecutionDescription"),
        "PipelineExecutionDisplayName": execution["PipelineExecutionDisplayName"],
        "PipelineExecutionFailureReason": execution.get("FailureReason"),
    }
