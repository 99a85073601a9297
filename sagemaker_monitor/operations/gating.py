"""Gather the evidence for a version of a model."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.names import PIPELINES, pipeline_name, promotion_folder, verdict_uri
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.chain import Evidence, Origin, parse_execution_arn
from sagemaker_monitor.registry.evidence import gather
from sagemaker_monitor.registry.lineage import lineage_of
from sagemaker_monitor.registry.versions import Version, find_version
from sagemaker_monitor.settings import Environment, Model


def evidence_of(
    aws: Aws,
    model: Model,
    number: int | None,
    *,
    registered_by: str | None = None,
    now: datetime | None = None,
    opens: Environment | None = None,
) -> Evidence:
    """Return the chain of evidence of version *number*, or of the newest. Raises RegistryError, AwsError.

    *registered_by* is the name of a team's own pipeline that embeds register, in whose place it is then
    believed; without it only the model's own pipelines are. Where the version is to be opened in another
    environment, *opens*, its evidence has to be young enough for that one, today.
    """
    environment = aws.environment
    version = find_version(aws, environment.model_package_group(model.model), number)
    max_age = (opens or environment).approval.evidence_max_age
    moment = now or datetime.now(UTC)
    origin = origin_of(version, model.model, environment, registered_by)
    return gather(aws, version, origin, max_age=max_age, now=moment, anew=opens is not None)


def origin_of(
    version: Version, model: str, environment: Environment, registered_by: str | None = None
) -> Origin:
    """Return where honest evidence for *version*, registered in or promoted to *environment*, comes from."""
    lineage, root = lineage_of(version), environment.storage.root
    where = lineage.registered_in if lineage else environment.name
    pipeline = "register" if registered_by else _registered_by(version, model, where)
    return Origin(
        model=model,
        environment=environment.name,
        pipeline_name=registered_by or pipeline_name(model, pipeline, environment.name),
        verdict_uri=lambda execution: verdict_uri(root, model, pipeline, execution),
        promotion_folder=lambda sha256: promotion_folder(root, model, sha256),
        pipeline=pipeline,
        promoted_from=environment.approval.require_promotion_from,
    )


def _registered_by(version: Version, model: str, environment: str) -> str:
    """Return which of the model's pipelines the version says it was registered by; register where none."""
    name = parse_execution_arn(version.metadata.get("PipelineExecutionArn", ""))[0]
    known = {pipeline_name(model, each, environment).lower(): each for each in PIPELINES}
    # SageMaker writes pipeline names in lower case into ARNs.
    return known.get(name.lower(), "register")
