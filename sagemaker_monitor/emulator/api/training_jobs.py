"""CreateTrainingJob and the operations on the jobs it makes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any

from sagemaker_monitor.emulator.api.context import Context, Handler
from sagemaker_monitor.emulator.jobs import records, runner
from sagemaker_monitor.emulator.jobs.images import SCRIPTED, XGBOOST, repository, trainer_of
from sagemaker_monitor.emulator.jobs.listing import page
from sagemaker_monitor.emulator.jobs.records import refuse
from sagemaker_monitor.emulator.jobs.training import PROGRAM, SUBMITTED, script_mode

KIND = "training-job"
PREFIX = "TrainingJob"
_MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
}


def create_training_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateTrainingJob: start the job; what would not run is refused here, by name."""
    check(context, request)
    arn = records.create(context, KIND, PREFIX, request)
    context.jobs.start_training(context, request["TrainingJobName"])
    return {"TrainingJobArn": arn}


def describe_training_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeTrainingJob."""
    record = records.require(context, KIND, request["TrainingJobName"])
    transitions = list(_transitions(record))
    return {
        **records.public(record),
        "ModelArtifacts": {"S3ModelArtifacts": artifact_uri(record)},
        "SecondaryStatus": transitions[-1]["Status"],
        "SecondaryStatusTransitions": transitions,
        "LastModifiedTime": record["_LastModified"],
        **_billed(record),
    }


def list_training_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTrainingJobs; no job has a warm pool or a training plan."""
    if request.get("WarmPoolStatusEquals") or request.get("TrainingPlanArnEquals"):
        return {"TrainingJobSummaries": [], "NextToken": None}
    summaries, token = page(context.store, KIND, _summary, request, prefix=PREFIX)
    return {"TrainingJobSummaries": summaries, "NextToken": token}


def stop_training_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StopTrainingJob; the job is Stopping until its processes are gone."""
    records.stop(context, KIND, PREFIX, request["TrainingJobName"])
    return {}


def recover(context: Context) -> None:
    """End the jobs that an emulator which is no more was running."""
    runner.recover(context, KIND)


OPERATIONS: dict[str, Handler] = {
    "CreateTrainingJob": create_training_job,
    "DescribeTrainingJob": describe_training_job,
    "ListTrainingJobs": list_training_jobs,
    "StopTrainingJob": stop_training_job,
}


def artifact_uri(record: dict[str, Any]) -> str:
    """Return where a training job's model goes: model.tar.gz, or a folder of what is not compressed."""
    output = record["OutputDataConfig"]
    name = "model.tar.gz" if output.get("CompressionType", "GZIP") == "GZIP" else "model/"
    return f"{output['S3OutputPath'].rstrip('/')}/{record['TrainingJobName']}/output/{name}"


def check(context: Context, request: dict[str, Any]) -> None:
    """Raise ApiError for a request that the service's model allows and that cannot run."""
    specification = request.get("AlgorithmSpecification", {})
    image = specification.get("TrainingImage")
    if image is None:
        raise refuse("AlgorithmSpecification", "a TrainingImage is needed; algorithm resources are not run")
    if trainer_of(context.config.images, image) is None and not specification.get("ContainerEntrypoint"):
        known = ", ".join((*SCRIPTED, *context.config.images.commands))
        raise refuse(
            "AlgorithmSpecification.TrainingImage",
            f"{image!r} does not train here; trained are: {known}, and jobs with a ContainerEntrypoint; "
            "register a command for an image of your own with local up --image REPOSITORY=COMMAND",
        )
    channels = request.get("InputDataConfig") or []
    repeated = [name for name, n in Counter(each["ChannelName"] for each in channels).items() if n > 1]
    if repeated:
        raise refuse("InputDataConfig", f"channel names must be unique; repeated: {', '.join(repeated)}")
    for number, channel in enumerate(channels):
        if not channel["DataSource"]:
            raise refuse(f"InputDataConfig[{number}].DataSource", "an S3DataSource is needed")
    _check_regexes(specification.get("MetricDefinitions") or [])
    for member in ("CheckpointConfig", "TensorBoardOutputConfig"):
        path = (request.get(member) or {}).get("LocalPath", "/opt/ml/checkpoints")
        parts = PurePosixPath(path)
        if ".." in parts.parts or not parts.is_relative_to("/opt/ml"):
            raise refuse(f"{member}.LocalPath", f"{path!r} must be an absolute path below /opt/ml")
    _check_script(request)


def _check_regexes(definitions: list[dict[str, str]]) -> None:
    for number, definition in enumerate(definitions):
        try:
            re.compile(definition["Regex"])
        except re.error as error:
            where = f"AlgorithmSpecification.MetricDefinitions[{number}].Regex"
            raise refuse(where, f"{definition['Regex']!r} is no regular expression: {error}") from error


def _check_script(request: dict[str, Any]) -> None:
    """Check the hyperparameters by which the SDK says where a script lies."""
    specification, given = request["AlgorithmSpecification"], request.get("HyperParameters") or {}
    if specification.get("ContainerEntrypoint"):
        return
    name = repository(specification["TrainingImage"])
    if name in SCRIPTED and name not in XGBOOST and PROGRAM not in given:
        raise refuse(f"HyperParameters.{PROGRAM}", f"a {name} job needs one: the script that trains")
    submitted = script_mode(given, SUBMITTED)
    parts = PurePosixPath(submitted)
    inside = parts.is_relative_to("/opt/ml") and ".." not in parts.parts
    if PROGRAM in given and not (submitted.startswith("s3://") or inside):
        raise refuse(
            f"HyperParameters.{SUBMITTED}",
            f"{submitted!r} must be the S3 URI of an archive (sourcedir.tar.gz), or a path below /opt/ml",
        )


def _transitions(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the secondary statuses that the job has been in, each until the next."""
    status, end = record["TrainingJobStatus"], record.get("TrainingEndTime")
    begun = [["Starting", record["CreationTime"]], *record.get("_Transitions", [])]
    if status == "Stopping":
        begun.append([status, record["_LastModified"]])
    elif end is not None and begun[-1][0] not in ("MaxRuntimeExceeded", status):
        begun.append([status, end])
    ends = [start for _, start in begun[1:]] + ([] if end is None else [end])
    for (name, start), until in zip_longest(begun, ends):
        about = {"Status": name, "StartTime": start, "StatusMessage": _MESSAGES[name]}
        yield about if until is None else {**about, "EndTime": until}


def _billed(record: dict[str, Any]) -> dict[str, int]:
    if "TrainingEndTime" not in record or "TrainingStartTime" not in record:
        return {}
    seconds = max(1, round(record["TrainingEndTime"] - record["TrainingStartTime"]))
    return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    members = (
        *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "TrainingJobStatus"),
    )
    return {
        **{member: record[member] for member in members if member in record},
        "SecondaryStatus": list(_transitions(record))[-1]["Status"],
        "LastModifiedTime": record["_LastModified"],
    }
