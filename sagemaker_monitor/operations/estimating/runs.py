"""What past executions of a pipeline used, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.estimating.jobs import Jobs, JobUse, UnknownUseError
from sagemaker_monitor.operations.follow import job_arn_of, list_steps

ASKED_AT_ONCE = 8
RECENT = timedelta(days=30)
"""Over which how often a pipeline runs is observed."""
MOST_LISTED = 2000
COUNTED = ("Succeeded", "Failed")
"""Executions that went to an end of their own: a refusal is Failed."""
PAGE = 100


@dataclass(frozen=True)
class StepUse:
    """What a step of one execution used; *problem* says why that is not known, empty where it is."""

    name: str
    use: JobUse
    problem: str = ""


@dataclass(frozen=True)
class Run:
    """One execution that ended, with the steps that ran a job."""

    execution_arn: str
    status: str
    started: datetime
    steps: tuple[StepUse, ...]

    @property
    def is_known(self) -> bool:
        """Whether it is known of every step what it used."""
        return not any(step.problem for step in self.steps)


@dataclass(frozen=True)
class PastRuns:
    """The newest executions of a pipeline, newest first, and how often it ran of late."""

    runs: tuple[Run, ...]
    left_out: Mapping[str, int]
    """How many executions are not among them, by status: those that run, and those somebody stopped."""
    recent: int
    """Executions that were started within RECENT."""
    deployed: bool = True


def past_runs(aws: Aws, pipeline_name: str, last: int, now: datetime) -> PastRuns:
    """Return the *last* executions of a pipeline that ended by themselves, and what they used.

    Raises AwsError.
    """
    try:
        listed = _listed(aws, pipeline_name, last, now - RECENT)
    except NotFoundError:
        return PastRuns((), {}, 0, deployed=False)
    counted = [each for each in listed if each["PipelineExecutionStatus"] in COUNTED][:last]
    oldest = counted[-1]["StartTime"] if counted else now
    others = [
        each
        for each in listed
        if each["PipelineExecutionStatus"] not in COUNTED and each["StartTime"] >= oldest
    ]
    jobs = Jobs(aws)
    with ThreadPoolExecutor(max_workers=ASKED_AT_ONCE) as pool:
        runs = tuple(pool.map(lambda each: _run(aws, jobs, each), counted))
    return PastRuns(
        runs,
        Counter(each["PipelineExecutionStatus"] for each in others),
        sum(each["StartTime"] >= now - RECENT for each in listed),
    )


def _listed(aws: Aws, pipeline_name: str, last: int, since: datetime) -> Sequence[Mapping[str, Any]]:
    """Return the newest executions: all since *since*, and as many as hold *last* that count."""
    listed: list[Mapping[str, Any]] = []
    counted = 0
    for each in aws.pages(
        "sagemaker",
        "list_pipeline_executions",
        "PipelineExecutionSummaries",
        PipelineName=pipeline_name,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=PAGE,
    ):
        if (counted >= last and each["StartTime"] < since) or len(listed) >= MOST_LISTED:
            break
        listed.append(each)
        counted += each["PipelineExecutionStatus"] in COUNTED
    return listed


def _run(aws: Aws, jobs: Jobs, summary: Mapping[str, Any]) -> Run:
    arn = summary["PipelineExecutionArn"]
    steps = tuple(step for entry in list_steps(aws, arn) if (step := _step(jobs, entry)) is not None)
    return Run(arn, summary["PipelineExecutionStatus"], summary["StartTime"], steps)


def _step(jobs: Jobs, entry: Mapping[str, Any]) -> StepUse | None:
    """Return what a step used; None where it ran no job, or took the result of an earlier execution."""
    arn = job_arn_of(entry.get("Metadata", {}))
    if not arn or entry.get("CacheHitResult") or entry.get("SelectiveExecutionResult"):
        return None
    return step_use(jobs, entry["StepName"], arn)


def step_use(jobs: Jobs, name: str, arn: str) -> StepUse:
    """Return what the job *arn* used, as that of a step called *name*. Raises AwsError."""
    try:
        return StepUse(name, jobs.use_of(arn))
    except UnknownUseError as error:
        return StepUse(name, JobUse(()), str(error))
