"""The records of jobs, for the operations that create, show and stop them."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.api.tags import put_tags
from sagemaker_monitor.emulator.members import REFUSED
from sagemaker_monitor.emulator.wire import ApiError

Record = dict[str, Any]
PREFIXES = {"processing-job": "Processing", "training-job": "Training", "transform-job": "Transform"}
"""How the members of a job's record begin, by the kind of job: ProcessingJobStatus, ProcessingStartTime."""


def create(context: Context, kind: str, prefix: str, request: Record) -> str:
    """Add the record of a new job, InProgress, and return its ARN; raise ApiError when the name is taken."""
    name = request[f"{prefix}Name"]
    arn = context.arn(kind, name)
    now = context.now()
    dropped = {"Tags", *REFUSED.get(f"Create{prefix}", {})}  # the latter asked for nothing
    record = {
        **{key: value for key, value in request.items() if key not in dropped},
        f"{prefix}Arn": arn,
        f"{prefix}Status": "InProgress",
        "CreationTime": now,
        "_LastModified": now,
    }
    if not context.store.create(kind, name, record):
        raise ApiError(
            "ResourceInUse",
            "Job name must be unique within an AWS account and region, "
            f"and a job with this name already exists ({arn})",
        )
    put_tags(context, arn, request.get("Tags"))
    return arn


def require(context: Context, kind: str, name: str) -> Record:
    """Return a job's record; raise ApiError when there is none."""
    record = context.store.get(kind, name)
    if record is None:
        raise ApiError("ResourceNotFound", f"Could not find requested job with name: {name}")
    return record


def public(record: Record) -> Record:
    """Return the record without the store's own members."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def stop(context: Context, kind: str, prefix: str, name: str) -> None:
    """Ask a job to stop; raise ApiError when it is unknown or has ended."""
    status = require(context, kind, name)[f"{prefix}Status"]
    if status not in ("InProgress", "Stopping"):
        what = kind.replace("-", " ")
        raise ApiError(
            "ValidationException", f"The request was rejected because the {what} is in status {status}."
        )
    context.jobs.stop(context, kind, name)


def refuse(member: str, why: str) -> ApiError:
    """Return the error for something that AWS knows and this emulator does not run."""
    return ApiError("ValidationException", f"{member}: {why}")
