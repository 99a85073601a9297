"""Gather the evidence for a version of a model."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.names import pipeline_name, verdict_uri
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.chain import Evidence, Origin
from sagemaker_monitor.registry.evidence import gather
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.settings import Model


def evidence_of(aws: Aws, model: Model, number: int | None, *, now: datetime | None = None) -> Evidence:
    """Return the chain of evidence of version *number*, or of the newest. Raises RegistryError, AwsError."""
    environment = aws.environment
    version = find_version(aws, environment.model_package_group(model.model), number)
    origin = Origin(
        model=model.model,
        environment=environment.name,
        pipeline_name=pipeline_name(model.model, "register", environment.name),
        verdict_uri=lambda execution: verdict_uri(
            environment.storage.root, model.model, "register", execution
        ),
    )
    moment = now or datetime.now(UTC)
    return gather(aws, version, origin, max_age=environment.approval.evidence_max_age, now=moment)
