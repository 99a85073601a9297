"""The members of the requests that make jobs and models, and what each does here."""

from __future__ import annotations

from sagemaker_monitor.emulator.member_table import Members

_PIPE = "programs here read files"
_COMPRESSED = "as on AWS, which unpacks in Pipe mode only"
_PREFERENCES = "name one InstanceType and InstanceCount"
_SHARDED = "one instance has all of the data"

PROCESSING = Members(
    "CreateProcessingJob",
    acts=(
        "ProcessingJobName",
        "ProcessingInputs[].InputName",
        "ProcessingInputs[].S3Input",
        "ProcessingOutputConfig.Outputs[].OutputName",
        "ProcessingOutputConfig.Outputs[].S3Output",
        "AppSpecification",
        "Environment",
        "StoppingCondition",
        "ProcessingResources.ClusterConfig.InstanceCount",
    ),
    only={
        "ProcessingInputs[].S3Input.S3DataType": ("S3Prefix", "ManifestFile"),
        "ProcessingInputs[].S3Input.S3InputMode": ("File",),
        "ProcessingInputs[].S3Input.S3CompressionType": ("None",),
    },
    record=(
        "RoleArn",
        "ProcessingInputs[].S3Input.S3DataDistributionType",
        "ProcessingOutputConfig.KmsKeyId",
        "ProcessingResources.ClusterConfig.InstanceType",
        "ProcessingResources.ClusterConfig.VolumeSizeInGB",
        "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
        "NetworkConfig",
        "ExperimentConfig",
        "Tags",
    ),
    refused={
        "ProcessingInputs[].AppManaged": "only S3Input is staged, not by the application",
        "ProcessingInputs[].DatasetDefinition": "Athena and Redshift are not here; give the data as S3Input",
        "ProcessingOutputConfig.Outputs[].AppManaged": "only S3Output is stored, not by the application",
        "ProcessingOutputConfig.Outputs[].FeatureStoreOutput": "the Feature Store is not here; use S3Output",
        "ProcessingResources.ClusterConfig.InstancePreferences": _PREFERENCES,
        "ProcessingResources.ClusterConfig.SelectedInstanceType": _PREFERENCES,
        "ProcessingResources.ClusterConfig.SelectedInstanceCount": _PREFERENCES,
    },
    notes={
        "ProcessingInputs[].S3Input.S3InputMode": _PIPE,
        "ProcessingInputs[].S3Input.S3CompressionType": _COMPRESSED,
        "ProcessingInputs[].S3Input.S3DataDistributionType": _SHARDED,
        "ProcessingResources.ClusterConfig.InstanceCount": (
            "1 for scripts and own images; Clarify, the analyzer and the merge give the same result with any"
        ),
        "ProcessingOutputConfig.Outputs[].S3Output": (
            "Continuous stores files while the job runs, EndOfJob all or none of them"
        ),
        "RoleArn": "named in the text of a missing input",
    },
)

TRANSFORM = Members(
    "CreateTransformJob",
    acts=(
        *("TransformJobName", "ModelName", "MaxConcurrentTransforms", "ModelClientConfig"),
        *("MaxPayloadInMB", "BatchStrategy", "Environment", "DataProcessing"),
        "TransformInput.DataSource.S3DataSource.S3Uri",
        "TransformInput.ContentType",
        "TransformInput.CompressionType",
        "TransformOutput.S3OutputPath",
        "TransformOutput.Accept",
        "TransformOutput.AssembleWith",
        "DataCaptureConfig.DestinationS3Uri",
        "DataCaptureConfig.GenerateInferenceId",
    ),
    only={
        "TransformInput.DataSource.S3DataSource.S3DataType": ("S3Prefix", "ManifestFile"),
        "TransformInput.SplitType": ("None", "Line"),
    },
    record=(
        "TransformOutput.KmsKeyId",
        "DataCaptureConfig.KmsKeyId",
        "TransformResources",
        "ExperimentConfig",
        "Tags",
    ),
    refused={},
    notes={
        "DataProcessing": "on text/csv, application/json and application/jsonlines",
        "TransformInput.SplitType": "the models here read no records of RecordIO and TFRecord",
    },
)

