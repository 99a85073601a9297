"""Watch an execution: what each step is doing, until the end or until one is tired of waiting."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.operations.errors import TimedOutError, UsageError
from sagemaker_monitor.registry.chain import parse_execution_arn

RUNNING = frozenset({"Starting", "Executing", "Stopping"})
"""What a step says of itself while it runs."""
ENDED = frozenset({"Succeeded", "Failed", "Stopped", "CompletedWithFailures"})
LOCAL_INTERVAL = 0.2
FIRST_INTERVAL, LAST_INTERVAL = 2.0, 15.0
"""Seconds between polls of AWS: short after news, longer while nothing happens."""
LOCAL_PATIENCE, PATIENCE = timedelta(seconds=10), timedelta(minutes=15)
"""How long nobody may answer before following ends; the execution goes on meanwhile."""
LONGEST_BACKOFF = 60.0
STEPS_A_PAGE = 100


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
    job_arn: str = ""
    """The job that the step runs; empty where it runs none."""

    @property
    def job(self) -> str:
        """The name of the job, which begins the names of its log's streams; empty where there is none."""
        return self.job_arn.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Snapshot:
    """An execution at one moment."""

    execution_arn: str
    status: str
    reason: str
    started: datetime | None
    steps: tuple[Step, ...]
    ended: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def pipeline_name(self) -> str:
        """The pipeline's name, in lower case as ARNs have it."""
        return parse_execution_arn(self.execution_arn)[0]

    @property
    def execution_id(self) -> str:
        """The last part of the execution's ARN."""
        return parse_execution_arn(self.execution_arn)[1]


def look(aws: Aws, execution_arn: str) -> Snapshot:
    """Return the execution as it is now. Raises AwsError, UsageError."""
    check_arn(aws, execution_arn)
    try:
        execution = aws.call("sagemaker", "describe_pipeline_execution", PipelineExecutionArn=execution_arn)
    except NotFoundError as error:
        raise UsageError(f"there is no execution {execution_arn} in {aws.environment.name!r}") from error
    status = execution["PipelineExecutionStatus"]
    return Snapshot(
        execution_arn=execution_arn,
        status=status,
        reason=execution.get("FailureReason", ""),
        started=execution.get("CreationTime"),
        steps=tuple(_step(entry) for entry in list_steps(aws, execution_arn)),
        ended=execution.get("LastModifiedTime") if status in ENDED else None,
    )


def follow(
    aws: Aws,
    execution_arn: str,
    *,
    timeout: timedelta | None = None,
    remind: timedelta | None = None,
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Snapshot]:
    """Yield the execution whenever something about it changed, at last when it has ended.

    With *remind* it is yielded unchanged too when nothing changed for so long. Once it was seen, throttling
    and broken connections are waited out, which *tell* is told; expired credentials are not. Raises
    TimedOutError when it has not ended after *timeout*; the execution goes on. AwsError, UsageError.
    """
    deadline = None if timeout is None else clock() + timeout.total_seconds()
    pause = first = LOCAL_INTERVAL if aws.is_local else FIRST_INTERVAL
    outage = _Outage(LOCAL_PATIENCE if aws.is_local else PATIENCE, first, tell, clock)
    last: Snapshot | None = None
    told = clock()
    while True:
        try:
            now = look(aws, execution_arn)
        except AwsError as error:
            if last is None:
                raise
            wait = outage.wait_after(error)
        else:
            outage.is_over()
            overdue = remind is not None and clock() - told >= remind.total_seconds()
            if now != last or overdue:
                told = clock()
                yield now
            if now.has_ended:
                return
            if not aws.is_local:
                pause = first if now != last else min(pause * 1.5, LAST_INTERVAL)
            last, wait = now, pause
        left = wait if deadline is None else deadline - clock()
        if left <= 0:
            raise TimedOutError(f"{execution_arn} is still {_doing(last)} after {timeout}; it goes on", last)
        sleep(min(wait, left))


class _Outage:
    """A time in which AWS does not answer: waited out with growing pauses, up to a limit."""

    def __init__(
        self, patience: timedelta, first: float, tell: Callable[[str], None], clock: Callable[[], float]
    ) -> None:
        self._patience, self._tell, self._clock = patience, tell, clock
        self._since: float | None = None
        self._first = self._pause = first

    def wait_after(self, error: AwsError) -> float:
        """Return how many seconds to wait before the next question; raise *error* when that is pointless."""
        if not error.transient:
            raise error
        if self._since is None:
            self._since = self._clock()
            self._tell(f"{error}; the execution goes on, asking again for up to {self._patience}")
        if self._clock() - self._since > self._patience.total_seconds():
            raise error
        # Spread, so that those who were throttled together do not come back together.
        wait = self._pause * random.uniform(0.5, 1.0)
        self._pause = min(self._pause * 2, LONGEST_BACKOFF)
        return wait

    def is_over(self) -> None:
        """Note that AWS answered."""
        if self._since is not None:
            self._tell("AWS answers again")
            self._since, self._pause = None, self._first


def _doing(snapshot: Snapshot | None) -> str:
    """Return the status of an execution, with the steps that run."""
    if snapshot is None:
        return "out of reach"
    running = [step.name for step in snapshot.steps if step.status in RUNNING]
    steps = f" ({', '.join(running[:5])}{', …' if len(running) > 5 else ''})" if running else ""
    return f"{snapshot.status}{steps}"


def list_steps(aws: Aws, execution_arn: str) -> Iterator[dict[str, Any]]:
    """Yield the records of ListPipelineExecutionSteps, oldest first. Raises AwsError."""
    return aws.pages(
        "sagemaker",
        "list_pipeline_execution_steps",
        "PipelineExecutionSteps",
        PipelineExecutionArn=execution_arn,
        SortOrder="Ascending",
        MaxResults=STEPS_A_PAGE,
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
        job_arn=job_arn_of(metadata),
    )


def job_arn_of(metadata: Mapping[str, Any]) -> str:
    """Return the ARN of the job that a step's metadata names, whichever kind of step it is."""
    for kind, about in metadata.items():
        if kind in ("ClarifyCheck", "QualityCheck"):
            return str(about.get("CheckJobArn") or "")
        if kind in ("ProcessingJob", "TransformJob", "TrainingJob", "TuningJob", "AutoMLJob"):
            return str(about.get("Arn") or "")
    return ""


def _detail(metadata: Mapping[str, Any]) -> str:
    match metadata:
        case {"Condition": {"Outcome": outcome}}:
            return str(outcome)
        case {"ClarifyCheck": {"ViolationReport": str(report)}} | {
            "QualityCheck": {"ViolationReport": str(report)}
        } if report:
            return "AWS's rule found violations"
        case {"RegisterModel": {"Arn": arn}}:
            return str(arn)
        case _:
            return ""
