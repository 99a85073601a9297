"""One execution of a schedule from its start to its end: the merge, the monitor's job, and its record."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sagemaker_monitor.emulator.api import processing_jobs
from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.jobs.failure import bounded
from sagemaker_monitor.emulator.schedules import alerts, inputs, jobs, monitors
from sagemaker_monitor.emulator.schedules.inputs import NoDataError
from sagemaker_monitor.emulator.schedules.jobs import Execution
from sagemaker_monitor.emulator.schedules.monitors import Monitor
from sagemaker_monitor.emulator.schedules.times import NOW, TimeError, utc, window

KIND = "monitoring-execution"
UNFINISHED = ("Pending", "InProgress", "Stopping")
STOPPED = "the emulator was stopped while the execution ran; fire the schedule again"
_LOOK = 0.25
"""Seconds between two looks for data that are not there yet."""
_ENDED = {"Completed": "Completed", "Failed": "Failed", "Stopped": "Stopped"}
Record = dict[str, Any]


class ExecutionFailed(Exception):  # noqa: N818 - an outcome of the execution, not an error of ours
    """A job of the execution ended without reports; the message is its FailureReason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def create(context: Context, schedule: Record, scheduled: datetime, patience: float = 0.0) -> str:
    """Add the record of an execution that was due at *scheduled*, and return its key.

    *patience* is how many seconds it waits for data that are not there yet.
    """
    config = schedule["MonitoringScheduleConfig"]
    now = context.now()
    record = {
        "MonitoringScheduleName": schedule["MonitoringScheduleName"],
        "ScheduledTime": scheduled.timestamp(),
        "CreationTime": now,
        "LastModifiedTime": now,
        "MonitoringExecutionStatus": "Pending",
        "MonitoringType": config.get("MonitoringType", "DataQuality"),
        "_Config": config,
        "_Patience": patience,
    }
    for key, value in (
        ("EndpointName", schedule.get("EndpointName")),
        ("MonitoringJobDefinitionName", config.get("MonitoringJobDefinitionName")),
    ):
        if value:
            record[key] = value
    key = f"{schedule['MonitoringScheduleName']}/{secrets.token_hex(12)}"
    context.store.put(KIND, key, record | {"_Key": key})
    return key


def run(context: Context, key: str) -> None:
    """Run the execution of that record to its end; whatever goes wrong is on the record."""
    try:
        _run_to_end(context, key)
    finally:
        alerts.evaluate(context, key.partition("/")[0])


def _run_to_end(context: Context, key: str) -> None:
    record = context.store.get(KIND, key)
    if record is None:
        return
    _change(context, key, MonitoringExecutionStatus="InProgress")
    try:
        job = _run(context, key, record)
    except ExecutionFailed as failed:
        _change(context, key, MonitoringExecutionStatus=failed.status, FailureReason=bounded(str(failed)))
    except (NoDataError, TimeError, ApiError) as error:
        reason = error.message if isinstance(error, ApiError) else str(error)
        _change(context, key, MonitoringExecutionStatus="Failed", FailureReason=bounded(reason))
    except Exception as error:
        what = f"InternalServerError: the emulator could not run the execution: {error!r}"
        _change(context, key, MonitoringExecutionStatus="Failed", FailureReason=bounded(what))
        raise
    else:
        violated = job.get("ExitMessage", "").startswith("CompletedWithViolations")
        _change(
            context, key, MonitoringExecutionStatus="CompletedWithViolations" if violated else "Completed"
        )


def seen(context: Context, record: Record) -> Record:
    """Return an execution's record as it is listed: Stopping while the job that it waits for is."""
    if record["MonitoringExecutionStatus"] != "InProgress" or "ProcessingJobArn" not in record:
        return record
    job = context.store.get("processing-job", record["ProcessingJobArn"].rpartition("/")[2]) or {}
    stopping = job.get("ProcessingJobStatus") == "Stopping"
    return record | ({"MonitoringExecutionStatus": "Stopping"} if stopping else {})


def recover(context: Context) -> None:
    """End the executions that an emulator which is no more was running."""
    for record in context.store.list(KIND):
        if record["MonitoringExecutionStatus"] in UNFINISHED:
            _change(context, record["_Key"], MonitoringExecutionStatus="Failed", FailureReason=STOPPED)


def _run(context: Context, key: str, record: Record) -> Record:
    config = record["_Config"]
    monitor = monitors.monitor_of(context, config)
    execution = _execution(key, record, config, monitor)
    _await_data(context, monitor, execution, record.get("_Patience", 0.0))
    source = inputs.source_of(context, monitor, execution.schedule)
    wait = _starter(context, key)
    if not monitor.kind.merges:
        path = monitor.input["LocalPath"].rstrip("/")
        records = inputs.captured(context, source, execution.window, path)
        return wait(jobs.monitor_request(context, monitor, execution, records, path))
    captures = inputs.captured(context, source, execution.window, inputs.MERGED)
    wait(jobs.merge_request(context, monitor, execution, captures))
    root, below = jobs.merge_root(monitor), monitor.endpoint_name or execution.schedule
    records = inputs.merged(context, root, below, execution.window)
    return wait(jobs.monitor_request(context, monitor, execution, records, inputs.MERGED))


def _await_data(context: Context, monitor: Monitor, execution: Execution, patience: float) -> None:
    """Return once the window has something to look at, or after *patience* seconds.

    Who fires a schedule that he made a moment ago may still be uploading its labels.
    """
    deadline = time.monotonic() + patience
    context.hosting.flush()
    while time.monotonic() < deadline and not context.schedules.ended:
        if inputs.there(context, monitor, execution.schedule, execution.window):
            return
        time.sleep(_LOOK)
        context.hosting.flush()


def _execution(key: str, record: Record, config: Record, monitor: Monitor) -> Execution:
    scheduled = utc(record["ScheduledTime"])
    plan = config.get("ScheduleConfig") or {}
    if plan.get("ScheduleExpression") == NOW:
        offsets = plan.get("DataAnalysisStartTime"), plan.get("DataAnalysisEndTime")
    else:
        offsets = monitor.input.get("StartTimeOffset"), monitor.input.get("EndTimeOffset")
    seen = window(scheduled, *offsets)
    schedule, _, token = key.partition("/")
    return Execution(schedule, scheduled, seen, token)


def _starter(context: Context, key: str) -> Callable[[Record], Record]:
    """Return what starts a job of the execution, waits for it, and returns its record when it completed."""

    schedule = key.partition("/")[0]
    shown = {"MonitoringScheduleArn": context.arn("monitoring-schedule", schedule.lower())}

    def wait(request: Record) -> Record:
        made = processing_jobs.create_processing_job(context, request)
        name = request["ProcessingJobName"]
        context.store.update("processing-job", name, lambda job: job | shown)
        _change(context, key, ProcessingJobArn=made["ProcessingJobArn"])
        job = context.jobs.wait(context, "processing-job", name)
        if job["ProcessingJobStatus"] != "Completed":
            reason = job.get("FailureReason") or f"job {name} ended {job['ProcessingJobStatus']}"
            raise ExecutionFailed(_ENDED.get(job["ProcessingJobStatus"], "Failed"), reason)
        return job

    return wait


def _change(context: Context, key: str, **changes: Any) -> None:
    def change(record: Record) -> Record:
        return record | changes | {"LastModifiedTime": context.now()}

    try:
        context.store.outlast(lambda: context.store.update(KIND, key, change))
    except KeyError:  # the state was taken away meanwhile
        return
