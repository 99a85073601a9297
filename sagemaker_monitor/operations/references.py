"""Everything in an account and region that may refer to a file of ours, asked for several things at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.follow import ENDED
from sagemaker_monitor.operations.resources.versions import list_versions

AT_ONCE = 8
LONGEST_EXECUTION = timedelta(days=60)
"""Older ones do not run any more: a job has at most 28 days."""
_MONITORS = ("data_quality", "model_quality", "model_bias", "model_explainability")
_SHA256 = re.compile(r"/assets/([0-9a-f]{64})(?![0-9a-f])")

Ask = Callable[[], Any]


def referenced(aws: Aws) -> frozenset[str]:
    """Return the SHA-256 of every file that something refers to, by anybody in this account and region.

    Read are: each version of each pipeline; executions that run, with their parameters; job
    definitions and monitoring schedules of the four kinds; processing jobs that run; every model
    package. Raises AwsError: what could not be read may refer to anything.
    """
    found: set[str] = set()
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for hashes in pool.map(lambda ask: _hashes(ask), _questions(aws)):
            found |= hashes
    return frozenset(found)


def _hashes(ask: Ask) -> set[str]:
    try:
        answer = ask()
    except NotFoundError:
        return set()  # it went while we were asking, and refers to nothing any more
    return set(_SHA256.findall(json.dumps(answer, default=str)))


def _questions(aws: Aws) -> Iterator[Ask]:
    yield from _pipelines(aws)
    yield from _monitoring(aws)
    for job in aws.pages(
        "sagemaker", "list_processing_jobs", "ProcessingJobSummaries", StatusEquals="InProgress"
    ):
        yield _asking(aws, "describe_processing_job", ProcessingJobName=job["ProcessingJobName"])
    for group in aws.pages("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList"):
        for version in aws.pages(
            "sagemaker",
            "list_model_packages",
            "ModelPackageSummaryList",
            ModelPackageGroupName=group["ModelPackageGroupName"],
            MaxResults=100,
        ):
            yield _asking(aws, "describe_model_package", ModelPackageName=version["ModelPackageArn"])


def _pipelines(aws: Aws) -> Iterator[Ask]:
    for pipeline in aws.pages("sagemaker", "list_pipelines", "PipelineSummaries", MaxResults=100):
        name = pipeline["PipelineName"]
        for version in list_versions(aws, name):
            yield _asking(aws, "describe_pipeline", PipelineName=name, PipelineVersionId=version)
        for execution in aws.pages(
            "sagemaker",
            "list_pipeline_executions",
            "PipelineExecutionSummaries",
            PipelineName=name,
            CreatedAfter=datetime.now(UTC) - LONGEST_EXECUTION,
        ):
            if execution["PipelineExecutionStatus"] not in ENDED:
                arn = execution["PipelineExecutionArn"]
                yield _asking(aws, "describe_pipeline_definition_for_execution", PipelineExecutionArn=arn)
                yield _asking(aws, "list_pipeline_parameters_for_execution", PipelineExecutionArn=arn)


def _monitoring(aws: Aws) -> Iterator[Ask]:
    for kind in _MONITORS:
        for summary in aws.pages("sagemaker", f"list_{kind}_job_definitions", "JobDefinitionSummaries"):
            name = summary["MonitoringJobDefinitionName"]
            yield _asking(aws, f"describe_{kind}_job_definition", JobDefinitionName=name)
    for summary in aws.pages("sagemaker", "list_monitoring_schedules", "MonitoringScheduleSummaries"):
        name = summary["MonitoringScheduleName"]
        yield _asking(aws, "describe_monitoring_schedule", MonitoringScheduleName=name)


def _asking(aws: Aws, operation: str, **request: Any) -> Ask:
    return lambda: aws.call("sagemaker", operation, **request)
