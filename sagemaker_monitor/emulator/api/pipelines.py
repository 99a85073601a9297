"""Pipelines and their versions: what was upserted, checked before it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sagemaker_monitor.emulator.api import paging, tags
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.definition import Finding, parse
from sagemaker_monitor.emulator.lint import lint, render
from sagemaker_monitor.emulator.s3.keys import S3Error

KIND, VERSION = "pipeline", "pipeline-version"
_DELETED = "deleted-pipeline"
_OF_EXECUTIONS = ("execution", "execution-step", "execution-token", "start-token")
"""Kinds of documents whose keys begin with the pipeline's ARN."""
_LONGEST_DEFINITION = 1_048_576
_SUMMARY = (
    "PipelineArn",
    "PipelineName",
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "CreationTime",
    "LastModifiedTime",
)
_KEPT = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")


def create_pipeline(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreatePipeline; the same ClientRequestToken again answers with the pipeline that it made."""
    name, token = request["PipelineName"], request["ClientRequestToken"]
    definition = _definition(context, request, name)
    arn, now = context.arn("pipeline", name), context.now()
    record = {
        "PipelineArn": arn,
        "PipelineName": name,
        "PipelineStatus": "Active",
        "PipelineDefinition": definition,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "_Version": 1,
        "_Token": token,
        **_kept(request),
    }
    if context.store.create(KIND, name, record):
        _keep_version(context, record)
        tags.put_tags(context, arn, request.get("Tags"))
    elif require(context, name)["_Token"] != token:
        raise ApiError(
            "ValidationException",
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists.",
        )
    return {"PipelineArn": arn}


def update_pipeline(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdatePipeline; every call makes a new version, as on AWS, whether anything differs or not."""
    name = request["PipelineName"]
    require(context, name)
    changes = {**_kept(request), "LastModifiedTime": context.now()}
    if request.get("PipelineDefinition") or request.get("PipelineDefinitionS3Location"):
        changes["PipelineDefinition"] = _definition(context, request, name)
    record = context.store.update(
        KIND, name, lambda document: {**document, **changes, "_Version": document["_Version"] + 1}
    )
    _keep_version(context, record)
    return {"PipelineArn": record["PipelineArn"], "PipelineVersionId": record["_Version"]}


def describe_pipeline(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribePipeline, the latest version unless another is asked for."""
    record = require(context, request["PipelineName"])
    chosen = version(context, record["PipelineName"], request.get("PipelineVersionId"))
    versioned = ("PipelineDefinition", *_KEPT, "PipelineVersionDisplayName", "PipelineVersionDescription")
    return {**record, **{member: chosen.get(member) for member in versioned}}


def delete_pipeline(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeletePipeline, and its executions with it, as documented; refused while one of them runs.

    The same ClientRequestToken again answers as before.
    """
    token = f"{request['PipelineName']}/{request['ClientRequestToken']}"
    deleted = context.store.get(_DELETED, token)
    if deleted is not None:
        return {"PipelineArn": deleted["Arn"]}
    record = require(context, request["PipelineName"])
    name, arn = record["PipelineName"], record["PipelineArn"]
    for execution in context.store.list("execution", PipelineArn=arn):
        if execution["PipelineExecutionStatus"] in ("Executing", "Stopping"):
            raise ApiError(
                "ConflictException",
                f"Pipeline {name} is executing, stop it first: {execution['PipelineExecutionArn']}",
            )
    context.store.delete(KIND, name)
    for number in range(1, record["_Version"] + 1):
        context.store.delete(VERSION, version_key(name, number))
    for kind in _OF_EXECUTIONS:
        context.store.clear(kind, f"{arn}/")
    tags.forget_tags(context, arn)
    context.store.put(_DELETED, token, {"Arn": arn})
    return {"PipelineArn": arn}


def list_pipelines(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListPipelines."""
    created = created_within(request)
    page, token = paging.kept(
        context.store,
        KIND,
        request,
        lambda pipeline: request.get("ManagedBy") != "AWS" and created(pipeline),
        sort_fields={"Name": "PipelineName", "CreationTime": "CreationTime"},
        prefix=request.get("PipelineNamePrefix", ""),
    )
    summaries = [
        {**{member: item.get(member) for member in _SUMMARY}, "LastExecutionTime": item.get("LastRunTime")}
        for item in page
    ]
    return {"PipelineSummaries": summaries, "NextToken": token}


def list_pipeline_versions(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListPipelineVersions."""
    record = require(context, request["PipelineName"])
    versions = context.store.list(VERSION, prefix=f"{record['PipelineName']}/")
    fields = {"CreationTime": "PipelineVersionId"}
    page, token = paging.page(list(filter(created_within(request), versions)), request, sort_fields=fields)
    members = (
        *("PipelineVersionId", "CreationTime", "LastExecutionPipelineExecutionArn"),
        *("PipelineVersionDisplayName", "PipelineVersionDescription"),
    )
    summaries = [
        {"PipelineArn": record["PipelineArn"], **{member: item.get(member) for member in members}}
        for item in page
    ]
    return {"PipelineVersionSummaries": summaries, "NextToken": token}


def update_pipeline_version(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdatePipelineVersion: a name and a description of one version."""
    arn = request["PipelineArn"]
    record = require(context, arn)
    chosen = version(context, record["PipelineName"], request["PipelineVersionId"])
    members = ("PipelineVersionDisplayName", "PipelineVersionDescription")
    changes = {member: request[member] for member in members if request.get(member) is not None}
    key = version_key(record["PipelineName"], chosen["PipelineVersionId"])
    context.store.update(VERSION, key, lambda document: document | changes)
    return {"PipelineArn": record["PipelineArn"], "PipelineVersionId": chosen["PipelineVersionId"]}


OPERATIONS: dict[str, Handler] = {
    "CreatePipeline": create_pipeline,
    "UpdatePipeline": update_pipeline,
    "DescribePipeline": describe_pipeline,
    "DeletePipeline": delete_pipeline,
    "ListPipelines": list_pipelines,
    "ListPipelineVersions": list_pipeline_versions,
    "UpdatePipelineVersion": update_pipeline_version,
}


def recover(context: Context) -> None:
    """Keep the versions that a kill between two writes left out."""
    for record in context.store.list(KIND):
        if context.store.get(VERSION, version_key(record["PipelineName"], record["_Version"])) is None:
            _keep_version(context, record)


def require(context: Context, name_or_arn: str) -> dict[str, Any]:
    """Return the record of a pipeline, given by name or ARN; raise ApiError when there is none."""
    name = name_or_arn.rsplit("/", 1)[-1]
    record = context.store.get(KIND, name)
    if record is None or (name_or_arn != name and name_or_arn != record["PipelineArn"]):
        raise ApiError("ResourceNotFound", f"Pipeline '{name_or_arn}' does not exist.")
    return record


def version(context: Context, name: str, number: int | None = None) -> dict[str, Any]:
    """Return a version of the pipeline called *name*, by default the latest; ApiError when there is none."""
    chosen = number or require(context, name)["_Version"]
    found = context.store.get(VERSION, version_key(name, chosen))
    if found is None:
        raise ApiError("ResourceNotFound", f"Pipeline '{name}' has no version {chosen}.")
    return found


def created_within(request: dict[str, Any]) -> paging.Keep:
    """Return what tells documents created after CreatedAfter and before CreatedBefore, where given."""
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    return lambda document: (
        (after is None or document["CreationTime"] >= after)
        and (before is None or document["CreationTime"] <= before)
    )


def version_key(name: str, number: int) -> str:
    """Return the key of a version's document."""
    return f"{name}/{number}"


def _kept(request: dict[str, Any]) -> dict[str, Any]:
    return {member: request[member] for member in _KEPT if request.get(member) is not None}


def _keep_version(context: Context, record: dict[str, Any]) -> None:
    """Keep what *record* says now as a version of its own."""
    document = {
        **_kept(record),
        "PipelineVersionId": record["_Version"],
        "PipelineDefinition": record["PipelineDefinition"],
        "CreationTime": record["LastModifiedTime"],
    }
    context.store.put(VERSION, version_key(record["PipelineName"], record["_Version"]), document)


def _definition(context: Context, request: dict[str, Any], name: str) -> str:
    """Return the definition in *request*, or where it points to; raise ApiError unless it can run."""
    match request:
        case {"PipelineDefinition": str(text), "PipelineDefinitionS3Location": dict()}:
            raise ApiError(
                "ValidationException", "give PipelineDefinition or PipelineDefinitionS3Location, not both"
            )
        case {"PipelineDefinition": str(text)}:
            pass
        case {"PipelineDefinitionS3Location": {"Bucket": bucket, "ObjectKey": key, **rest}}:
            if "VersionId" in rest:
                where = "PipelineDefinitionS3Location.VersionId"
                raise ApiError("ValidationException", f"{where}: objects have no versions here")
            text = _read(context, f"s3://{bucket}/{key}")
        case _:
            raise ApiError(
                "ValidationException", "PipelineDefinition or PipelineDefinitionS3Location is needed"
            )
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ApiError("ValidationException", f"the pipeline definition is not JSON: {error}") from error
    findings = lint(document, name) or list(_functions(context, document))
    if findings:
        raise ApiError(
            "ValidationException",
            f"the pipeline definition cannot run ({len(findings)}):\n{render(findings)}",
        )
    return text


def _functions(context: Context, document: Any) -> Iterator[Finding]:
    """Yield the Lambda functions of a definition for which nothing is registered here."""
    functions = context.config.functions
    for step in parse(document)[0].walk():
        arn = step.options.get("FunctionArn")
        if isinstance(arn, str) and functions.find(arn) is None:
            yield Finding(
                f"{step.path}.FunctionArn", f"there is no Lambda function {arn[:128]}; {functions.known}"
            )


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _read(context: Context, uri: str) -> str:
    try:
        if context.s3.get(uri).size > _LONGEST_DEFINITION:
            raise ApiError("ValidationException", f"{uri} is longer than {_LONGEST_DEFINITION} bytes")
        return context.s3.read_bytes(uri).decode()
    except S3Error as error:
        raise ApiError(
            "ValidationException", f"the pipeline definition {uri} cannot be read: {error}"
        ) from error
    except UnicodeDecodeError as error:
        raise ApiError("ValidationException", f"the pipeline definition {uri} is not UTF-8") from error
