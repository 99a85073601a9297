"""Gather the documents that one run left behind, for a report of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.names import PIPELINES, pipeline_name, verdict_uri
from sagemaker_monitor.analysis.decision.own_engine import step_metadata
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import check_arn, list_steps
from sagemaker_monitor.operations.outcome import whose
from sagemaker_monitor.registry.chain import parse_execution_arn
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
    """Return the documents of an execution of *model*. Raises UsageError, AwsError.

    A document that is none is named as such: a report that lacks it is better than no report.
    """
    owner, pipeline = whose(aws, execution_arn)
    if owner != model.model:
        raise UsageError(f"{execution_arn} is of model {owner!r}, not of {model.model!r}")
    documents = Documents(aws)
    uri = verdict_uri(aws.environment.storage.root, owner, pipeline, parse_execution_arn(execution_arn)[1])
    verdict = documents.read(uri, "verdict")
    return report_input(aws, model, documents, uri, verdict, ran(aws, execution_arn, verdict or {}))


@dataclass(frozen=True)
class Ran:
    """What SageMaker says of an execution: itself, its steps, and the image that each of them ran.

    In *checked*, checks by an image of one's own say of themselves what a check step says.
    """

    execution: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    checked: Sequence[Mapping[str, Any]]
    images: Mapping[str, str]


def ran(aws: Aws, execution_arn: str, verdict: Mapping[str, Any]) -> Ran:
    """Return what SageMaker says of an execution with this *verdict*. Raises UsageError, AwsError."""
    execution = _execution(aws, execution_arn)
    steps = list(list_steps(aws, execution_arn))
    checked = [_as_check(aws, step, verdict) for step in steps]
    return Ran(execution, steps, checked, _images(aws, execution_arn, [step["StepName"] for step in steps]))


def report_input(
    aws: Aws,
    model: Model,
    documents: Documents,
    uri: str,
    verdict: Mapping[str, Any] | None,
    found: Ran,
) -> ReportInput:
    """Return the documents of an execution, whose *verdict* is at *uri*. Raises AwsError."""
    return ReportInput(
        verdict=verdict,
        steps=found.steps,
        analyses=dict(_analyses(documents, found.checked)),
        generated_at=datetime.now(UTC),
        details=model_details(aws, model),
        statistics=_statistics(documents, found.checked),
        execution=found.execution,
        verdict_uri=uri,
        images=found.images,
        unreadable=documents.unreadable,
        violations=dict(_violations(documents, found.checked, verdict or {})),
    )


class Documents:
    """JSON documents in S3; *unreadable* has those that were none, and why.

    Of a promoted version *places* says where what its documents refer to was brought.
    """

    def __init__(self, aws: Aws, places: Mapping[str, str] | None = None) -> None:
        """Read with these credentials, at these places."""
        self.unreadable: dict[str, str] = {}
        self._aws = aws
        self._places = places or {}

    def read(self, uri: str | None, name: str = "") -> Mapping[str, Any] | None:
        """Return the JSON object at *uri*; None where there is none. Raises AwsError."""
        try:
            document = json.loads(read(self._aws, self._places.get(uri, uri))) if uri else None
        except NotFoundError:
            return None
        except (ValueError, RecursionError) as error:
            self.unreadable[name or str(uri)] = f"{uri} is not JSON: {error}"
            return None
        if document is not None and not isinstance(document, dict):
            self.unreadable[name or str(uri)] = f"{uri} is {type(document).__name__}, not a JSON object"
            return None
        return document


def _execution(aws: Aws, execution_arn: str) -> Mapping[str, Any]:
    try:
        return aws.call("sagemaker", "describe_pipeline_execution", PipelineExecutionArn=execution_arn)
    except NotFoundError as error:
        raise UsageError(f"there is no execution {execution_arn} in {aws.environment.name!r}") from error


def _images(aws: Aws, execution_arn: str, steps: Sequence[str]) -> dict[str, str]:
    """Return the image that each of *steps* ran, as the execution's own definition says it."""
    try:
        response = aws.call(
            "sagemaker", "describe_pipeline_definition_for_execution", PipelineExecutionArn=execution_arn
        )
        definition = json.loads(response.get("PipelineDefinition") or "{}")
    except (NotFoundError, AccessDeniedError, ValueError, RecursionError):
        # Who may not read definitions still gets a report.
        return {}
    found = dict(_images_in(definition))
    return {step: found[step] for step in steps if step in found}


def _images_in(node: object) -> Iterator[tuple[str, str]]:
    """Yield the name and the image of every step of a definition, those inside of conditions too."""
    if isinstance(node, list):
        for each in node:
            yield from _images_in(each)
    if not isinstance(node, dict):
        return
    arguments = node.get("Arguments")
    if isinstance(node.get("Name"), str) and isinstance(arguments, dict):
        image = (arguments.get("AppSpecification") or {}).get("ImageUri")
        image = image or (arguments.get("PrimaryContainer") or {}).get("Image")
        if isinstance(image, str):
            yield node["Name"], image
    for each in node.values():
        yield from _images_in(each)


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
    A document that is none is left out. Raises AwsError.
    """
    return _statistics(Documents(aws), steps)


def _statistics(
    documents: Documents, steps: Sequence[Mapping[str, Any]]
) -> dict[str, Mapping[str, Any] | None]:
    metadata = [step.get("Metadata", {}).get("QualityCheck", {}) for step in steps]
    quality: Mapping[str, str] = next(
        (each for each in metadata if each.get("CheckType") == "DATA_QUALITY"), {}
    )
    now = quality.get("CalculatedBaselineStatistics")
    before = quality.get("BaselineUsedForDriftCheckStatistics")
    return {
        "baseline": documents.read(before, "statistics.json of the baseline") if before != now else None,
        "batch": documents.read(now, "statistics.json of the batch"),
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


def _analyses(
    documents: Documents, steps: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for step in steps:
        uri = step.get("Metadata", {}).get("ClarifyCheck", {}).get("CalculatedBaselineConstraints")
        document = documents.read(uri, f"{step['StepName']}: analysis.json")
        if document is not None:
            yield step["StepName"], document


def _violations(
    documents: Documents, steps: Sequence[Mapping[str, Any]], verdict: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, Mapping[str, Any]]]]:
    """Yield each check's violations and where they are, as the step says it, or else the verdict."""
    checks = verdict.get("checks")
    told = {
        str(each.get("step")): each.get("violations_uri") for each in checks or () if isinstance(each, dict)
    }
    for step in steps:
        metadata = step.get("Metadata", {})
        about = metadata.get("ClarifyCheck") or metadata.get("QualityCheck") or {}
        uri = str(about.get("ViolationReport") or told.get(step["StepName"]) or "")
        named = uri.startswith("s3://")
        document = documents.read(uri, f"{step['StepName']}: violations") if named else None
        if document is not None:
            yield step["StepName"], (uri, document)


def model_details(aws: Aws, model: Model) -> dict[str, str]:
    """Return what the inventory and the environment say of *model*."""
    environment, inventory = aws.environment, model.inventory
    details = {
        "Name": model.model,
        "Inventory": inventory.id,
        "Owner": inventory.owner,
        "Tier": None if inventory.tier is None else str(inventory.tier),
        "Environment": f"{environment.name} (account {environment.account}, {environment.region})",
    }
    return {key: value for key, value in details.items() if value is not None}
