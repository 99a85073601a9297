"""CreateProcessingJob and the operations on the jobs it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from sagemaker_monitor.emulator.api.context import Context, Handler
from sagemaker_monitor.emulator.jobs import images, records, runner
from sagemaker_monitor.emulator.jobs.listing import page
from sagemaker_monitor.emulator.jobs.records import refuse

KIND = "processing-job"
PREFIX = "ProcessingJob"
_LOCAL_ROOT = PurePosixPath("/opt/ml/processing")


def create_processing_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateProcessingJob: start the job; what would not run is refused here, by name."""
    check(context, request)
    arn = records.create(context, KIND, PREFIX, request)
    context.jobs.start_processing(context, request["ProcessingJobName"])
    return {"ProcessingJobArn": arn}


def describe_processing_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeProcessingJob."""
    record = records.require(context, KIND, request["ProcessingJobName"])
    return {**records.public(record), "LastModifiedTime": record["_LastModified"]}


def list_processing_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListProcessingJobs."""
    summaries, token = page(context.store, KIND, _summary, request, prefix=PREFIX)
    return {"ProcessingJobSummaries": summaries, "NextToken": token}


def stop_processing_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StopProcessingJob; the job is Stopping until its processes are gone."""
    records.stop(context, KIND, PREFIX, request["ProcessingJobName"])
    return {}


def recover(context: Context) -> None:
    """End the jobs that an emulator which is no more was running."""
    runner.recover(context, KIND)


OPERATIONS: dict[str, Handler] = {
    "CreateProcessingJob": create_processing_job,
    "DescribeProcessingJob": describe_processing_job,
    "ListProcessingJobs": list_processing_jobs,
    "StopProcessingJob": stop_processing_job,
}


def check(context: Context, request: dict[str, Any]) -> None:
    """Raise ApiError for a request that the service's model allows and that cannot run."""
    _check_container(context.config.images, request)
    inputs = request.get("ProcessingInputs", [])
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    _check_unique("ProcessingInputs", (given["InputName"] for given in inputs))
    _check_unique("ProcessingOutputConfig.Outputs", (output["OutputName"] for output in outputs))
    for given in inputs:
        if "S3Input" not in given:
            raise refuse(f"input {given['InputName']!r}", "an S3Input is needed")
        _check_path(f"input {given['InputName']!r}", given["S3Input"].get("LocalPath"))
    for output in outputs:
        if "S3Output" not in output:
            raise refuse(f"output {output['OutputName']!r}", "an S3Output is needed")
        _check_path(f"output {output['OutputName']!r}", output["S3Output"].get("LocalPath"))


def _check_container(registered: images.Registry, request: dict[str, Any]) -> None:
    specification = request["AppSpecification"]
    image = specification["ImageUri"]
    kind = "own" if registered.command(image) else images.kind_of(image)
    if kind is None:
        known = ", ".join((*images.RUNNABLE, *registered.commands))
        raise refuse(
            "AppSpecification.ImageUri",
            f"{image!r} does not run here; run: {known}; "
            "register a command for an image of your own with local up --image REPOSITORY=COMMAND",
        )
    if kind == "script" and not specification.get("ContainerEntrypoint"):
        raise refuse("AppSpecification.ContainerEntrypoint", f"a {images.repository(image)} job needs one")
    one_instance = request["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1) == 1
    if kind in ("script", "own") and not one_instance:
        what = "jobs of own images" if kind == "own" else "script jobs"
        raise refuse("ProcessingResources.ClusterConfig.InstanceCount", f"{what} run on one instance here")


def _check_path(where: str, path: str | None) -> None:
    parts = PurePosixPath(path or "")
    if ".." in parts.parts or not parts.is_relative_to(_LOCAL_ROOT):
        raise refuse(where, f"LocalPath {path!r} must be an absolute path below {_LOCAL_ROOT}, without '..'")


def _check_unique(where: str, names: Iterable[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise refuse(where, f"names must be unique; repeated: {', '.join(repeated)}")


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    members = (
        "ProcessingJobName",
        "ProcessingJobArn",
        "CreationTime",
        "ProcessingEndTime",
        "ProcessingJobStatus",
        "FailureReason",
        "ExitMessage",
    )
    return {
        **{member: record[member] for member in members if member in record},
        "LastModifiedTime": record["_LastModified"],
    }
