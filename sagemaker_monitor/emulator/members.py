"""What requests may say that has no effect here: refused by name, or kept and described and nothing else.

Every other member of an operation that is answered acts, or is what the operation is asked with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.emulator.wire import ApiError

_ALIASES = "versions have no aliases here; use a PipelineVersionId"

REFUSED: dict[str, dict[str, str]] = {
    "CreateEndpoint": {"DeploymentConfig": "an endpoint is deployed at once here"},
    "CreateEndpointConfig": {
        "AsyncInferenceConfig": "asynchronous endpoints are not served here",
        "CrossRegionTrafficConfig": "endpoints are served in one region",
        "ExplainerConfig": "online explanations are not computed here; use an explainability monitor",
        "MetricsConfig": "detailed metrics of endpoints are not published here",
        "ShadowProductionVariants": "shadow variants are not served here",
    },
    "CreateModelPackage": {
        "ManagedStorageType": "versions are stored as they are here",
        "SourceAlgorithmSpecification": "packages are registered by InferenceSpecification here",
        "ValidationSpecification": "packages are not validated here; run a transform job",
    },
    "CreateModelPackageGroup": {"ManagedConfiguration": "versions are stored as they are here"},
    "CreatePipeline": {"PipelineVersionAliases": _ALIASES},
    "CreateTrainingJob": {
        "DebugRuleConfigurations": "debugger rules are not evaluated here",
        "MlflowConfig": "there is no MLflow here",
        "ModelPackageConfig": "models are trained from data alone here",
        "ServerlessJobConfig": "jobs name their instances, which are this machine",
        "SessionChainingConfig": "sessions have no tags here",
    },
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
}
"""Members that AWS knows and that would be ignored here, with the reason."""

KEPT: dict[str, tuple[str, ...]] = {
    "CreateEndpointConfig": ("EnableNetworkIsolation", "ExecutionRoleArn", "KmsKeyId", "VpcConfig"),
    "CreateModel": ("EnableNetworkIsolation", "ExecutionRoleArn", "InferenceExecutionConfig", "VpcConfig"),
    "CreateModelPackage": (
        *("CertifyForMarketplace", "Domain", "MetadataProperties", "ModelCard", "ModelLifeCycle"),
        *("ModelPackageRegistrationType", "SamplePayloadUrl", "SecurityConfig", "SkipModelValidation"),
        *("SourceUri", "Task"),
    ),
    "CreatePipeline": ("RoleArn",),
    "CreateProcessingJob": ("ExperimentConfig", "NetworkConfig", "RoleArn"),
    "CreateTrainingJob": (
        *("CheckpointConfig", "DebugHookConfig", "EnableInterContainerTrafficEncryption"),
        *("EnableManagedSpotTraining", "EnableNetworkIsolation", "ExperimentConfig", "InfraCheckConfig"),
        *("ProfilerConfig", "ProfilerRuleConfigurations", "RemoteDebugConfig", "RetryStrategy", "RoleArn"),
        *("TensorBoardOutputConfig", "VpcConfig"),
    ),
    "CreateTransformJob": ("ExperimentConfig", "MaxConcurrentTransforms", "ModelClientConfig"),
    "StartPipelineExecution": ("RoleArn",),
    "UpdatePipeline": ("RoleArn",),
}
"""Members that are checked and described, and change nothing of what is done on this machine."""


def refuse(operation: str, request: Mapping[str, Any]) -> None:
    """Raise ApiError for a request with members that would be ignored."""
    for member, why in refusals(operation, request):
        raise ApiError("ValidationException", f"{member}: {why}")


def refusals(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each member of a request that is refused, and why; an empty or false one asks for nothing."""
    for member, why in REFUSED.get(operation, {}).items():
        if request.get(member):
            yield member, why
