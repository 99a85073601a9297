"""What is deployed of each model, what ran last and how it ended, and what is approved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from pipelines.bundle import Bundle
from pipelines.names import PIPELINES, pipeline_name
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import head
from sagemaker_monitor.operations.follow import ENDED, Snapshot
from sagemaker_monitor.operations.ledger import read_entry
from sagemaker_monitor.operations.monitoring_status import MonitoringStatus, read_monitoring
from sagemaker_monitor.operations.outcome import Conclusion, conclude_of
from sagemaker_monitor.operations.planning.anatomy import take_apart
from sagemaker_monitor.operations.schedule_status import ScheduleStatus, read_schedules
from sagemaker_monitor.registry.verdicts import applied_waivers
from sagemaker_monitor.registry.versions import latest_approved, list_versions

ASKED_AT_ONCE = 8
MOST_PENDING = 100
"""Versions that wait are counted up to this."""

Checkout = Literal["same", "differs", "edited", "not deployed", "not compared"]
"""How a deployed pipeline relates to this checkout; `edited` has its hash, but not its definition."""


@dataclass(frozen=True)
class LastExecution:
    """The newest execution of a pipeline."""

    arn: str
    status: str
    started: datetime
    decision: str | None
    """The verdict's; None while it runs, and where there is no verdict that can be believed."""
    conclusion: Conclusion | Literal["running"]
    problem: str
    """Why there is no verdict, or why it is not believed; empty otherwise."""
    waived: int = 0
    """How many waivers of the policy covered something that crossed."""


@dataclass(frozen=True)
class PipelineStatus:
    """One pipeline of a model."""

    name: str
    pipeline: str
    checkout: Checkout
    bundle: str | None
    """The hash of the bundle that the deployed definition says it is from; None when it says none, or two."""
    modified: datetime | None
    last: LastExecution | None


@dataclass(frozen=True)
class Approved:
    """The newest approved version, whose baselines new data is compared with."""

    number: int
    modified: datetime
    """When it was last changed: approved, as a rule."""
    baseline_written: datetime | None
    """When the oldest of its baselines was written; None when it has none that exists."""
    baselines_gone: tuple[str, ...]
    """Check types whose baseline is no longer in S3."""
    accepted: str = ""
    """Why a person accepted baselines of it without comparing; empty where nobody did."""


@dataclass(frozen=True)
class Deployment:
    """What was last done with a model's resources, as the ledger has it."""

    what: str
    by: str
    at: str
    revision: str
    note: str


@dataclass(frozen=True)
class ModelStatus:
    """Everything that status says of a model."""

    model: str
    group: str
    pipelines: tuple[PipelineStatus, ...]
    approved: Approved | None
    pending: int
    """Versions that wait for approval, at most MOST_PENDING."""
    deployment: Deployment | None = None
    monitoring: tuple[MonitoringStatus, ...] = ()
    """SageMaker's own monitoring schedules that upsert made, or that were adopted."""
    schedules: tuple[ScheduleStatus, ...] = ()
    """What starts its pipelines by itself."""
    unseen_schedules: str = ""
    """Why it is not known what does, where these credentials may not look; empty otherwise."""


def read_status(
    aws: Aws, bundles: Mapping[str, Bundle | None], pipelines: Mapping[str, Sequence[str]] | None = None
) -> tuple[ModelStatus, ...]:
    """Return the status of each model, in order; those with a bundle are compared with it.

    What is not deployed is shown where *pipelines* says that the model has it; without that, always. Asks
    for several things at once and writes nothing. Raises AwsError, WriteRefusedError when the credentials
    are another account's.
    """
    dry = DryRun(aws)
    dry.require_writable()
    environment = aws.environment
    with ThreadPoolExecutor(max_workers=ASKED_AT_ONCE) as pool:
        asked = {
            model: (
                [pool.submit(_pipeline, dry, model, pipeline, bundle) for pipeline in PIPELINES],
                pool.submit(_approved, dry, environment.model_package_group(model)),
                pool.submit(_pending, dry, environment.model_package_group(model)),
                pool.submit(_deployment, dry, model),
                pool.submit(read_monitoring, dry, model),
                pool.submit(_schedules, dry, model),
            )
            for model, bundle in bundles.items()
        }
        return tuple(
            ModelStatus(
                model=model,
                group=environment.model_package_group(model),
                pipelines=_shown(answers, (pipelines or {}).get(model, PIPELINES)),
                approved=approved.result(),
                pending=pending.result(),
                deployment=deployment.result(),
                monitoring=monitoring.result(),
                schedules=schedules.result()[0],
                unseen_schedules=schedules.result()[1],
            )
            for model, (answers, approved, pending, deployment, monitoring, schedules) in asked.items()
        )


