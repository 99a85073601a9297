"""Watch an execution: what each step is doing, until the end or until one is tired of waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import TimedOutError, UsageError
from sagemaker_monitor.registry.chain import parse_execution_arn

ENDED = frozenset({"Succeeded", "Failed", "Stopped", "CompletedWithFailures"})
LOCAL_INTERVAL = 0.2
FIRST_INTERVAL, LAST_INTERVAL = 2.0, 15.0
"""Seconds between polls of AWS: short after news, longer while nothing happens."""


@dataclass(frozen=True)
class Step:
    """One step of an execution, as ListPipelineExecutionSteps tells it."""

    name: str
    kind: str
    status: str
    started: datetime | None
    ended: datetime | None
    reason: str
    detail: str = ""
    """What the step's kind has to say: a condition's outcome, a check's violations, what was registered."""


@dataclass(frozen=True)
class Snapshot:
    """An execution at one moment."""

    execution_arn: str
    status: str
    reason: str
    started: datetime | None
    steps: tuple[Step, ...]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED


def look(aws: Aws, execution_arn: str) -> Snapshot:
    """Return the execution as it is now. Raises AwsError, UsageError."""
    check_arn(aws, execution_arn)
    try:
        execution = aws.call("sagemaker", "describe_pipeline_execution", PipelineExecutionArn=execution_arn)
    except NotFoundError as error:
        raise UsageError(f"there is no execution {execution_arn} in {aws.environment.name!r}") from error
    return Snapshot(
        execution_arn=execution_arn,
        status=execution["PipelineExecutionStatus"],
        reason=execution.get("FailureReason", ""),
        started=execution.get("CreationTime"),
        steps=tuple(_step(entry) for entry in list_steps(aws, execution_arn)),
    )


def follow(
    aws: Aws,
    execution_arn: str,
    *,
    timeout: timedelta | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Snapshot]:
    """Yield the execution whenever something about it changed, at last when it has ended.

    Raises TimedOutError when it has not ended after *timeout*; the execution goes on. AwsError, UsageError.
    """
    deadline = None if timeout is None else time.monotonic() + timeout.total_seconds()
    pause = LOCAL_INTERVAL if aws.is_local else FIRST_INTERVAL
    last: Snapshot | None = None
    while True:
        now = look(aws, execution_arn)
        if now != last:
            yield now
        if now.has_ended:
            return
        if not aws.is_local:
            pause = FIRST_INTERVAL if now != last else min(pause * 1.5, LAST_INTERVAL)
        last = now
        if deadline is not None and time.monotonic() + pause > deadline:
            raise TimedOutError(f"{execution_arn} is still {now.status} after {timeout}; it goes on")
        sleep(pause)


def list_steps(aws: Aws, execution_arn: str) -> Iterator[dict[str, Any]]:
    """Yield the records of ListPipelineExecutionSteps, oldest first. Raises AwsError."""
    return aws.pages(
        "sagemaker",
        "list_pipeline_execution_steps",
        "PipelineExecutionSteps",
        PipelineExecutionArn=execution_arn,
        SortOrder="Ascending",
    )


def check_arn(aws: Aws, execution_arn: str) -> None:
    """Check that the ARN is an execution's, in this environment's account and region. Raises UsageError."""
    environment = aws.environment
    if not parse_execution_arn(execution_arn)[1]:
        raise UsageError(
            f"{execution_arn!r} is no execution's ARN; it looks like "
            "arn:aws:sagemaker:<region>:<account>:pipeline/<name>/execution/<id>"
        )
    region, account = execution_arn.split(":")[3:5]
    if (region, account) != (environment.region, environment.account):
        raise UsageError(
            f"{execution_arn} is in account {account}, {region}; environment {environment.name!r} is "
            f"{environment.account}, {environment.region}: name its environment with --env"
        )


def _step(entry: Mapping[str, Any]) -> Step:
    metadata = entry.get("Metadata", {})
    return Step(
        name=entry["StepName"],
        kind=next(iter(metadata), ""),
        status=entry["StepStatus"],
        started=entry.get("StartTime"),
        ended=entry.get("EndTime"),
        reason=entry.get("FailureReason", "") or metadata.get("Fail", {}).get("ErrorMessage", ""),
        detail=_detail(metadata),
    )


def _detail(metadata: Mapping[str, Any]) -> str:
    match metadata:
        case {"Condition": {"Outcome": outcome}}:
            return str(outcome)
        case {"ClarifyCheck": {"ViolationReport": str(report)}} if report:
            return "AWS's rule found violations"
        case {"RegisterModel": {"Arn": arn}}:
            return str(arn)
        case _:
            return ""