TRAINING = Members(
    "CreateTrainingJob",
    acts=(
        *("TrainingJobName", "HyperParameters", "Environment"),
        "AlgorithmSpecification.TrainingImage",
        "AlgorithmSpecification.MetricDefinitions",
        "AlgorithmSpecification.ContainerEntrypoint",
        "AlgorithmSpecification.ContainerArguments",
        "InputDataConfig[].ChannelName",
        "InputDataConfig[].ContentType",
        "InputDataConfig[].DataSource.S3DataSource.S3Uri",
        "OutputDataConfig.S3OutputPath",
        "OutputDataConfig.CompressionType",
        "StoppingCondition.MaxRuntimeInSeconds",
        "CheckpointConfig",
        "TensorBoardOutputConfig",
    ),
    only={
        "AlgorithmSpecification.TrainingInputMode": ("File", "FastFile"),
        "InputDataConfig[].DataSource.S3DataSource.S3DataType": ("S3Prefix", "ManifestFile"),
        "InputDataConfig[].InputMode": ("File", "FastFile"),
        "InputDataConfig[].CompressionType": ("None",),
        "InputDataConfig[].RecordWrapperType": ("None",),
        "ResourceConfig.InstanceCount": (1,),
    },
    record=(
        "RoleArn",
        "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries",
        "AlgorithmSpecification.TrainingImageConfig",
        "InputDataConfig[].DataSource.S3DataSource.S3DataDistributionType",
        "InputDataConfig[].ShuffleConfig",
        "OutputDataConfig.KmsKeyId",
        "ResourceConfig.InstanceType",
        "ResourceConfig.VolumeSizeInGB",
        "ResourceConfig.VolumeKmsKeyId",
        "ResourceConfig.KeepAlivePeriodInSeconds",
        "StoppingCondition.MaxWaitTimeInSeconds",
        "StoppingCondition.MaxPendingTimeInSeconds",
        *("VpcConfig", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"),
        *("EnableManagedSpotTraining", "RetryStrategy", "InfraCheckConfig"),
        *("DebugHookConfig", "ProfilerConfig", "ProfilerRuleConfigurations", "ExperimentConfig", "Tags"),
    ),
    refused={
        "AlgorithmSpecification.AlgorithmName": "a TrainingImage is needed; algorithm resources are not run",
        "InputDataConfig[].DataSource.S3DataSource.AttributeNames": "augmented manifests are not read here",
        "InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames": "there is one instance here",
        "InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig": "models of a hub are not here",
        "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig": "models of a hub are not here",
        "InputDataConfig[].DataSource.FileSystemDataSource": "only S3DataSource is staged",
        "InputDataConfig[].DataSource.DatasetSource": "only S3DataSource is staged",
        "ResourceConfig.InstanceGroups": _PREFERENCES,
        "ResourceConfig.InstancePreferences": _PREFERENCES,
        "ResourceConfig.SelectedInstanceType": _PREFERENCES,
        "ResourceConfig.SelectedInstanceCount": _PREFERENCES,
        "ResourceConfig.TrainingPlanArn": "there are no training plans here",
        "ResourceConfig.InstancePlacementConfig": "there is one instance here",
        "DebugRuleConfigurations": "the Debugger's rules are not evaluated here; leave them out",
        "SessionChainingConfig": "sessions have no tags here",
        "RemoteDebugConfig": "there is no Session Manager here; the job's directory is on this machine",
        "ServerlessJobConfig": "a TrainingImage is trained here",
        "MlflowConfig": "there is no MLflow here",
        "ModelPackageConfig": "register the model with CreateModelPackage",
    },
    notes={
        "AlgorithmSpecification.TrainingInputMode": _PIPE,
        "InputDataConfig[].InputMode": _PIPE,
        "InputDataConfig[].CompressionType": _COMPRESSED,
        "InputDataConfig[].DataSource.S3DataSource.S3DataDistributionType": _SHARDED,
        "InputDataConfig[].ShuffleConfig": "a directory has no order",
        "ResourceConfig.InstanceCount": "this is one machine",
        "EnableManagedSpotTraining": "nothing interrupts",
        "DebugHookConfig": "no tensors are collected",
        "ProfilerRuleConfigurations": "sent by SDKs on their own, and not evaluated",
    },
)


def _container(path: str) -> Members:
    """Return the members of a container's definition, below *path*."""
    source = f"{path}.ModelDataSource.S3DataSource"
    hub = "models of a hub are not here"
    return Members(
        "",
        acts=(
            *(f"{path}.{name}" for name in ("Image", "ModelDataUrl", "Environment", "ModelPackageName")),
            f"{source}.S3Uri",
        ),
        only={
            f"{path}.Mode": ("SingleModel",),
            f"{source}.S3DataType": ("S3Object", "S3Prefix"),
            f"{source}.CompressionType": ("Gzip", "None"),
        },
        record=tuple(
            f"{path}.{name}" for name in ("ContainerHostname", "ImageConfig", "ContainerMetricsConfig")
        ),
        refused={
            f"{path}.MultiModelConfig": "a container here has one model",
            f"{path}.InferenceSpecificationName": "the package's own InferenceSpecification is served",
            f"{path}.AdditionalModelDataSources": "a container here has one model",
            f"{source}.ManifestS3Uri": "S3Uri says where the model is",
            f"{source}.ManifestEtag": "S3Uri says where the model is",
            f"{source}.ETag": "the object is served that is there when the model is first asked",
            f"{source}.ModelAccessConfig": hub,
            f"{source}.HubAccessConfig": hub,
        },
    )


_PRIMARY, _INNER = _container("PrimaryContainer"), _container("Containers[]")

MODEL = Members(
    "CreateModel",
    acts=("ModelName", *_PRIMARY.acts, *_INNER.acts),
    only={**_PRIMARY.only, **_INNER.only, "InferenceExecutionConfig.Mode": ("Serial",)},
    record=(
        *("ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation", "Tags"),
        *_PRIMARY.record,
        *_INNER.record,
    ),
    refused={**_PRIMARY.refused, **_INNER.refused},
    notes={
        "InferenceExecutionConfig.Mode": "containers are asked one after the other",
    },
)

JOBS = (PROCESSING, TRAINING, TRANSFORM, MODEL)
"""Every table, in the order of the reference."""
