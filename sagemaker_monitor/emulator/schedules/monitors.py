"""The four kinds of monitors, and what a schedule says of one, wherever it says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context


@dataclass(frozen=True)
class Kind:
    """One kind of monitor: MonitoringType, how its job definitions are called, and how its jobs read.

    *merges*: labels are joined first. *side*: the folder of batch captures that it reads.
    """

    type: str
    resource: str
    job_prefix: str
    merges: bool
    side: str

    @property
    def definition(self) -> str:
        """The kind of document in the store."""
        return f"{self.resource}-job-definition"


# Recorded of data and model quality; the other two names are by analogy, and fit into 63 characters.
KINDS = {
    kind.type: kind
    for kind in (
        Kind("DataQuality", "data-quality", "model-monitoring", False, "input"),
        Kind("ModelQuality", "model-quality", "model-quality-monitoring", True, "output"),
        Kind("ModelBias", "model-bias", "model-bias-monitoring", True, "output"),
        Kind("ModelExplainability", "model-explainability", "explainability-monitoring", False, "input"),
    )
}


@dataclass(frozen=True)
class Monitor:
    """What is monitored, how, and where to: a job definition, or the one inside of a schedule."""

    kind: Kind
    baseline: dict[str, Any]
    application: dict[str, Any]
    environment: dict[str, str]
    endpoint: dict[str, Any] | None
    batch: dict[str, Any] | None
    ground_truth: str | None
    output: dict[str, Any]
    kms_key: str | None
    resources: dict[str, Any]
    network: dict[str, Any] | None
    role: str
    seconds: int

    @property
    def input(self) -> dict[str, Any]:
        """The endpoint's or the batch transform's input."""
        return self.endpoint or self.batch or {}

    @property
    def endpoint_name(self) -> str | None:
        """The endpoint that is watched; None for batch transforms."""
        return None if self.endpoint is None else str(self.endpoint["EndpointName"])


def monitor_of(context: Context, config: dict[str, Any]) -> Monitor:
    """Return the monitor of a MonitoringScheduleConfig. Raises ApiError for one that is not there."""
    kind = KINDS[config.get("MonitoringType", "DataQuality")]
    name, inline = config.get("MonitoringJobDefinitionName"), config.get("MonitoringJobDefinition")
    if (name is None) == (inline is None):
        raise ApiError(
            "ValidationException",
            "a schedule has either MonitoringJobDefinitionName or MonitoringJobDefinition",
        )
    if inline is not None:
        return _inline(kind, inline)
    definition = context.store.get(kind.definition, str(name))
    if definition is None:
        arn = context.arn(kind.definition, str(name).lower())
        raise ApiError("ResourceNotFound", f'Could not find job definition "{arn}".')
    return defined(kind, definition)


def defined(kind: Kind, definition: dict[str, Any]) -> Monitor:
    """Return the monitor of a job definition."""
    given = definition[f"{kind.type}JobInput"]
    application = definition[f"{kind.type}AppSpecification"]
    return Monitor(
        kind=kind,
        baseline=definition.get(f"{kind.type}BaselineConfig") or {},
        application=application,
        environment=application.get("Environment") or {},
        endpoint=given.get("EndpointInput"),
        batch=given.get("BatchTransformInput"),
        ground_truth=(given.get("GroundTruthS3Input") or {}).get("S3Uri"),
        output=definition[f"{kind.type}JobOutputConfig"]["MonitoringOutputs"][0]["S3Output"],
        kms_key=definition[f"{kind.type}JobOutputConfig"].get("KmsKeyId"),
        resources=definition["JobResources"],
        network=definition.get("NetworkConfig"),
        role=definition["RoleArn"],
        seconds=_seconds(definition),
    )


def _inline(kind: Kind, definition: dict[str, Any]) -> Monitor:
    if kind.type != "DataQuality":
        raise ApiError(
            "ValidationException",
            f"MonitoringJobDefinition is for data quality; give {kind.type} a MonitoringJobDefinitionName",
        )
    (given, *more) = definition["MonitoringInputs"]
    if more:
        raise ApiError("ValidationException", "MonitoringInputs has one input")
    return Monitor(
        kind=kind,
        baseline=definition.get("BaselineConfig") or {},
        application=definition["MonitoringAppSpecification"],
        environment=definition.get("Environment") or {},
        endpoint=given.get("EndpointInput"),
        batch=given.get("BatchTransformInput"),
        ground_truth=None,
        output=definition["MonitoringOutputConfig"]["MonitoringOutputs"][0]["S3Output"],
        kms_key=definition["MonitoringOutputConfig"].get("KmsKeyId"),
        resources=definition["MonitoringResources"],
        network=definition.get("NetworkConfig"),
        role=definition["RoleArn"],
        seconds=_seconds(definition),
    )


def _seconds(definition: dict[str, Any]) -> int:
    return int((definition.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 3600))
