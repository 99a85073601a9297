"""Wait for an execution of a monitoring schedule, and say how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.errors import TimedOutError

_UNFINISHED = ("Pending", "InProgress", "Stopping")
_POLL = 0.2


@dataclass(frozen=True)
class MonitoringEnd:
    """How an execution of a schedule ended: its summary, and where its reports lie, if it left any."""

    document: dict[str, Any]
    reports: str | None

    @property
    def status(self) -> str:
        """The MonitoringExecutionStatus."""
        return str(self.document["MonitoringExecutionStatus"])

    @property
    def lines(self) -> list[str]:
        """What a person is told."""
        told = [f"{self.document['MonitoringScheduleName']}: {self.status}"]
        told += [str(self.document[key]) for key in ("FailureReason", "ExitMessage") if key in self.document]
        return told + ([f"reports: {self.reports}"] if self.reports else [])


def wait_for(aws: Aws, schedule: str, scheduled: datetime, *, timeout: float = 3600.0) -> MonitoringEnd:
    """Return how the newest execution of *schedule* that was due at *scheduled* ended.

    Raises TimedOutError after *timeout* seconds, and AwsError.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = aws.call(
            "sagemaker",
            "list_monitoring_executions",
            MonitoringScheduleName=schedule,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=20,
        )["MonitoringExecutionSummaries"]
        for each in found:
            if each["ScheduledTime"] == scheduled and each["MonitoringExecutionStatus"] not in _UNFINISHED:
                return _end(aws, each)
            if each["ScheduledTime"] == scheduled:
                break
        if time.monotonic() > deadline:
            raise TimedOutError(f"the execution of {schedule!r} still runs after {timeout:g} s")
        time.sleep(_POLL)


def _end(aws: Aws, summary: dict[str, Any]) -> MonitoringEnd:
    arn = summary.get("ProcessingJobArn")
    if arn is None or summary["MonitoringExecutionStatus"] == "Failed":
        return MonitoringEnd(summary, None)
    job = aws.call("sagemaker", "describe_processing_job", ProcessingJobName=arn.rpartition("/")[2])
    (output, *_) = job["ProcessingOutputConfig"]["Outputs"]
    document = {**summary, **({"ExitMessage": job["ExitMessage"]} if "ExitMessage" in job else {})}
    return MonitoringEnd(document, output["S3Output"]["S3Uri"])
