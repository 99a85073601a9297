"""The last lines that a job logged, from CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.operations.follow import Step

GROUPS = {
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "transform-job": "/aws/sagemaker/TransformJobs",
    "training-job": "/aws/sagemaker/TrainingJobs",
}
"""Kind of job, as its ARN has it, to the group that SageMaker logs to."""
LINES = 12
MOST_JOBS = 3
_STREAMS_ASKED = 10


@dataclass(frozen=True)
class Tail:
    """The end of one job's log, and where all of it is."""

    step: str
    job: str
    group: str
    stream: str
    """The log's stream; empty when there is none, or none that may be read."""
    lines: tuple[str, ...]
    problem: str
    """Why there are no lines; empty otherwise."""


def tails(aws: Aws, steps: Iterable[Step]) -> tuple[Tail, ...]:
    """Return the ends of the logs of the first few *steps* that run a job. Never raises AwsError."""
    logged = [step for step in steps if _group(step)]
    return tuple(_tail(aws, step) for step in logged[:MOST_JOBS])


def _group(step: Step) -> str:
    # arn:aws:sagemaker:<region>:<account>:processing-job/<name>
    kind = step.job_arn.split(":")[-1].partition("/")[0]
    return GROUPS.get(kind, "")


def _tail(aws: Aws, step: Step) -> Tail:
    group = _group(step)
    stream, lines = "", tuple[str, ...]()
    try:
        stream = _last_stream(aws, group, step.job)
        if stream:
            lines = _lines(aws, group, stream)
        problem = "" if lines else "it logged nothing"
    # The log is told beside what matters; who may not read it gets the rest.
    except AwsError as error:
        problem = "it logged nothing" if error.code == "ResourceNotFoundException" else str(error)
    return Tail(step.name, step.job, group, stream, lines, problem)


def _last_stream(aws: Aws, group: str, job: str) -> str:
    """Return the stream of the job that was written to last; several instances have one each."""
    found = aws.call(
        "logs",
        "describe_log_streams",
        logGroupName=group,
        logStreamNamePrefix=f"{job}/",
        limit=_STREAMS_ASKED,
    ).get("logStreams", [])
    # A transform's data log lists records; what went wrong is in the container's.
    streams = [each for each in found if not each["logStreamName"].endswith("/data-log")]
    newest = max(streams, key=lambda each: each.get("lastEventTimestamp", 0), default=None)
    return str(newest["logStreamName"]) if newest else ""


def _lines(aws: Aws, group: str, stream: str) -> tuple[str, ...]:
    events = aws.call(
        "logs", "get_log_events", logGroupName=group, logStreamName=stream, limit=LINES, startFromHead=False
    ).get("events", [])
    return tuple(line for event in events for line in str(event["message"]).splitlines())[-LINES:]
