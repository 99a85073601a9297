"""What executions of a monitoring schedule used: the monitor's job, and the merge of labels before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.estimating.jobs import Jobs
from sagemaker_monitor.operations.estimating.runs import RECENT, PastRuns, Run, step_use

COUNTED = ("Completed", "CompletedWithViolations", "Failed")
MERGE = "groundtruth-merge"
PAGE = 100


def past_executions(aws: Aws, name: str, last: int, now: datetime, *, merges: bool) -> PastRuns:
    """Return the *last* executions of schedule *name* that ended by themselves; see past_runs().

    One that *merges* labels has a job for that, which its record does not name. Raises AwsError.
    """
    listed = aws.pages(
        "sagemaker",
        "list_monitoring_executions",
        "MonitoringExecutionSummaries",
        MonitoringScheduleName=name,
        SortBy="ScheduledTime",
        SortOrder="Descending",
        MaxResults=PAGE,
    )
    try:
        # Some may be left out: twice as many are enough to find *last* that count.
        found = list(islice(listed, 2 * last))
    except NotFoundError:
        return PastRuns((), {}, 0, deployed=False)
    counted = [each for each in found if each["MonitoringExecutionStatus"] in COUNTED][:last]
    others = [each for each in found if each["MonitoringExecutionStatus"] not in COUNTED]
    jobs = Jobs(aws)
    return PastRuns(
        tuple(_run(jobs, each, merges=merges) for each in counted),
        Counter(each["MonitoringExecutionStatus"] for each in others),
        sum(each["ScheduledTime"] >= now - RECENT for each in found),
    )


def merge_job_of(arn: str) -> str:
    """Return the ARN of the merge before the job *arn*: both names end with the same time and token."""
    head, _, name = arn.rpartition("/")
    stamp, token = name.split("-")[-2:]
    return f"{head}/{MERGE}-{stamp}-{token}"


def _run(jobs: Jobs, summary: Mapping[str, Any], *, merges: bool) -> Run:
    arn = str(summary.get("ProcessingJobArn") or "")
    steps = []
    # An execution that broke in the merge names that job itself.
    if merges and arn and f"/{MERGE}-" not in arn:
        steps.append(step_use(jobs, "merge of labels", merge_job_of(arn)))
    if arn:
        steps.append(step_use(jobs, "merge of labels" if f"/{MERGE}-" in arn else "monitor", arn))
    return Run(arn, summary["MonitoringExecutionStatus"], summary["ScheduledTime"], tuple(steps))
