"""What requests may say that has no effect here: refused by name, or kept and described and nothing else.

Every other member of an operation that is answered acts, or is what the operation is asked with. The
requests that make jobs, models, endpoint configurations and monitors have tables of their own, which go down
to each member of a member.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.emulator.job_members import JOBS
from sagemaker_monitor.emulator.member_table import UNKNOWN, asks
from sagemaker_monitor.emulator.monitor_members import MONITORING
from sagemaker_monitor.emulator.wire import ApiError

TABLES = (*JOBS, *MONITORING)
"""The tables of requests down to each member of a member."""
_TABLES = {table.operation: table for table in TABLES}
_ALIASES = "versions have no aliases here; use a PipelineVersionId"

REFUSED: dict[str, dict[str, str]] = {
    "CreateEndpoint": {"DeploymentConfig": "an endpoint is deployed at once here"},
    "CreateModelPackage": {
        "ManagedStorageType": "versions are stored as they are here",
        "SourceAlgorithmSpecification": "packages are registered by InferenceSpecification here",
        "ValidationSpecification": "packages are not validated here; run a transform job",
    },
    "CreateModelPackageGroup": {"ManagedConfiguration": "versions are stored as they are here"},
    "CreatePipeline": {"PipelineVersionAliases": _ALIASES},
    "DescribePipeline": {"PipelineVersionAlias": _ALIASES},
    "ListPipelineExecutions": {"PipelineVersionAlias": _ALIASES},
    "StartPipelineExecution": {
        "MlflowExperimentName": "there is no MLflow here",
        "PipelineVersionAlias": _ALIASES,
    },
    "UpdateEndpoint": {
        "DeploymentConfig": "an endpoint is deployed at once here",
        "RetainDeploymentConfig": "an endpoint is deployed at once here",
    },
    "UpdateModelPackage": {
        "AdditionalInferenceSpecificationsToAdd": "a version stays as it was registered here",
        "InferenceSpecification": "a version stays as it was registered here",
        "ModelCard": "a version stays as it was registered here",
        "ModelLifeCycle": "stages are not kept here; use ModelApprovalStatus",
        "ModelPackageRegistrationType": "a version stays as it was registered here",
        "SourceUri": "a version stays as it was registered here",
    },
    "UpdatePipeline": {"PipelineVersionAliases": _ALIASES},
    "UpdatePipelineVersion": {"PipelineVersionAliasOperations": _ALIASES},
    **{table.operation: table.refused_members for table in TABLES},
}
"""Members that AWS knows and that would be ignored here, with the reason."""

KEPT: dict[str, tuple[str, ...]] = {
    "CreateModelPackage": (
        *("CertifyForMarketplace", "Domain", "MetadataProperties", "ModelCard", "ModelLifeCycle"),
        *("ModelPackageRegistrationType", "SamplePayloadUrl", "SecurityConfig", "SkipModelValidation"),
        *("SourceUri", "Task"),
    ),
    "CreatePipeline": ("RoleArn",),
    "StartPipelineExecution": ("RoleArn",),
    "UpdatePipeline": ("RoleArn",),
    **{table.operation: table.kept_members for table in TABLES},
}
"""Members that are checked and described, and change nothing of what is done on this machine."""


def refuse(operation: str, request: Mapping[str, Any]) -> None:
    """Raise ApiError for a request with members that would be ignored."""
    table = _TABLES.get(operation)
    for member, why in refusals(operation, request) if table is None else table.refusals(request):
        raise ApiError("ValidationException", f"{member}: {why}")


def refusals(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each member of a request that is refused, and why; an empty or false one asks for nothing."""
    table = _TABLES.get(operation)
    if table is not None:
        # Of members that the service has not, its model tells.
        yield from ((member, why) for member, why in table.refusals(request) if why != UNKNOWN)
        return
    for member, why in REFUSED.get(operation, {}).items():
        if asks(request.get(member)):
            yield member, why
