"""The members of the requests that make monitors, their schedules and endpoint configurations."""

from __future__ import annotations

from sagemaker_monitor.emulator.member_table import Members

_SIDES = {
    "EndpointInput": ("EndpointName",),
    "BatchTransformInput": ("DataCapturedDestinationS3Uri", "DatasetFormat"),
}
_ATTRIBUTES = {
    "DataQuality": ("ExcludeFeaturesAttribute",),
    "ModelBias": (
        *("FeaturesAttribute", "InferenceAttribute", "ProbabilityAttribute"),
        "ProbabilityThresholdAttribute",
    ),
    "ModelExplainability": ("FeaturesAttribute", "InferenceAttribute", "ProbabilityAttribute"),
    "ModelQuality": (
        *("ExcludeFeaturesAttribute", "InferenceAttribute", "ProbabilityAttribute"),
        "ProbabilityThresholdAttribute",
    ),
}
"""What of a record each kind of monitor is told."""
_MERGED = ("ModelBias", "ModelQuality")
_EVERY = (
    *("ExcludeFeaturesAttribute", "FeaturesAttribute", "InferenceAttribute", "ProbabilityAttribute"),
    "ProbabilityThresholdAttribute",
)
_PLACES = ("LocalPath", "StartTimeOffset", "EndTimeOffset")


def _inputs(path: str, attributes: tuple[str, ...]) -> Members:
    """Return the members of a monitor's input, below *path*."""
    sides = {f"{path}.{side}": names for side, names in _SIDES.items()}
    others = tuple(name for name in _EVERY if name not in attributes)
    return Members(
        "",
        acts=tuple(
            f"{side}.{name}" for side, names in sides.items() for name in (*names, *_PLACES, *attributes)
        ),
        only={f"{side}.S3InputMode": ("File",) for side in sides},
        record=tuple(f"{side}.{name}" for side in sides for name in ("S3DataDistributionType", *others)),
        refused={},
        notes={
            **{f"{side}.S3InputMode": "programs here read files" for side in sides},
            **{f"{side}.S3DataDistributionType": "one instance has all of the data" for side in sides},
            **{f"{side}.{name}": "says nothing to this kind of monitor" for side in sides for name in others},
        },
    )


def _definition(kind: str) -> Members:
    """Return the members of the request for a job definition of one kind."""
    given = _inputs(f"{kind}JobInput", _ATTRIBUTES[kind])
    return Members(
        f"Create{kind}JobDefinition",
        acts=(
            *("JobDefinitionName", f"{kind}BaselineConfig", f"{kind}AppSpecification"),
            *given.acts,
            *((f"{kind}JobInput.GroundTruthS3Input",) if kind in _MERGED else ()),
            f"{kind}JobOutputConfig.MonitoringOutputs",
            *("JobResources.ClusterConfig.InstanceCount", "StoppingCondition"),
        ),
        only=given.only,
        record=(
            *given.record,
            f"{kind}JobOutputConfig.KmsKeyId",
            *_RESOURCES,
            "NetworkConfig",
            "RoleArn",
            "Tags",
        ),
        refused={},
        notes=given.notes,
    )


_RESOURCES = tuple(
    f"JobResources.ClusterConfig.{name}" for name in ("InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId")
)


def _schedule(operation: str, *more: str) -> Members:
    """Return the members of the request for a schedule."""
    config = "MonitoringScheduleConfig"
    inline = f"{config}.MonitoringJobDefinition"
    given = _inputs(f"{inline}.MonitoringInputs[]", _ATTRIBUTES["DataQuality"])
    return Members(
        operation,
        acts=(
            *("MonitoringScheduleName", f"{config}.ScheduleConfig", f"{config}.MonitoringJobDefinitionName"),
            *(f"{config}.MonitoringType", f"{inline}.BaselineConfig", f"{inline}.MonitoringAppSpecification"),
            *given.acts,
            f"{inline}.MonitoringOutputConfig.MonitoringOutputs",
            f"{inline}.MonitoringResources.ClusterConfig.InstanceCount",
            *(f"{inline}.{name}" for name in ("StoppingCondition", "Environment")),
        ),
        only=given.only,
        record=(
            *given.record,
            f"{inline}.MonitoringOutputConfig.KmsKeyId",
            *(f"{inline}.{name.replace('JobResources', 'MonitoringResources')}" for name in _RESOURCES),
            *(f"{inline}.NetworkConfig", f"{inline}.RoleArn", *more),
        ),
        refused={},
        notes=given.notes,
    )


_VARIANT = "ProductionVariants[]"

ENDPOINT_CONFIG = Members(
    "CreateEndpointConfig",
    acts=(
        "EndpointConfigName",
        *(f"{_VARIANT}.{name}" for name in ("VariantName", "ModelName", "InitialVariantWeight")),
        *(
            f"DataCaptureConfig.{name}"
            for name in (
                *("EnableCapture", "InitialSamplingPercentage", "DestinationS3Uri", "CaptureOptions"),
                "CaptureContentTypeHeader",
            )
        ),
    ),
    record=(
        *(
            f"{_VARIANT}.{name}"
            for name in (
                *("InstanceType", "InitialInstanceCount", "AcceleratorType", "ServerlessConfig"),
                *("VolumeSizeInGB", "ModelDataDownloadTimeoutInSeconds", "RoutingConfig"),
                *("ContainerStartupHealthCheckTimeoutInSeconds", "InferenceAmiVersion"),
                "VariantInstanceProvisionTimeoutInSeconds",
            )
        ),
        *("DataCaptureConfig.KmsKeyId", "KmsKeyId", "ExecutionRoleArn", "VpcConfig"),
        *("EnableNetworkIsolation", "Tags"),
    ),
    refused={
        "AsyncInferenceConfig": "asynchronous endpoints are not served here",
        "CrossRegionTrafficConfig": "endpoints are served in one region",
        "ExplainerConfig": "online explanations are not computed here; use an explainability monitor",
        "MetricsConfig": "detailed metrics of endpoints are not published here",
        "ShadowProductionVariants": "shadow variants are not served here",
        f"{_VARIANT}.AcceleratorPartitionLayouts": "there is one machine here",
        f"{_VARIANT}.CapacityReservationConfig": "there is one machine here",
        f"{_VARIANT}.CoreDumpConfig": "dumps are not stored here",
        f"{_VARIANT}.EnableSSMAccess": "there is no Session Manager here; the server is on this machine",
        f"{_VARIANT}.InstancePools": "name one InstanceType",
        f"{_VARIANT}.ManagedInstanceScaling": "a variant here has one server",
    },
)

MONITORING = (
    *(_definition(kind) for kind in _ATTRIBUTES),
    _schedule("CreateMonitoringSchedule", "Tags"),
    _schedule("UpdateMonitoringSchedule"),
    ENDPOINT_CONFIG,
)
"""Every table, in the order of the reference."""
