"""Spares clients the sleep between two questions: some are answered only when what they ask about has ended.

A waiter of botocore asks, sleeps for half a minute to two minutes where a job has not ended, and asks again;
so do the SageMaker SDKs, for seconds to a minute, and notebooks that use them. Both say in their User-Agent
what they are. Their question about something unfinished is held until it ends, at the latest LONGEST seconds.
Everybody else is answered at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.api.context import Context

LONGEST = 50.0
"""Seconds; clients wait a minute for an answer, unless they are told otherwise."""
_GAP = 0.02, 0.25
"""Seconds between two looks at the state: the first and the longest."""
_FEATURES = re.compile(r"(?:^|\s)m/([\w,+-]+)")
_WAITER = "B"
"""How botocore spells in a User-Agent that a waiter asks (botocore/useragent.py)."""
_SDKS = ("AWS-SageMaker-Python-SDK", "AWS-SageMakerCore")


@dataclass(frozen=True)
class Question:
    """Where the state has the answer: a kind, the request's member that names it, and a status."""

    kind: str
    name: str
    status: str
    unfinished: tuple[str, ...] = ("InProgress", "Stopping")

    def open(self, context: Context, request: dict[str, Any]) -> bool:
        """Return whether what is asked about has not ended yet."""
        record = context.store.get(self.kind, str(request.get(self.name)))
        return record is not None and record.get(self.status) in self.unfinished


def _executing(context: Context, request: dict[str, Any]) -> bool:
    name = request.get("MonitoringScheduleName")
    found = context.store.list("monitoring-execution", prefix=f"{name}/") if name else []
    return bool(found) and found[-1]["MonitoringExecutionStatus"] in ("Pending", "InProgress", "Stopping")


QUESTIONS: dict[str, Callable[[Context, dict[str, Any]], bool]] = {
    "DescribeProcessingJob": Question("processing-job", "ProcessingJobName", "ProcessingJobStatus").open,
    "DescribeTrainingJob": Question("training-job", "TrainingJobName", "TrainingJobStatus").open,
    "DescribeTransformJob": Question("transform-job", "TransformJobName", "TransformJobStatus").open,
    "DescribeEndpoint": Question(
        "endpoint", "EndpointName", "EndpointStatus", ("Creating", "Updating", "SystemUpdating", "Deleting")
    ).open,
    "DescribePipelineExecution": Question(
        "execution", "PipelineExecutionArn", "PipelineExecutionStatus", ("Executing", "Stopping")
    ).open,
    "DescribeMonitoringSchedule": _executing,
    "ListMonitoringExecutions": _executing,
}
"""The operations that are held, and whether there is a reason to."""


def sleeps(user_agent: str) -> bool:
    """Return whether a client would sleep before it asks again, by what it says of itself."""
    features = {each for found in _FEATURES.findall(user_agent) for each in found.split(",")}
    return _WAITER in features or any(sdk in user_agent for sdk in _SDKS)


def hold(context: Context, operation: str, request: dict[str, Any], longest: float = LONGEST) -> None:
    """Return once what *request* asks about has ended, or after *longest* seconds."""
    is_open = QUESTIONS.get(operation)
    if is_open is None:
        return
    deadline, gap = time.monotonic() + longest, _GAP[0]
    while is_open(context, request) and time.monotonic() < deadline:
        time.sleep(gap)
        gap = min(gap * 1.2, _GAP[1])
