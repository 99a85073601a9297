"""CreateTrainingJob and the operations on the jobs it makes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sagemaker_monitor.emulator.api.context import Context, Handler
from sagemaker_monitor.emulator.jobs import records, runner
from sagemaker_monitor.emulator.jobs.images import trainer_of
from sagemaker_monitor.emulator.jobs.listing import page
from sagemaker_monitor.emulator.jobs.records import refuse

KIND = "training-job"
PREFIX = "TrainingJob"
# What a channel may say, and the one value that is staged.
_ONLY = {"CompressionType": "None", "RecordWrapperType": "None", "InputMode": "File"}
_SECONDARY = {"InProgress": "Training", "Stopping": "Stopping"}


def create_training_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateTrainingJob: start the job; what would not run is refused here, by name."""
    check(context, request)
    arn = records.create(context, KIND, PREFIX, request)
    context.jobs.start_training(context, request["TrainingJobName"])
    return {"TrainingJobArn": arn}


def describe_training_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeTrainingJob."""
    record = records.require(context, KIND, request["TrainingJobName"])
    status = record["TrainingJobStatus"]
    return {
        **records.public(record),
        "ModelArtifacts": {"S3ModelArtifacts": artifact_uri(record)},
        "SecondaryStatus": record.get("_Secondary") or _SECONDARY.get(status, status),
        "LastModifiedTime": record["_LastModified"],
        **_billed(record),
    }


def list_training_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTrainingJobs; no job has a warm pool or a training plan."""
    special = request.get("WarmPoolStatusEquals") or request.get("TrainingPlanArnEquals")
    summaries, token = page([] if special else context.store.list(KIND), _summary, request, prefix=PREFIX)
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
    """Return where a training job's model.tar.gz goes."""
    root = record["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    return f"{root}/{record['TrainingJobName']}/output/model.tar.gz"


def check(context: Context, request: dict[str, Any]) -> None:
    """Raise ApiError for a request that the service's model allows and that cannot run."""
    specification = request["AlgorithmSpecification"]
    image = specification.get("TrainingImage")
    if image is None:
        raise refuse("AlgorithmSpecification", "a TrainingImage is needed; algorithm resources are not run")
    if trainer_of(context.config.images, image) is None:
        known = ", ".join(("sagemaker-xgboost", *context.config.images.commands))
        raise refuse(
            "AlgorithmSpecification.TrainingImage",
            f"{image!r} does not train here; trained are: {known}; register a command for an image of your "
            "own with local up --image REPOSITORY=COMMAND",
        )
    if specification["TrainingInputMode"] != "File":
        raise refuse("AlgorithmSpecification.TrainingInputMode", "File is supported")
    channels = request.get("InputDataConfig") or []
    repeated = [name for name, n in Counter(each["ChannelName"] for each in channels).items() if n > 1]
    if repeated:
        raise refuse("InputDataConfig", f"channel names must be unique; repeated: {', '.join(repeated)}")
    for channel in channels:
        where = f"channel {channel['ChannelName']!r}"
        if "S3DataSource" not in channel["DataSource"]:
            raise refuse(where, "only S3DataSource is staged")
        for member, only in (
            ("CompressionType", "None"),
            ("RecordWrapperType", "None"),
            ("InputMode", "File"),
        ):
            if channel.get(member, only) != only:
                raise refuse(where, f"{member} is {only} here, not {channel[member]}")
        if channel["DataSource"]["S3DataSource"]["S3DataType"] not in ("S3Prefix", "ManifestFile"):
            raise refuse(where, "S3DataType is S3Prefix or ManifestFile")


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
        "LastModifiedTime": record["_LastModified"],
    }
