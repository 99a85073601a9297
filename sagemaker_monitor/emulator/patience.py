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
BEAT = 0.5
"""Seconds between two interim answers (RFC 9110, 15.2): a client that hears nothing for long gives up."""
_GAP = 0.02, 0.25
"""Seconds between two looks at the state: the first and the longest."""
_FEATURES = re.compile(r"(?:^|\s)m/([\w,+-]+)")
_WAITER = "B"
"""How botocore spells in a User-Agent that a waiter asks (botocore/useragent.py)."""
_OTHERS = ("AWS-SageMaker-Python-SDK", "AWS-SageMakerCore", "command#sagemaker.wait")
"""What else tells one who sleeps: the SDKs of versions 2 and 3, and `aws sagemaker wait` of the AWS CLI 2."""


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
    last = context.store.last("monitoring-execution", f"{name}/") if name else None
    return last is not None and last["MonitoringExecutionStatus"] in ("Pending", "InProgress", "Stopping")


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


@dataclass(frozen=True)
class Client:
    """Who asks: what it says of itself, and how it is told that the answer is still to come."""

    user_agent: str = ""
    reassure: Callable[[], None] = lambda: None

    @property
    def sleeps(self) -> bool:
        """Whether it would sleep before it asks again."""
        features = {each for found in _FEATURES.findall(self.user_agent) for each in found.split(",")}
        return _WAITER in features or any(other in self.user_agent for other in _OTHERS)


def hold(
    context: Context, operation: str, request: dict[str, Any], client: Client, longest: float = LONGEST
) -> None:
    """Return once what a client that would sleep asks about has ended, at most *longest* seconds later."""
    is_open = QUESTIONS.get(operation)
    if is_open is None or not client.sleeps:
        return
    beat, gap = time.monotonic(), _GAP[0]
    deadline = beat + longest
    while is_open(context, request) and time.monotonic() < deadline:
        time.sleep(gap)
        gap = min(gap * 1.2, _GAP[1])
        if time.monotonic() - beat >= BEAT:
            beat = time.monotonic()
            try:
                client.reassure()
            except OSError:  # it went away; who sends the answer finds out, too
                return
