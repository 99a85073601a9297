"""Gather a model's executions and versions, for a report of the model over time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pipelines.names import PIPELINES, pipeline_name, verdict_uri
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import ENDED, list_steps
from sagemaker_monitor.operations.reporting import model_details
from sagemaker_monitor.registry.chain import parse_execution_arn
from sagemaker_monitor.registry.versions import describe, list_versions
from sagemaker_monitor.reports.history import HistoryInput, PastRun, PastVersion
from sagemaker_monitor.settings import Model

ASKED_AT_ONCE = 8
MOST_RUNS, MOST_VERSIONS = 500, 50
PAGE = 100
"""Executions that ListPipelineExecutions answers with at most."""


def gather_history(
    aws: Aws, model: Model, *, last: int | None = None, since: datetime | None = None
) -> HistoryInput:
    """Return the model's newest *last* executions of all pipelines, those since *since*, and its versions.

    Without *last* there are at most MOST_RUNS. An execution without a verdict, or with one that cannot be
    read, is part of it. Raises UsageError when the model never ran, AwsError.
    """
    wanted = last or MOST_RUNS
    found = [each for pipeline in PIPELINES for each in _executions(aws, model, pipeline, wanted + 1, since)]
    if not found and since is None:
        raise UsageError(f"{model.model!r} has not run in {aws.environment.name!r}; start it with run")
    found.sort(key=lambda each: (each[1]["StartTime"], each[1]["PipelineExecutionArn"]), reverse=True)
    shown = found[:wanted]
    with ThreadPoolExecutor(max_workers=ASKED_AT_ONCE) as pool:
        runs = list(pool.map(lambda each: _past(aws, model, *each), reversed(shown)))
        versions, left_out = _versions(aws, model, pool)
    return HistoryInput(
        model=model.model,
        environment=aws.environment.name,
        runs=runs,
        versions=versions,
        generated_at=datetime.now(UTC),
        since=since,
        older=len(found) > len(shown),
        versions_left_out=left_out,
        details=model_details(aws, model),
    )


def read_since(text: str) -> datetime:
    """Return a date or time in ISO 8601 as a moment, UTC where it says nothing else. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--since {text[:40]!r} is no date or time; write 2026-03-01 or 2026-03-01T06:00 (UTC)"
        ) from error


def _executions(
    aws: Aws, model: Model, pipeline: str, limit: int, since: datetime | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    request: dict[str, Any] = {
        "PipelineName": pipeline_name(model.model, pipeline, aws.environment.name),
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": min(limit, PAGE),
    }
    if since is not None:
        request["CreatedAfter"] = since
    listed = aws.pages("sagemaker", "list_pipeline_executions", "PipelineExecutionSummaries", **request)
    try:
        yield from ((pipeline, each) for each in islice(listed, limit))
    except NotFoundError:
        return


def _past(aws: Aws, model: Model, pipeline: str, summary: Mapping[str, Any]) -> PastRun:
    arn = str(summary["PipelineExecutionArn"])
    uri = verdict_uri(aws.environment.storage.root, model.model, pipeline, parse_execution_arn(arn)[1])
    verdict, unreadable = _verdict(aws, uri)
    status = summary["PipelineExecutionStatus"]
    ended_without = verdict is None and not unreadable and status in ENDED
    return PastRun(
        pipeline=pipeline,
        execution_arn=arn,
        status=status,
        started=summary["StartTime"],
        verdict=verdict,
        reason=_why(aws, arn, summary) if ended_without else "",
        unreadable=unreadable,
    )


def _why(aws: Aws, arn: str, summary: Mapping[str, Any]) -> str:
    """Return the first failed step and its reason, which the execution's own reason does not have."""
    failed = next((step for step in list_steps(aws, arn) if step["StepStatus"] == "Failed"), None)
    if failed is None:
        return summary.get("PipelineExecutionFailureReason") or ""
    return f"{failed['StepName']} failed: {failed.get('FailureReason') or 'it gives no reason'}"


def _verdict(aws: Aws, uri: str) -> tuple[Mapping[str, Any] | None, str]:
    try:
        document = json.loads(read(aws, uri))
    except NotFoundError:
        return None, ""
    except AccessDeniedError as error:
        return None, str(error)
    except (ValueError, RecursionError) as error:
        return None, f"{uri} is not JSON: {error}"
    if not isinstance(document, dict):
        return None, f"{uri} is {type(document).__name__}, not a JSON object"
    return document, ""


def _versions(aws: Aws, model: Model, pool: ThreadPoolExecutor) -> tuple[Sequence[PastVersion], int]:
    """Return the newest versions and how many more there are."""
    group = aws.environment.model_package_group(model.model)
    arns = [summary["ModelPackageArn"] for summary in list_versions(aws, group)]
    return list(pool.map(lambda arn: _version(aws, arn), arns[:MOST_VERSIONS])), max(
        0, len(arns) - MOST_VERSIONS
    )


def _version(aws: Aws, arn: str) -> PastVersion:
    found = describe(aws, arn)
    return PastVersion(
        number=found.number,
        arn=found.arn,
        approval=found.approval,
        created=found.created,
        changed=found.modified,
        description=found.approval_description,
        execution_arn=found.metadata.get("PipelineExecutionArn", ""),
        accept_reason=found.accept_reason,
    )
