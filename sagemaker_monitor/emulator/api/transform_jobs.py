"""CreateTransformJob and the operations on the jobs it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.jobs import csv_records, json_records, records, runner
from sagemaker_monitor.emulator.jobs.listing import page
from sagemaker_monitor.emulator.jobs.records import refuse
from sagemaker_monitor.emulator.jobs.transform import LARGEST_PAYLOAD_MB, media_type
from sagemaker_monitor.emulator.jobs.transform_plan import CSV, JSON, JSON_LINES
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.resolve import UnknownModelError, resolve

KIND = "transform-job"
PREFIX = "TransformJob"
# What reads the filters of each content type.
FILTERS: dict[str, Callable[[str], object]] = {
    CSV: csv_records.compile_filter,
    JSON_LINES: json_records.compile_filter,
    JSON: json_records.compile_filter,
}


def create_transform_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateTransformJob: start the job; what would not run is refused here, by name."""
    check(request)
    try:
        resolve(context, request["ModelName"])
    except (ArtifactError, UnknownModelError) as error:
        raise ApiError("ValidationException", str(error)) from error
    arn = records.create(context, KIND, PREFIX, request)
    context.jobs.start_transform(context, request["TransformJobName"])
    return {"TransformJobArn": arn}


def describe_transform_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeTransformJob."""
    return records.public(records.require(context, KIND, request["TransformJobName"]))


def list_transform_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTransformJobs."""
    summaries, token = page(context.store, KIND, _summary, request, prefix=PREFIX)
    return {"TransformJobSummaries": summaries, "NextToken": token}


def stop_transform_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StopTransformJob; the job is Stopping until its processes are gone."""
    records.stop(context, KIND, PREFIX, request["TransformJobName"])
    return {}


def recover(context: Context) -> None:
    """End the jobs that an emulator which is no more was running."""
    runner.recover(context, KIND)


OPERATIONS: dict[str, Handler] = {
    "CreateTransformJob": create_transform_job,
    "DescribeTransformJob": describe_transform_job,
    "ListTransformJobs": list_transform_jobs,
    "StopTransformJob": stop_transform_job,
}


def check(request: dict[str, Any]) -> None:
    """Raise ApiError for a request that the service's model allows and that cannot run."""
    largest, concurrent = request.get("MaxPayloadInMB", 0), request.get("MaxConcurrentTransforms", 0)
    if largest * max(concurrent, 1) > LARGEST_PAYLOAD_MB:
        times = f" times MaxConcurrentTransforms of {concurrent}" if concurrent > 1 else ""
        raise refuse("MaxPayloadInMB", f"at most {LARGEST_PAYLOAD_MB}, not {largest}{times}")
    given, output = request["TransformInput"], request["TransformOutput"]
    content_type = media_type(given.get("ContentType", ""))
    accept = media_type(output.get("Accept", content_type))
    if records_matter(request):
        _check_processing(request, content_type, accept)


def records_matter(request: dict[str, Any]) -> bool:
    """Return whether answers have to be told apart, or requests filtered, record by record."""
    processing = request.get("DataProcessing", {})
    filtered = {processing.get(name, "$") for name in ("InputFilter", "OutputFilter")} - {"$", ""}
    joined = processing.get("JoinSource", "None") == "Input"
    with_ids: bool = request.get("DataCaptureConfig", {}).get("GenerateInferenceId", False)
    return bool(filtered) or joined or with_ids


def _check_processing(request: dict[str, Any], content_type: str, accept: str) -> None:
    processing = request.get("DataProcessing", {})
    what = "DataProcessing and DataCaptureConfig.GenerateInferenceId"
    for member, kind in (("TransformInput.ContentType", content_type), ("TransformOutput.Accept", accept)):
        _one_of(f"{what} with {member}", kind, *FILTERS)
    for member, kind in (("InputFilter", content_type), ("OutputFilter", accept)):
        try:
            FILTERS[kind](processing.get(member, "$"))
        except ValueError as error:
            raise refuse(f"DataProcessing.{member}", str(error)) from error
    if (content_type == CSV) != (accept == CSV):
        raise refuse(
            what, f"they need input and answers of one kind: Accept is {accept}, ContentType {content_type}"
        )
    split, assemble = (
        request[part].get(member, "None")
        for part, member in (("TransformInput", "SplitType"), ("TransformOutput", "AssembleWith"))
    )
    # Of these types, only a JSON file can be one record.
    whole = content_type == accept == JSON and split == "None"
    if not whole and (split, assemble) != ("Line", "Line"):
        raise refuse(
            what,
            "they work on records: set TransformInput.SplitType and TransformOutput.AssembleWith to Line",
        )


def _one_of(member: str, value: str, *supported: str) -> None:
    if value not in supported:
        raise refuse(member, f"{value[:200]!r} is not supported; supported: {', '.join(supported)}")


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    members = (
        "TransformJobName",
        "TransformJobArn",
        "CreationTime",
        "TransformEndTime",
        "TransformJobStatus",
        "FailureReason",
    )
    return {
        **{member: record[member] for member in members if member in record},
        "LastModifiedTime": record["_LastModified"],
    }