def _schedules(aws: Aws, model: str) -> tuple[tuple[ScheduleStatus, ...], str]:
    """Return the schedules, or why they may not be looked at: who has none needs no permission for them."""
    try:
        return read_schedules(aws, model), ""
    except AccessDeniedError as error:
        return (), str(error)


def _shown(answers: Iterable[Future[PipelineStatus]], has: Sequence[str]) -> tuple[PipelineStatus, ...]:
    found = (answer.result() for answer in answers)
    return tuple(each for each in found if each.checkout != "not deployed" or each.pipeline in has)


def _pipeline(aws: Aws, model: str, pipeline: str, bundle: Bundle | None) -> PipelineStatus:
    name = pipeline_name(model, pipeline, aws.environment.name)
    try:
        response = aws.call("sagemaker", "describe_pipeline", PipelineName=name)
    except NotFoundError:
        return PipelineStatus(name, pipeline, "not deployed", None, None, None)
    definition = _json(response.get("PipelineDefinition", ""))
    deployed = take_apart(definition).bundle
    return PipelineStatus(
        name=name,
        pipeline=pipeline,
        checkout=_checkout(definition, deployed, pipeline, bundle),
        bundle=deployed,
        modified=response.get("LastModifiedTime"),
        last=_last_execution(aws, model, pipeline, name),
    )


def _checkout(definition: Any, deployed: str | None, pipeline: str, bundle: Bundle | None) -> Checkout:
    ours = [each for each in bundle.pipelines if each.pipeline == pipeline] if bundle else []
    if bundle is None or not ours:
        return "not compared"
    if _json(ours[0].definition) == definition:
        return "same"
    return "edited" if deployed == bundle.sha256 else "differs"


def _last_execution(aws: Aws, model: str, pipeline: str, name: str) -> LastExecution | None:
    response = aws.call(
        "sagemaker",
        "list_pipeline_executions",
        PipelineName=name,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )
    newest = next(iter(response.get("PipelineExecutionSummaries", ())), None)
    if newest is None:
        return None
    arn, status = newest["PipelineExecutionArn"], newest["PipelineExecutionStatus"]
    started: datetime = newest["StartTime"]
    if status not in ENDED:
        return LastExecution(arn, status, started, None, "running", "")
    snapshot = Snapshot(arn, status, newest.get("PipelineExecutionFailureReason", ""), started, ())
    outcome = conclude_of(aws, snapshot, model, pipeline)
    believed = outcome.verdict is not None and not outcome.problem
    verdict = outcome.verdict if believed else None
    return LastExecution(
        arn,
        status,
        started,
        verdict.decision if verdict else None,
        outcome.conclusion,
        outcome.problem,
        len(applied_waivers(verdict)) if verdict else 0,
    )


def _approved(aws: Aws, group: str) -> Approved | None:
    version = latest_approved(aws, group)
    if version is None:
        return None
    kept = [*version.baselines.items(), *version.statistics.items()]
    found = [(kind, head(aws, uri)) for kind, uri in kept]
    written = [stored.modified for _, stored in found if stored is not None]
    return Approved(
        number=version.number,
        modified=version.modified or version.created,
        baseline_written=min(written, default=None),
        baselines_gone=tuple(dict.fromkeys(kind for kind, stored in found if stored is None)),
        accepted=version.accept_reason,
    )


def _pending(aws: Aws, group: str) -> int:
    waiting = list_versions(aws, group, approval="PendingManualApproval")
    return sum(1 for _ in islice(waiting, MOST_PENDING))


def _deployment(aws: Aws, model: str) -> Deployment | None:
    done = read_entry(aws, model).done
    return None if done is None else Deployment(done.what, done.by, done.at, done.revision, done.note)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
