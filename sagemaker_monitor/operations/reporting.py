"""Gather the documents that one run left behind, for a report of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipelines.names import PIPELINES, pipeline_name, verdict_uri
from sagemaker_monitor.analysis.decision.own_engine import step_metadata
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import OperationError, UsageError
from sagemaker_monitor.operations.follow import check_arn, list_steps
from sagemaker_monitor.operations.outcome import whose
from sagemaker_monitor.registry.evidence import parse_execution_arn
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.reports import ReportInput
from sagemaker_monitor.settings import Model


def choose_execution(aws: Aws, model: Model, *, execution_arn: str | None, version: int | None) -> str:
    """Return the execution to report: the one named, the one that registered *version*, or the newest.

    Raises UsageError, RegistryError, AwsError.
    """
    if execution_arn is not None:
        check_arn(aws, execution_arn)
        return execution_arn
    if version is not None:
        found = find_version(aws, aws.environment.model_package_group(model.model), version)
        arn = found.metadata.get("PipelineExecutionArn", "")
        if not parse_execution_arn(arn)[1]:
            raise UsageError(
                f"version {version} of {model.model!r} does not say which execution registered it"
            )
        return arn
    newest = max(_newest(aws, model), key=lambda summary: summary["StartTime"], default=None)
    if newest is None:
        raise UsageError(f"{model.model!r} has not run in {aws.environment.name!r}; start it with run")
    return str(newest["PipelineExecutionArn"])


def gather(aws: Aws, model: Model, execution_arn: str) -> ReportInput:
    """Return the documents of an execution of *model*. Raises UsageError, OperationError, AwsError."""
    owner, pipeline = whose(aws, execution_arn)
    if owner != model.model:
        raise UsageError(f"{execution_arn} is of model {owner!r}, not of {model.model!r}")
    steps = list(list_steps(aws, execution_arn))
    execution = parse_execution_arn(execution_arn)[1]
    verdict = _document(aws, verdict_uri(aws.environment.storage.root, owner, pipeline, execution))
    checked = [_as_check(aws, step, verdict or {}) for step in steps]
    return ReportInput(
        verdict=verdict,
        steps=steps,
        analyses=dict(_analyses(aws, checked)),
        generated_at=datetime.now(UTC),
        details=_details(aws, model, execution_arn),
        statistics=quality_statistics(aws, checked),
    )


def _as_check(aws: Aws, step: dict[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step; a check that an image of one's own made, with what a check step says of itself."""
    arn = step.get("Metadata", {}).get("ProcessingJob", {}).get("Arn", "")
    checks = verdict.get("checks")
    names = [each.get("step") for each in checks or () if isinstance(each, dict)]
    if not arn or step["StepName"] not in names:
        return step
    job = aws.call("sagemaker", "describe_processing_job", ProcessingJobName=arn.rsplit("/", 1)[-1])
    # Which violations there were, the verdict says.
    return {**step, "Metadata": step_metadata(job, lambda _: False)}


def quality_statistics(aws: Aws, steps: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any] | None]:
    """Return statistics.json of the inputs and of the baseline that they were held against.

    Both are one document where the run established its baseline: then there is none to compare with.
    Raises OperationError for a document that is none, AwsError.
    """
    metadata = [step.get("Metadata", {}).get("QualityCheck", {}) for step in steps]
    quality: Mapping[str, str] = next(
        (each for each in metadata if each.get("CheckType") == "DATA_QUALITY"), {}
    )
    now = quality.get("CalculatedBaselineStatistics")
    before = quality.get("BaselineUsedForDriftCheckStatistics")
    return {
        "baseline": _document(aws, before) if before and before != now else None,
        "batch": _document(aws, now) if now else None,
    }


def _newest(aws: Aws, model: Model) -> Iterator[Mapping[str, Any]]:
    for pipeline in PIPELINES:
        try:
            response = aws.call(
                "sagemaker",
                "list_pipeline_executions",
                PipelineName=pipeline_name(model.model, pipeline, aws.environment.name),
                SortBy="CreationTime",
                SortOrder="Descending",
                MaxResults=1,
            )
        except NotFoundError:
            continue
        yield from response["PipelineExecutionSummaries"]


def _analyses(aws: Aws, steps: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for step in steps:
        uri = step.get("Metadata", {}).get("ClarifyCheck", {}).get("CalculatedBaselineConstraints")
        document = _document(aws, uri) if uri else None
        if document is not None:
            yield step["StepName"], document


def _document(aws: Aws, uri: str) -> Mapping[str, Any] | None:
    try:
        document = json.loads(read(aws, uri))
    except NotFoundError:
        return None
    except (ValueError, RecursionError) as error:
        raise OperationError(f"{uri} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise OperationError(f"{uri} is {type(document).__name__}, not a JSON object")
    return document


def _details(aws: Aws, model: Model, execution_arn: str) -> dict[str, str]:
    environment, inventory = aws.environment, model.inventory
    details = {
        "Model inventory": inventory.id,
        "Owner": inventory.owner,
        "Tier": None if inventory.tier is None else str(inventory.tier),
        "Environment": f"{environment.name} (account {environment.account}, {environment.region})",
        "Execution": execution_arn,
    }
    return {key: value for key, value in details.items() if value is not None}
